"""One mail of every kind, through a real SMTP server, read back by a strict parser."""

import contextvars
import re
import socket
from datetime import timedelta
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
import time_machine
from aiosmtpd.controller import Controller
from sqlalchemy import func, select

from advisories.advisory import ProductEntry
from alerts import actions as alert_actions
from alerts import queries
from alerts import tasks as alert_tasks
from auth import actions as auth_actions
from auth import notices
from auth import queries as auth_queries
from auth.address_changes import actions as address_actions
from auth.erasure import actions
from core.database.db import db, utcnow
from core.database.models import OutgoingMail
from core.jobs import worker
from core.mail import mail
from core.mail.message import DOT_ATOM, BadAddress, id_domain, normalize_address
from moderation import actions as moderation_actions
from notifications import tasks
from tests.bulletins.conftest import fix, make_advisory, store, vulnerability  # noqa: F401
from tests.conftest import PASSWORD
from tests.test_architecture import ROOT

MESSAGE_ID = re.compile(rf"<{DOT_ATOM.pattern}@{DOT_ATOM.pattern}>")
ENCODED_WORD = re.compile(r"=\?[^?]+\?[bqBQ]\?[^?]*\?=")
ONCE = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"}
LISTS = {"alerts": "alerts", "alerts_confirm": "alerts", "alerts_known": "alerts", "news": "notifications"}
THREADED = {"alerts", "news"}
PREFERENCES = {"scope": "all", "products": [], "minimum": "low", "cadence": "at-once"}
SITE_URL = "https://forum.example"
SITE_NAME = "Sicherheit für Zürich und die ganze übrige Welt der größeren Rechenzentren"
TITLE = (
    "Größe der Änderung: Übertragung schlägt fehl – „Zugriff verweigert“ beim Öffnen der "
    "Gruppenrichtlinienverwaltungskonsole für Müller"
)
CODE = """Run this on every host:

```powershell
Get-HotFix |
    Where-Object { $_.HotFixID -eq "KB5034441" }
```

1. stop the service
2. install the [update](/articles/9/update)
"""
NOON = "2026-03-10 12:00:00+00:00"


class Taking:
    """An SMTP server's handler that takes everything."""

    def __init__(self):
        self.taken = []

    async def handle_DATA(self, server, session, envelope):
        self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 OK"


@pytest.fixture
def settings():
    return {"REDOUBT_SITE_URL": SITE_URL, "REDOUBT_SITE_NAME": SITE_NAME}


@pytest.fixture
def clock(app):
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def server(app):
    handler = Taking()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port, enable_SMTPUTF8=True)
    controller.start()
    app.config["REDOUBT_MAIL_URL"] = f"smtp://127.0.0.1:{port}"
    yield handler
    controller.stop()


@pytest.fixture
def arrived(app, server, drain):
    """arrived() runs the worker until nothing is due; what the server took, as bytes, in order."""

    def work():
        while worker.round_once(app, [tasks.mail_news, alert_tasks.mail_alerts]):
            pass
        with app.app_context():
            while mail.deliver_round():
                pass

    def run():
        drain()
        contextvars.Context().run(work)
        db.session.expire_all()
        errors = select(func.count()).select_from(OutgoingMail).where(OutgoingMail.error.is_not(None))
        assert db.session.scalar(errors) == 0
        return [content for _, _, content in server.taken]

    return run


def read_strictly(content: bytes):
    """The message, after every rule that holds for all mails of the site was asserted."""
    assert content.isascii()
    lines = content.split(b"\r\n")
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert all(len(line) <= 998 for line in lines)
    head = content.split(b"\r\n\r\n")[0].decode()
    for line in head.split("\r\n"):
        assert len(line) <= 78 or line.startswith("List-Unsubscribe: <"), line
    assert all(len(word) <= 75 for word in ENCODED_WORD.findall(head))
    names = [line.split(":")[0] for line in head.split("\r\n") if line[0] not in " \t"]
    assert len(names) == len(set(names))
    assert set(names) >= ONCE
    message = message_from_bytes(content, policy=policy.strict.clone(linesep="\r\n"))
    for part in message.walk():
        assert not part.defects
        assert all(not value.defects for value in part.values())
    assert MESSAGE_ID.fullmatch(message["Message-ID"])
    assert message["In-Reply-To"] == message["References"]
    assert message["References"] is None or MESSAGE_ID.fullmatch(message["References"])
    assert message["Auto-Submitted"] == "auto-generated"
    assert timedelta() <= utcnow() - message["Date"].datetime < timedelta(hours=6)
    (sender,) = message["From"].addresses
    assert sender.addr_spec == "redoubt@forum.example"
    assert name_of_sender(content) == SITE_NAME
    assert len(message["To"].addresses) == 1
    return message


def name_of_sender(content: bytes) -> str:
    """As RFC 2047 has it; the strict policy of Python 3.11 puts a space between two encoded words."""
    value = message_from_bytes(content, policy=policy.compat32)["From"]
    return str(make_header(decode_header(parseaddr(value)[0])))


