"""Reserved names: usernames and display names that seem to speak for the site.

A name is reserved when it consists only of separators, digits, words for roles, mailboxes and the site, and
fillers such as "team" or "the"; or when one of its parts is a word that the site shows as a badge, or the
site's name. Look-alike letters are equal. The lists cover eight languages; in scripts without spaces, words
for roles are reserved anywhere in a name.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import combinations
from typing import NamedTuple

from flask import current_app

from auth.names.skeletons import skeleton

# Words of badges, and words that claim one: no part of a name may be one of them.
BADGE_WORDS = """\
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
# Stems of inflected words: no part of a name may start with one of them.
STEMS = """administrat администрат администрац адміністра модерат модерац модерув yonetici yllapit
διαχειριστ rendszergazd"""
# In scripts without spaces between words: reserved anywhere in a name.
CONTAINED = """\
管理 官方 版主 站长 站長 客服 运营 運営 運營 公式 认证 認證 認証
モデレータ アドミン サポート スタッフ 관리 운영 공식 모더레이터 어드민 고객센터
ผู้ดูแล แอดมิน प्रशासक संचालक व्यवस्थापक""".split()
# Reserved as a whole name, and in combination with each other and with FILLERS.
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
# Letters and punctuation that look like a badge; symbols and emoji are refused by their category.
MARKS = frozenset("ꪜⱱ•‣※√⍻\u2713\u2714\u2611\u2705")
# Shorter words are not combined without a separator: "Ally" is not "all" and "y".
MIN_JOINED_ROLE_CHARACTERS = 3
MIN_JOINED_FILLER_CHARACTERS = 4
MIN_STRETCHED_CHARACTERS = 5
STRETCHED_PREFIX = "="  # "adminn" has the key "=admin"
EXACT_NAMES = frozenset({"all"})  # its skeleton is also that of Ali
MAX_PARTS = 12
LETTERS = str.maketrans({"$": "s", "@": "a", "€": "e", "£": "l", "|": "l", "!": "i", "+": "t", "§": "s"})
SOUNDS = str.maketrans({"8": "at", "2": "to", "9": "g", "6": "g"})  # "Moder8or"


class Words(NamedTuple):
    """Word lists as skeletons; `joined_…` are the words that count without a separator."""

    sites: frozenset[str]
    badges: frozenset[str]
    roles: frozenset[str]
    allowed: frozenset[str]  # beside a role
    joined_roles: frozenset[str]
    joined_fillers: frozenset[str]


@cache
def _keys(words: str, min_characters: int = 1) -> frozenset[str]:
    """Skeletons of words with at least `min_characters`, and, prefixed, those without doubled letters."""
    keys = {key for key in map(skeleton, words.split()) if len(key) >= min_characters}
    return frozenset(
        keys | {f"{STRETCHED_PREFIX}{_once(key)}" for key in keys if len(key) >= MIN_STRETCHED_CHARACTERS}
    )


def _once(key: str) -> str:
    return re.sub(r"(.)\1+", r"\1", key)


def is_reserved(name: str) -> bool:
    """Whether a username or display name would suggest an official role."""
    if name.casefold() in EXACT_NAMES:
        return True
    words = _words(current_app.config["REDOUBT_SITE_NAME"])
    name = unicodedata.normalize("NFKC", name)
    plain = "".join(c for c in name if c.isalnum() or unicodedata.category(c)[0] == "M")
    if any(word in plain for word in CONTAINED):
        return True
    # In lower case too: of some letters only the capitals look like Latin ones.
    forms = {name, name.casefold(), name.translate(LETTERS), name.translate(SOUNDS)}
    return any(_is_reserved_form(form, words) for form in forms)


def _is_reserved_form(form: str, words: Words) -> bool:
    whole = _forms(form)
    parts = _parts(form)
    part_forms = [_forms(part) for part in parts[:MAX_PARTS]]
    if whole & words.roles or any(part & words.badges for part in part_forms):
        return True
    if not words.sites.isdisjoint(map(skeleton, _runs(parts[:MAX_PARTS]))):
        return True
    if any(key.startswith(_stems()) for part in part_forms for key in part):
        return True
    if all(part & words.allowed for part in part_forms) and any(part & words.roles for part in part_forms):
        return True
    return any(_is_combination(key, words.joined_roles, words.joined_fillers) for key in whole)


def _runs(parts: list[str]) -> Iterator[str]:
    """All sequences of consecutive parts, written together."""
    for start, end in combinations(range(len(parts) + 1), 2):
        yield "".join(parts[start:end])


@cache
def _stems() -> tuple[str, ...]:
    return tuple(map(skeleton, STEMS.split()))


@cache
def _words(site_name: str) -> Words:
    """The word lists of a site with this name."""
    sites = _keys(f"redoubt redoubts {skeleton(site_name)} {skeleton(site_name)}s")
    badges = _keys(BADGE_WORDS) | sites
    roles = badges | _keys(ROLES)
    return Words(
        sites=sites,
        badges=badges,
        roles=roles,
        allowed=roles | _keys(FILLERS),
        joined_roles=badges | _keys(ROLES, MIN_JOINED_ROLE_CHARACTERS),
        joined_fillers=_keys(FILLERS, MIN_JOINED_FILLER_CHARACTERS) | _keys("the web net ops dev sec"),
    )


def _forms(text: str) -> frozenset[str]:
    """The keys a text may be read as: digits as letters or left out, doubled letters as one."""
    keys = {skeleton(text), skeleton(re.sub(r"(?<![^\W\d_])\d+|\d+(?![^\W\d_])", "", text))} - {""}
    return frozenset(
        keys
        | {
            f"{STRETCHED_PREFIX}{_once(key)}"
            for key in keys
            if len(key) >= MIN_STRETCHED_CHARACTERS and key != _once(key)
        }
    )


def _parts(name: str) -> list[str]:
    """The words of a name, divided at separators, numbers and changes to capitals."""
    divided = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return [part for part in re.findall(r"[^\W_]+", divided) if not part.isdigit()]


def _is_combination(key: str, roles: frozenset[str], fillers: frozenset[str]) -> bool:
    """Whether a skeleton consists of words written together, at least one of them a role."""
    reached = {(0, False)}  # (position, whether a role is among the words before it)
    for start, end in combinations(range(len(key) + 1), 2):
        piece = key[start:end]
        for has_role in (False, True):
            if (start, has_role) not in reached:
                continue
            if piece in roles:
                reached.add((end, True))
            if piece in fillers:
                reached.add((end, has_role))
    return (len(key), True) in reached
