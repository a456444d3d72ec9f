"""Mail through a real SMTP server that refuses, delays and drops: each mail arrives once, or ends."""

import contextvars
import smtplib
import socket
import threading
from datetime import timedelta
from email import message_from_string

import pytest
import time_machine
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from sqlalchemy import select

from core.database.db import db, utcnow
from core.database.models import Event, OutgoingMail
from core.mail import mail

pytestmark = pytest.mark.every_database
NOON = "2026-03-10 12:00:00+00:00"


class Server:
    """An SMTP server's handler: what it shall answer to RCPT and DATA, and what it took."""

    def __init__(self):
        self.taken, self.answers = [], {"RCPT": [], "DATA": []}
        self.slow = threading.Event()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.answers["RCPT"]:
            return self.answers["RCPT"].pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.answers["DATA"]:
            answer = self.answers["DATA"].pop(0)
            if answer == "drop":
                server.transport.close()
                return "250 nobody hears this"
            return answer
        self.taken.append((envelope.rcpt_tos, envelope.content.decode()))
        return "250 OK"


class RudeAtQuit(SMTP):
    """Takes everything and then answers QUIT with an error."""

    async def smtp_QUIT(self, arg):
        await self.push("421 no time for manners")
        self.transport.close()


@pytest.fixture
def server():
    """(handler, address) of a server that runs during the test."""
    yield from _serve(Controller)


@pytest.fixture
def rude_server():
    class Rude(Controller):
        def factory(self):
            return RudeAtQuit(self.handler)

    yield from _serve(Rude)


def _serve(kind):
    handler = Server()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = kind(handler, hostname="127.0.0.1", port=port)
    controller.start()
    handler.address = f"smtp://127.0.0.1:{port}"
    yield handler
    controller.stop()


@pytest.fixture
def post(app, make_user):
    """post(server, subject="Hello", to=None) queues one mail to a member, to go to that server."""
    user = make_user("ada")

    def put(server, subject="Hello", to=None):
        app.config["REDOUBT_MAIL_URL"] = server.address
        mail.queue(to or user.email, "already", subject=subject, user=user)
        db.session.commit()

    return put


@pytest.fixture
def deliver(app):
    """deliver() runs one round as the worker would; returns how many were sent."""

    def work():
        with app.app_context():
            return mail.deliver_round()

    return lambda: contextvars.Context().run(work)


def queued():
    rows = db.session.scalars(select(OutgoingMail).execution_options(populate_existing=True)).all()
    db.session.commit()
    return rows


def test_a_mail_arrives_once(server, post, deliver):
    post(server)
    assert deliver() == 1 and deliver() == 0
    ((recipients, text),) = server.taken
    assert recipients == ["ada@example.org"]
    assert "Subject: Hello" in text and "Auto-Submitted: auto-generated" in text


@pytest.mark.parametrize(
    ("place", "answer"), [("RCPT", "450 greylisted"), ("DATA", "451 try later"), ("DATA", "drop")]
)
def test_a_temporary_refusal_waits_and_then_arrives_once(server, post, deliver, place, answer):
    server.answers[place].append(answer)
    with time_machine.travel(NOON, tick=False) as clock:
        post(server)
        assert deliver() == 0
        assert deliver() == 0, "not at once again"
        clock.shift(31)
        assert deliver() == 1
    assert len(server.taken) == 1
    assert queued()[0].attempts == 1


@pytest.mark.parametrize(("place", "answer"), [("RCPT", "550 no such mailbox"), ("DATA", "554 no")])
def test_a_final_refusal_ends_it(server, post, deliver, place, answer):
    server.answers[place].append(answer)
    with time_machine.travel(NOON, tick=False) as clock:
        post(server)
        deliver()
        clock.shift(timedelta(hours=2))
        assert deliver() == 0
    assert server.taken == [] and queued()[0].failed_at is not None


def refusals():
    found = db.session.scalars(select(Event).where(Event.name == "mail.refused")).all()
    db.session.commit()
    return [event.data["address"] for event in found]


@pytest.mark.parametrize("answer", ["550 no such mailbox", "550 5.1.1 user unknown", "553 5.1.3 no user"])
def test_who_is_not_there_is_announced_once(server, post, deliver, answer):
    server.answers["RCPT"].append(answer)
    post(server)
    deliver()
    deliver()
    assert refusals() == ["ada@example.org"]


@pytest.mark.parametrize(
    ("place", "answer"),
    [
        ("RCPT", "450 4.2.1 greylisted"),
        ("DATA", "554 5.7.1 spam"),
        ("RCPT", "550 5.7.1 your network is blocked"),
        ("RCPT", "554 5.7.26 not authenticated"),
    ],
)
def test_a_refusal_of_us_or_our_text_stops_no_address(server, post, deliver, place, answer):
    server.answers[place].append(answer)
    post(server)
    deliver()
    assert refusals() == []