def plain(message) -> str:
    return message.get_body(("plain",)).get_content().replace("\r\n", "\n")


def _link(purpose, template):
    def cause(make_user, **_):
        auth_actions.send_link(make_user("ada"), purpose, template, "Confirm")

    return cause


def _claim(make_user, **_):
    imported = make_user("ada")
    imported.email = None
    auth_actions.attach_email(imported, "ada@example.org")


def _direct(template, **context):
    def cause(make_user, **_):
        user = make_user("ada")
        mail.queue(user.email, template, subject="Your account", user=user, **context)

    return cause


def _confirm_alerts(**_):
    alert_actions.sign_up("ada@example.org", PREFERENCES)


def _subscribe():
    alert_actions.sign_up("ada@example.org", PREFERENCES)
    alert_actions.confirm(queries.by_handle(queries.by_address("ada@example.org").handle))
    db.session.execute(db.delete(OutgoingMail))


def _known_alerts(**_):
    _subscribe()
    alert_actions.sign_up("ada@example.org", PREFERENCES)


def _alerts(publish_bulletin, clock, drain, **_):
    _subscribe()
    publish_bulletin(TITLE)
    drain()
    clock.shift(timedelta(minutes=2))


def _news(make_user, make_question, make_answer, clock, drain, **_):
    ada = make_user("ada")
    make_answer(make_question(TITLE, by=ada), CODE)
    drain()
    clock.shift(timedelta(minutes=2))


def _suspended(make_user, moderator, **_):
    moderation_actions.suspend(
        make_user("ada"), days=3, message="Spam: =?utf-8?q?no?=\n\n    code", by=moderator
    )


def _notice(make_user, **_):
    notices.password_changed(make_user("ada"))


def _change(act):
    def cause(make_user, **_):
        ada = make_user("ada")
        if act == "confirm":  # mailed to the new address
            ada.email = "former@example.org"
        elif act == "in use":
            address_actions.request_change(make_user("carla"), "ada@example.org")
            return
        address_actions.request_change(ada, "ada@example.org" if act == "confirm" else "new@example.org")

    return cause


def _deleted(make_user, **_):
    ada = make_user("ada")
    actions.erase(ada, by=ada, keep_words=True)


CAUSES = {
    "account_deleted": _deleted,
    "account_notice": _notice,
    "address_asked": _change("ask"),
    "address_confirm": _change("confirm"),
    "address_in_use": _change("in use"),
    "alerts": _alerts,
    "alerts_confirm": _confirm_alerts,
    "alerts_known": _known_alerts,
    "already": _direct("already"),
    "claim": _claim,
    "confirm": _link("confirm", "confirm"),
    "email_changed": _direct("email_changed", email="new@example.org", token="t" * 43),
    "news": _news,
    "reset": _link("reset", "reset"),
    "suspended": _suspended,
}


@pytest.fixture
def publish_bulletin(make_advisory, store):
    """publish_bulletin(title): a critical bulletin, released now."""

    def publish(title):
        entry = ProductEntry("A", "Reader 9", "", "Reader", "9")
        return store(
            make_advisory(
                "ACME-1",
                title=title,
                severity="critical",
                products=[entry],
                initial_release_at=utcnow(),
                current_release_at=utcnow(),
                vulnerabilities=[vulnerability(affected=("A",), remedies=[fix("A")])],
            )
        )

    return publish


@pytest.fixture
def causes(app, clock, make_user, make_question, make_answer, moderator, publish_bulletin, drain):
    return {
        "make_user": make_user,
        "make_question": make_question,
        "make_answer": make_answer,
        "moderator": moderator,
        "publish_bulletin": publish_bulletin,
        "clock": clock,
        "drain": drain,
    }


def test_every_kind_of_mail_is_sent_here():
    templates = {path.stem for path in (ROOT / "templates" / "mail").glob("*.txt")}
    assert templates == set(CAUSES)


@pytest.mark.parametrize("template", sorted(CAUSES))
def test_a_strict_parser_reads_it(template, causes, arrived):
    CAUSES[template](**causes)
    db.session.commit()
    messages = [read_strictly(content) for content in arrived()]
    (message,) = [m for m in messages if str(m["To"]) == "ada@example.org"]
    assert plain(message).strip()
    if template in LISTS:
        assert str(message["List-Id"]).endswith(f"<{LISTS[template]}.forum.example>")
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert re.fullmatch(r"<https://forum\.example/\S+>", message["List-Unsubscribe"])
        assert message.get_body(("html",)) is not None
    else:
        assert message["List-Id"] is None and message["List-Unsubscribe"] is None
    assert (message["References"] is not None) == (template in THREADED)


def test_the_subject_is_what_was_typed(arrived, causes, make_user, make_question, make_answer, clock):
    title = "Decode =?utf-8?q?Gr=C3=BC=C3=9Fe?= in a subject, and =?bad"
    make_answer(make_question(title, by=make_user("ada")), CODE)
    arrived()
    clock.shift(timedelta(minutes=2))
    message = read_strictly(arrived()[-1])
    assert message["Subject"].endswith(f"answered your question: {title}")


