"""Names that speak for the site: one rule for usernames and display names.

A name is reserved when nothing is left of it once separators, digits, and words of roles, of the site's
mailboxes, of its own name and such as "team" or "the" are taken away; and when one of its parts is the word
of a mark that this site shows, or the site's name. Look-alike letters are the same; words count in eight
languages, those of roles also in scripts without spaces, where they are looked for anywhere in a name.
"""

import re
import unicodedata
from functools import cache

from flask import current_app

from auth.names.skeletons import skeleton

# Words that this site shows as a mark beside a name, or that claim one: no part of a name may be one of them.
MARKED = """\
staff admin admins administrator administrators administration administratoren administratorin
administratorinnen administrateur administrateurs administratrice administratrices administrador
administradora administradores administradoras amministratore amministratrice amministratori beheerder
beheerders administratorzy admini superadmin superadmins mod mods moderator moderators moderation
moderatoren moderatorin moderatorinnen moderateur moderateurs moderatrice moderatrices moderador
moderadora moderadores moderadoras moderatore moderatrice moderatori moderatorzy verified verifiziert
verifie verifiee verificado verificada verificato verificata zweryfikowany zweryfikowana redoubt
geverifieerd official officials offiziell officiel officielle oficial oficiales ufficiale ufficiali
oficjalny oficjalna officieel администратор администраторы админ модератор модераторы superadmins yonetici
yoneticiler yonetim dogrulanmis resmi yllapito yllapitaja yllapitajat moderaattori moderaattorit
virallinen vahvistettu spravce spravca administratör administratorer redaktör sajtadmin beheer адмін
официальный официально офіційний проверено مشرف المشرف المشرفون مشرفين مدير المدير الادارة ادارة ادمن
الادمن رسمي موثق مسؤول מנהל המנהל מנהלים הנהלה רשמי διαχειριστης διαχειριστες συντονιστης συντονιστες
επισημο"""
# The beginnings of words that are bent or lengthened: a part of a name that begins so is marked.
STEMS = """administrat администрат администрац адміністра модерат модерац модерув yonetici yllapit
διαχειριστ rendszergazd"""
# In scripts that write no spaces between words: refused wherever they stand.
CONTAINED = """\
管理 官方 版主 站长 站長 客服 运营 運営 運營 公式 认证 認證 認証
モデレータ アドミン サポート スタッフ 관리 운영 공식 모더레이터 어드민 고객센터
ผู้ดูแล แอดมิน प्रशासक संचालक व्यवस्थापक""".split()
# Reserved as a whole name, or beside one another and the words of FILLERS.
ROLES = """\
root sysadmin sysadmins sysop sysops superuser superusers webmaster webmasters postmaster hostmaster
listmaster usenet uucp ftp www mail email mailer mailerdaemon daemon noreply donotreply nobody system
systems operator operators owner owners founder founders ceo cto ciso cso dpo staff staffs mitarbeiter
mitarbeiterin personal personale personnel employee employees redaktion redakteur redacteur editor editors
curator curators maintainer maintainers security sicherheit securite seguridad sicurezza seguranca
beveiliging veiligheid bezpieczenstwo csirt psirt cert csert soc infosec itsec itsecurity cybersecurity
vulnerabilities vulnerability disclosure bugbounty abuse missbrauch phishing spam support supporter
supporters kundendienst assistance soporte suporte assistenza ondersteuning wsparcie helpdesk servicedesk
help hilfe aide ayuda aiuto ajuda hulp pomoc service services kundenservice billing invoice payments
accounts legal privacy datenschutz compliance trust safety incident incidents emergency sicherheits
beveiligings press presse media jobs sales marketing feedback itsupport ithelp itteam ithelpdesk
securityofficer bulletins advisories alerts notifications notices announcements announce newsletter news
updates api www help me login logout register signin signup settings inbox search null undefined none
anonymous anonym everyone everybody nil void true false unknown deleted former formermember formermembers
deletedmember guest guests visitor community oficina officer authority government polizei police bsi cisa
enisa ncsc sec secs secops secteam secure vuln vulns devsecops itsec redaktions redactie redazione
redaccion redaction toimitus destek guvenlik tuki turvallisuus podpora sikkerhet sakerhet manager managers
management team teams mannschaft equipe equipo equipa squadra zespol ploeg crew tiimi takim ekibi board
committee council поддержка техподдержка безопасность редакция редактор команда владелец підтримка الدعم
ομαδα υποστηριξη ασφαλεια"""
FILLERS = """\
product products produkt response responses responder responders bulletin patch patches patching sec vuln
advisory alert release releases dev devs developer developers development engineering cyber platform app
сайта сайт форума форум портала the a an der die das den le la les el los las il lo i gli de do da du des
di van von of for from at by and und et y e en team teams mannschaft equipe equipo equipa squadra zespol
ploeg crew group gruppe groupe grupo gruppo groep grupa dept department abteilung departement departamento
unit desk office board council committee chief head lead leader senior junior global main real true
original our your my its site sites website websites web forum forums community communities net network
server online portal page account accounts user users member members bot bots info contact kontakt
contacto center centre zentrum response responder incident incidents emergency it ops operations tech
technical internal public hq inc llc gmbh official the x xx xxx id no nr number sir mr mrs ms dear"""
# Signs that look like a check mark, a badge or a rank; beside these every symbol and emoji is refused.
MARKS = frozenset("ꪜⱱ•‣※√⍻\u2713\u2714\u2611\u2705")
# Written together, short words make too many names: "Ally" is not "all" and "y".
MIN_GLUED_ROLE_CHARACTERS, MIN_GLUED_FILLER_CHARACTERS = 3, 4
MIN_STRETCHED_CHARACTERS, STRETCHED = 5, "="  # "adminn" has the key "=admin"
EXACT = frozenset({"all"})  # its skeleton is that of Ali
MAX_PARTS = 12


