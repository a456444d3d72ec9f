"""Names that speak for the site are refused, as usernames and as display names; names of people are not."""

import pytest
from sqlalchemy import select

from auth import actions as accounts
from auth.bulk_actions import Person, create_accounts
from auth.models import User
from auth.names import reserved_names
from core.database.db import db, utcnow
from core.markup.markup import render
from tests.test_architecture import ROOT

USERNAMES = """
security-team csirt psirt cert soc moderators sysadmin sys-admin sysadmins abuse postmaster webmaster root
admin1 admin2026 adm1n 4dmin adrnin a-d-m-i-n adminn theadmins site-admin forum_moderator modteam mod-team
staff administrador administradores administratoren moderateur moderadores beheerder moderatorzy sicherheit
securite seguridad sicurezza seguranca beveiliging bezpieczenstwo hilfe ayuda support-team helpdesk
help-desk noreply no_reply official redoubt redoubt-security redoubtsecurity redoubt_team redoubt24
trust-and-safety ciso security-officer incident-response superuser super-user owner founders verified
verified-account m0derator5 bob-admin
productsecurity product-security-team secteam sec-ops secops vuln-team vulnteam response-team redaktionsteam
beheer bulletin-editor patch-editors team the-team teams patchteam release-team devteam redoubts redoubts-news
modera2r moder8ors yonetim yllapitaja spravce administratorka crew manager
""".split()
DISPLAY_NAMES = [
    "Redoubt Security",
    "Site Admin",
    "The Moderators",
    "Official Support",
    "Équipe de sécurité",
    "Sicherheitsteam",
    "Мoderator",
    "Аdmin",
    "Ａｄｍｉｎ",
    "[MOD] Bob",
    "Bob (Admin)",
    "Bob – Moderator",
    "RedoubtAlerts",
    "$ecurity",
    "@dmin",
    "Adm!n",
    "A d m i n",
    "модератор",
    "管理员",
    "Verified",
    "Support Team 24",
    "IT Security Team",
    "Moderation Team",
    "Bob ᴍᴏᴅᴇʀᴀᴛᴏʀ",
    "Bob ᴀᴅᴍɪɴ",
    "Bob ⱱerified",
    "ʋerified Bob",
    "Bob ꜱᴛᴀꜰꜰ",
    "aᶁmin",
    "Moɗerator",
    "мoderaтor",
    "Администраторы форума",
    "МОДЕРАЦИЯ",
    "Поддержка сайта",
    "Редакция",
    "Адміністратор",
    "운영팀",
    "관리자 김",
    "官方客服",
    "Bob【运营】",
    "サイト管理人",
    "المشرف",
    "إدارة الموقع",
    "Yönetim",
    "Yöneticiler",
    "Ylläpitäjä",
    "Správce",
    "Διαχειριστής",
    "מנהל האתר",
    "ผู้ดูแลระบบ",
    "Redoubts",
    "Moder8or",
    "Patch Team",
    "Site Crew",
    "Product Response Team",
]
SYMBOLS = [
    "✓ Verified",
    "Anna ✓",
    "Anna ✔",
    "Anna ✅",
    "Anna ☑",
    "🛡 Anna",
    "Anna 👑",
    "Anna ★",
    "Anna ⭐",
    "Anna ®",
    "Anna √",
    "Anna ꪜ",
    "Anna Ⓜ",
    "Anna ①️",
    "Anna 🅼",
    "Anna ♦",
    "Anna 1️⃣",
    "Anna ⚡",
    "Anna レ",
    "Annaレ",
    "Anna ﾚ",
    "Anna ᐯ",
    "ᐯ Anna",
    "Anna ܒ",
    "Anna ᘈ",
    "Anna ᨆ",
    "Anna ⱱ",
    "Анна レ",
    "Anna •",
]
PEOPLE = [
    "Ally",
    "Ali",
    "Steve Jobs",
    "Modesto",
    "badminton",
    "linuxadmin",
    "Stafford",
    "Zoë Müller",
    "Max Maier",
    "Redoubtable Jim",
    "Security Guy",
    "Network Engineer",
    "Der Meister",
    "Guest Kitchen",
    "patchwork",
    "O'Neill-Smith",
    "Jens Trust",
    "Владимир",
    "ナオミ",
    "C. Root",
    "Helpmann",
    "Trueman",
    "Modder",
    "Patchy",
    "Secretgarden",
    "Response",
    "Team Rocket",
    "Steam",
    "Malcolm V",
    "Анна Д.",
    "山田レイ",
    "美レ",
    "김관린",
    "محمد علي",
    "Kaʻahumanu",
    "Øystein",
    "Öztürk",
    "Նարեկ",
    "Moderato",
    "Иван Команов",
    "ผู้ชาย",
    "Securitas Bob",
    "Blueteamer",
    "Dev",
]