def test_a_mail_to_a_list_has_two_bodies_and_a_way_out_that_nothing_breaks(server, post, deliver, app):
    app.config["REDOUBT_MAIL_URL"] = server.address
    way_out = "https://redoubt.example/alerts/unsubscribe/" + "long-signed.token_" * 12
    mail.queue(
        "ada@example.org", "alerts_known", subject="Hello", unsubscribe=way_out, manage="https://x.example"
    )
    db.session.commit()
    assert deliver() == 1
    ((_, text),) = server.taken
    read = message_from_string(text)
    assert f"List-Unsubscribe: <{way_out}>\r\n" in text
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert [part.get_content_type() for part in read.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


def test_other_mail_has_no_way_out(server, post, deliver):
    post(server)
    deliver()
    assert "List-Unsubscribe" not in server.taken[0][1]


def test_one_refused_mail_does_not_hold_up_the_next(server, post, deliver):
    server.answers["RCPT"].append("550 no such mailbox")
    post(server)
    post(server, subject="Second")
    assert deliver() == 1
    assert "Subject: Second" in server.taken[0][1]


def test_a_server_that_is_rude_at_the_end_gets_the_mail_once(rude_server, post, deliver):
    with time_machine.travel(NOON, tick=False) as clock:
        post(rude_server)
        assert deliver() == 1
        clock.shift(timedelta(hours=2))
        assert deliver() == 0
    assert len(rude_server.taken) == 1


def test_wrong_log_in_is_our_trouble_and_not_the_mails_end(server, post, deliver, monkeypatch):
    def refuse(self, *args, **kwargs):
        raise smtplib.SMTPAuthenticationError(535, b"no")

    monkeypatch.setattr(smtplib.SMTP, "login", refuse)
    server.address = server.address.replace("smtp://", "smtp://user:secret@")
    post(server)
    assert deliver() == 0
    assert queued()[0].failed_at is None


def test_a_dead_server_is_given_up_after_days(post, deliver, server):
    with time_machine.travel(NOON, tick=False) as clock:
        server.address = "smtp://127.0.0.1:1"
        post(server)
        deliver()
        assert queued()[0].failed_at is None
        clock.shift(mail.GIVE_UP_AFTER + timedelta(hours=1))
        deliver()
    assert queued()[0].failed_at is not None


def test_a_silent_server_costs_one_timeout_and_posting_goes_on(post, deliver, monkeypatch, make_question):
    """It accepts the connection and never says a word."""
    monkeypatch.setattr(mail, "SMTP_TIMEOUT_SECONDS", 1)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()

        class Silent:
            address = f"smtp://127.0.0.1:{silent.getsockname()[1]}"

        post(Silent)
        sending = threading.Thread(target=deliver)
        sending.start()
        assert make_question().id, "written while the mail server keeps silent"
        sending.join()
    assert queued()[0].attempts == 1 and queued()[0].sent_at is None


def test_two_workers_send_each_mail_once(app, server, post):
    for number in range(12):
        post(server, subject=f"Mail {number}")
    ready = threading.Barrier(3)

    def work():
        ready.wait()
        with app.app_context():
            while mail.deliver_round():
                pass

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.taken) == 12 and len({text for _, text in server.taken}) == 12


def test_the_same_key_queues_once(app, make_user):
    user = make_user("ada")
    for _ in range(2):
        mail.queue(user.email, "already", subject="Hello", key="welcome:1", user=user)
    db.session.commit()
    assert len(queued()) == 1


def test_a_subject_adds_no_header(server, post, deliver):
    post(server, subject="Hello\r\nBcc: victim@example.org\r\n\r\nAnd a body")
    deliver()
    ((recipients, text),) = server.taken
    head, _, _body = text.partition("\r\n\r\n")
    assert recipients == ["ada@example.org"]
    assert "\nBcc:" not in head


@pytest.mark.parametrize(
    "address", ["ada@example.org\r\nBcc: victim@example.org", "a@x.org, b@y.org", '"a@x.org, b"@y.org']
)
def test_an_address_reaches_nobody_else(server, post, deliver, address):
    post(server, to=address)
    post(server, subject="Second")
    with time_machine.travel(NOON):
        db.session.execute(db.update(OutgoingMail).values(due_at=utcnow(), created_at=utcnow()))
        db.session.commit()
        deliver()
    reached = {recipient for recipients, _ in server.taken for recipient in recipients}
    assert not reached & {"victim@example.org", "a@x.org", "b@y.org"}
    assert "ada@example.org" in reached, "the next mail goes out"
    assert not any("Bcc" in text.partition("\r\n\r\n")[0] for _, text in server.taken)