LETTERS = str.maketrans({"$": "s", "@": "a", "€": "e", "£": "l", "|": "l", "!": "i", "+": "t", "§": "s"})
SOUNDS = str.maketrans({"8": "at", "2": "to", "9": "g", "6": "g"})  # "Moder8or"


@cache
def _keys(words: str, shortest: int = 1) -> frozenset[str]:
    """The skeletons of words of at least `shortest` characters; marked, what is left of stretched ones."""
    keys = {key for key in map(skeleton, words.split()) if len(key) >= shortest}
    return frozenset(
        keys | {f"{STRETCHED}{_once(key)}" for key in keys if len(key) >= MIN_STRETCHED_CHARACTERS}
    )


def _once(key: str) -> str:
    return re.sub(r"(.)\1+", r"\1", key)


def is_reserved(name: str) -> bool:
    """Whether a name would be taken for somebody who speaks for the site."""
    if name.casefold() in EXACT:
        return True
    sites, marked, roles, allowed, glued, glued_fillers = _words(current_app.config["REDOUBT_SITE_NAME"])
    name = unicodedata.normalize("NFKC", name)
    plain = "".join(c for c in name if c.isalnum() or unicodedata.category(c)[0] == "M")
    if any(word in plain for word in CONTAINED):
        return True
    # In lower case too: of some letters only the capitals look like Latin ones.
    for form in {name, name.casefold(), name.translate(LETTERS), name.translate(SOUNDS)}:
        parts = [_forms(part) for part in _parts(form)[:MAX_PARTS]]
        runs = {
            skeleton("".join(_parts(form)[start:end]))
            for start in range(len(parts))
            for end in range(start + 1, len(parts) + 1)
        }
        if _forms(form) & roles or any(part & marked for part in parts) or runs & sites:
            return True
        if any(key.startswith(_stems()) for part in parts for key in part):
            return True
        if parts and all(part & allowed for part in parts) and any(part & roles for part in parts):
            return True
        if any(_is_made_of(whole, glued, glued_fillers) for whole in _forms(form)):
            return True
    return False


@cache
def _stems() -> tuple[str, ...]:
    return tuple(map(skeleton, STEMS.split()))


@cache
def _words(site_name: str) -> tuple[frozenset[str], ...]:
    """Of a site with this name: its names, what marks, all roles, what may stand beside them; the last two
    for words written together.
    """
    sites = _keys(f"redoubt redoubts {skeleton(site_name)} {skeleton(site_name)}s")
    marked, fillers = _keys(MARKED) | sites, _keys(FILLERS)
    roles = marked | _keys(ROLES)
    return (
        sites,
        marked,
        roles,
        roles | fillers,
        marked | _keys(ROLES, MIN_GLUED_ROLE_CHARACTERS),
        _keys(FILLERS, MIN_GLUED_FILLER_CHARACTERS) | _keys("the web net ops dev sec"),
    )


def _forms(text: str) -> frozenset[str]:
    """What a text may be read as: digits as letters or as decoration, doubled letters once."""
    keys = {skeleton(text), skeleton(re.sub(r"(?<![^\W\d_])\d+|\d+(?![^\W\d_])", "", text))} - {""}
    return frozenset(
        keys
        | {
            f"{STRETCHED}{_once(key)}"
            for key in keys
            if len(key) >= MIN_STRETCHED_CHARACTERS and key != _once(key)
        }
    )


def _parts(name: str) -> list[str]:
    """The words of a name: what separators, digits alone and changes to capitals divide."""
    divided = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return [part for part in re.findall(r"[^\W_]+", divided) if not part.isdigit()]


def _is_made_of(whole: str, roles: frozenset[str], fillers: frozenset[str]) -> bool:
    """Whether a skeleton is nothing but words written together, one of them a role."""
    reached = {(0, False)}  # (place, whether a role was among the words)
    for place in range(len(whole)):
        for has_role in (False, True):
            if (place, has_role) not in reached:
                continue
            for end in range(place + 1, len(whole) + 1):
                piece = whole[place:end]
                if piece in roles:
                    reached.add((end, True))
                if piece in fillers:
                    reached.add((end, has_role))
    return (len(whole), True) in reached