def test_usernames_of_roles_are_refused(client):
    typed = {"email": "x@example.org", "password": "violet kettle orbit 93 marsh"}
    for name in USERNAMES:
        assert client.post("/register", data={"username": name, **typed}).status_code == 422, name
    assert db.session.scalar(select(User.id)) is None


def test_display_names_of_roles_and_badges_are_refused(login, member):
    browser = login(member)
    for name in DISPLAY_NAMES + SYMBOLS:
        assert browser.post("/settings/profile", data={"display_name": name}).status_code == 422, name


def test_the_rule_is_one(app):
    """A display name that is one of these usernames, in capitals and with spaces, is refused as well."""
    for name in USERNAMES:
        assert reserved_names.is_reserved(name.replace("-", " ").title()), name


def test_names_of_people_pass(login, member):
    browser = login(member)
    for name in PEOPLE:
        assert browser.post("/settings/profile", data={"display_name": name}).status_code == 302, name


@pytest.mark.parametrize("site_name", ["Patch Club", "Contoso"])
def test_the_sites_own_name_counts(app, site_name):
    app.config["REDOUBT_SITE_NAME"] = site_name
    first = site_name.split()[0]
    joined = site_name.replace(" ", "")
    for name in (f"{site_name} Team", f"{joined} Support", f"{site_name} Bob", site_name.lower()):
        assert reserved_names.is_reserved(name), name
    assert not reserved_names.is_reserved(f"{first}work")


def test_imports_get_a_free_name(app):
    create_accounts(
        [
            Person(str(number), name, utcnow(), render(""))
            for number, name in enumerate(["Admin", "Security Team", "Ann", "Moderator", "admin"])
        ],
        "elsewhere",
    )
    db.session.commit()
    names = db.session.scalars(select(User.username)).all()
    assert len(set(names)) == 5 and "ann" in names
    assert not any(map(reserved_names.is_reserved, names))


def test_who_has_a_name_keeps_it(login, member):
    member.display_name = "Security Team"
    db.session.commit()
    assert (
        login(member)
        .post("/settings/profile", data={"display_name": "Security Team", "location": "Here"})
        .status_code
        == 302
    )


MARK = '<span class="role-mark">'


def test_the_mark_of_a_role_is_shown_while_its_rights_hold(client, login, moderator, admin, make_article):
    article = make_article(by=moderator)
    assert MARK + "moderator" in client.get(moderator.profile_url).text
    assert MARK + "administrator" in client.get(admin.profile_url).text
    assert MARK in client.get(article.url).text
    accounts.suspend(moderator, utcnow().replace(year=utcnow().year + 1), "A reason.", by=admin)
    db.session.commit()
    assert MARK not in login(admin).get(moderator.profile_url).text.partition("<main")[2]


def test_no_name_becomes_a_mark(app, client, member, make_question):
    """Existing names may hold anything, also from imports; none of it becomes an element."""
    member.display_name = "Eve</a> <span class=role-mark>moderator</span>"
    db.session.commit()
    question = make_question(by=member)
    for path in (member.profile_url, question.url, "/questions", "/users"):
        text = client.get(path).text
        assert MARK not in text and "<span class=role-mark>" not in text


def test_names_are_shown_by_the_macro_that_marks_them():
    """A template that links a member without the macro would show no mark."""
    for path in (ROOT / "templates").glob("**/*.html"):
        if path.parent.name not in ("macros", "mail") and path.name != "layout.html":
            assert 'class="user-link"' not in path.read_text(), path