@pytest.mark.parametrize(
    "subject",
    ["x" * 200, "ü" * 200, "😀" * 100, "a " * 100, "אבג " * 50, "=?utf-8?b?", "é" + "e" * 150],
    ids=range(7),
)
def test_any_subject_comes_back_whole(arrived, causes, make_user, subject):
    user = make_user("ada")
    mail.queue(user.email, "already", subject=subject, user=user)
    db.session.commit()
    content = arrived()[0]
    if len(subject.split()[0]) < 60 or not subject.isascii():
        read_strictly(content)
    message = message_from_bytes(content, policy=policy.strict)
    assert message["Subject"] == subject.strip()


def test_the_plain_part_keeps_code_and_lists_and_the_other_one_has_whole_links(causes, arrived):
    _news(**causes)
    db.session.commit()
    message = read_strictly(arrived()[-1])
    assert 'Get-HotFix |\n    Where-Object { $_.HotFixID -eq "KB5034441" }' in plain(message)
    assert "1. stop the service\n2. install" in plain(message)
    html = message.get_body(("html",)).get_content()
    assert 'href="https://forum.example/articles/9/update"' in html
    assert "    Where-Object" in re.sub(r"<[^>]*>", "", html)


def test_mails_of_a_thread_refer_to_the_same_id_and_have_their_own(
    causes, arrived, make_user, make_question, make_answer, clock
):
    question = make_question("How do I patch a server?", by=make_user("ada"))
    for _ in range(2):
        make_answer(question, by=make_user())
        arrived()
        clock.shift(timedelta(hours=2))
    messages = [message_from_bytes(content, policy=policy.strict) for content in arrived()]
    first, second = [m for m in messages if str(m["To"]) == "ada@example.org"]
    assert first["References"] == second["References"] and first["Message-ID"] != second["Message-ID"]


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Ada@Example.ORG", "ada@example.org"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@faß.example", "ada@xn--fa-hia.example"),
        ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
        (" ada+tag@mail.internal ", "ada+tag@mail.internal"),
        ("ada@localhost", "ada@localhost"),
    ],
)
def test_addresses_have_one_form(app, typed, stored):
    assert normalize_address(typed) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "ada",
        "ada@",
        "@example.org",
        "ada@example",
        "a b@example.org",
        "ada@exam ple.org",
        "ada@example.org\nBcc: eve@example.org",
        "",
        "ada@-example.org",
        '"a b"@example.org',
        "ada@[127.0.0.1]",
        "ada@example..org",
        "x" * 65 + "@example.org",
        "a@" + "b." * 130 + "org",
    ],
)
def test_what_is_no_address_is_refused(app, typed):
    with pytest.raises(BadAddress):
        normalize_address(typed)


def test_letters_before_the_at_need_a_server_that_takes_them(app, client, arrived, make_user):
    with pytest.raises(BadAddress, match="“ü”"):
        normalize_address("jürgen@example.org")
    typed = {"username": "juergen", "email": "jürgen@example.org", "password": PASSWORD}
    page = client.post("/register", base_url=SITE_URL, data=typed)
    assert page.status_code == 422 and "send email to addresses with letters like “ü”" in page.text
    app.config["REDOUBT_MAIL_SMTPUTF8"] = True
    assert normalize_address("jürgen@bücher.example") == "jürgen@xn--bcher-kva.example"
    mail.queue("jürgen@bücher.example", "already", subject="Grüße", user=make_user("ada"))
    db.session.commit()
    assert "To: jürgen@xn--bcher-kva.example\r\n".encode() in arrived()[0]


def test_an_address_with_another_spelling_of_its_domain_is_the_same_account(app, make_user):
    user = make_user("ada")
    user.email = normalize_address("ada@bücher.example")
    db.session.commit()
    assert auth_queries.by_login("Ada@BÜCHER.example") is user
    assert auth_queries.by_login("ADA@XN--BCHER-KVA.example") is user
    assert auth_queries.by_login("no address @ all") is None


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://forum.example", "forum.example"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        ("http://[::1]:8000", "ip6-1.invalid"),
        ("http://127.0.0.1:8000", "127.0.0.1"),
    ],
)
def test_ids_have_a_domain_of_the_site(url, domain):
    assert id_domain(url) == domain
    assert DOT_ATOM.fullmatch(domain)


def test_the_names_of_a_sender_are_quoted(app, arrived, make_user):
    app.config["REDOUBT_MAIL_FROM"] = '"Ops, Team \\"Blue\\"" <ops@example.org>'
    mail.queue("ada@example.org", "already", subject="Hello", user=make_user("ada"))
    db.session.commit()
    (sender,) = message_from_bytes(arrived()[0], policy=policy.strict)["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ('Ops, Team "Blue"', "ops@example.org")
    assert mail.sender() == "ops@example.org"
