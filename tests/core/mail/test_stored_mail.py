"""Mail that is stored holds a link only while it waits, and no backup holds one."""

import hashlib
import os
import re
import zipfile
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from alerts import actions as alert_actions
from auth import actions, links
from core.backup import backup
from core.database.db import db, utcnow
from core.database.models import OutgoingMail
from core.mail import mail

PREFERENCES = {"scope": "all", "products": [], "minimum": "low", "cadence": "daily"}


@pytest.fixture
def waiting(app, member):
    """The tokens of links in two mails that wait: to reset a password, and to confirm alerts."""
    actions.send_reset(member.email)
    alert_actions.sign_up("reader@example.org", PREFERENCES)
    db.session.commit()
    bodies = db.session.scalars(select(OutgoingMail.body)).all()
    db.session.commit()
    return [re.search(r"/(?:reset|alerts/confirm)/(\S+)", body)[1] for body in bodies]


def rows():
    db.session.commit()
    found = db.session.scalars(
        select(OutgoingMail).order_by(OutgoingMail.id).execution_options(populate_existing=True)
    ).all()
    db.session.commit()
    return found


def everything_stored(app) -> bytes:
    """All bytes of the database's files."""
    db.session.remove()
    db.engine.dispose()
    return b"".join(path.read_bytes() for path in app.config["REDOUBT_INSTANCE"].glob("redoubt.db*"))


@pytest.mark.every_database
def test_what_was_sent_keeps_its_headers_and_a_hash(app, waiting):
    before = [
        (row.recipient, row.subject, row.key, hashlib.sha256(row.body.encode()).hexdigest()) for row in rows()
    ]
    assert mail.deliver_round() == 2
    assert [(row.recipient, row.subject, row.key, row.body_hash) for row in rows()] == before
    assert all((row.body, row.html, row.unsubscribe_url) == ("", None, None) for row in rows())
    assert all(row.sent_at for row in rows())


def test_no_byte_of_a_link_stays_in_the_file(app, waiting):
    assert all(token.encode() in everything_stored(app) for token in waiting)
    mail.deliver_round()
    db.session.connection().exec_driver_sql("COMMIT")
    stored = everything_stored(app)
    assert not any(token.encode() in stored for token in waiting)


def test_what_is_given_up_keeps_no_link_and_what_is_tried_again_does(app, waiting, monkeypatch):
    def away(*args):
        raise ConnectionRefusedError

    monkeypatch.setattr(mail, "_send", away)
    mail.deliver_round()
    assert all(row.body and row.failed_at is None for row in rows())
    with time_machine.travel(utcnow() + timedelta(days=4)):
        mail.deliver_round()
    assert all(row.failed_at and not row.body and not row.html and row.body_hash for row in rows())


def test_old_rows_and_files_go(app, waiting):
    mail.deliver_round()
    outbox = app.config["REDOUBT_INSTANCE"] / "outbox"
    assert len(list(outbox.glob("*.eml"))) == 2
    assert oct(outbox.stat().st_mode)[-3:] == "700"
    for file in outbox.glob("*.eml"):
        old = (utcnow() - timedelta(days=91)).timestamp()
        os.utime(file, (old, old))
    db.session.execute(update(OutgoingMail).values(sent_at=utcnow() - timedelta(days=91)))
    actions.send_reset("nobody@example.org")
    mail.queue("late@example.org", "already", subject="New", user=rows()[0], token="x")
    db.session.commit()
    mail.forget_old_mail()
    assert [row.subject for row in rows()] == ["New"] and list(outbox.glob("*.eml")) == []


@pytest.mark.every_database
def test_a_backup_before_sending_holds_no_link(app, waiting, tmp_path):
    mail.queue("plain@example.org", "already", subject="No link in it", user=rows()[0])
    db.session.commit()
    backup.backup(tmp_path / "site.zip")
    with zipfile.ZipFile(tmp_path / "site.zip") as archive:
        stored = b"".join(archive.read(name) for name in archive.namelist())
    assert b"No link in it" in stored and b"Reset your password" in stored
    assert not any(token.encode() in stored for token in waiting)
    assert [bool(row.body) for row in rows()] == [True] * 3, "the site's own mail still waits"
    assert b"left out of the backup" in stored


def test_every_mail_with_a_token_says_so(app, member):
    """Templates with a link that opens something are queued as secret, by whoever queues them."""
    for purpose in links.LIFETIMES:
        actions.send_link(member, purpose, {"secure": "reset"}.get(purpose, purpose), "A link")
    alert_actions.switch(member, on=True, minimum="low", cadence="daily")
    alert_actions.sign_up(member.email, PREFERENCES)
    alert_actions.sign_up("reader@example.org", PREFERENCES)
    db.session.commit()
    assert len(rows()) == 6 and all(row.has_secret for row in rows())
