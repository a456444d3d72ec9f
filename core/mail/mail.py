"""The mail queue: emails are written in the transaction of a change and sent by the worker.

An unavailable mail server delays only mail. Header values cannot contain line breaks.
"""

import hashlib
import logging
import os
import smtplib
import ssl
import uuid
from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from flask import Flask, current_app, render_template
from sqlalchemy import ColumnElement, delete, or_, select, update

from core.database.db import changed_rows, db, read_transaction, utcnow
from core.database.models import OutgoingMail
from core.jobs import claims, events
from core.jobs.worker import MAIL, register_daily_task, register_round_job
from core.mail import message as mail_message
from core.observability import history

log = logging.getLogger(__name__)
GIVE_UP_AFTER = timedelta(days=3)
SENT_RETENTION = timedelta(days=90)  # the key prevents the same email from being queued again for so long
SMTP_TIMEOUT_SECONDS = 20
NOTIFICATIONS = "notifications"  # a mailing list with a List-Id (RFC 2919)
ALERTS = "alerts"  # another one
NO_SUCH_MAILBOX = (550, 551, 553)  # RFC 5321, 4.2.3
_outcomes: Counter[str] = Counter()


@history.register_totals
def _totals() -> dict[str, float]:
    """Emails sent and failed in this process."""
    return dict(_outcomes)


def init_app(app: Flask) -> None:
    """Check REDOUBT_MAIL_URL at the start rather than at the first email."""
    scheme = urlsplit(app.config["REDOUBT_MAIL_URL"]).scheme
    if scheme not in ("", "smtp", "smtps", "smtp+starttls"):
        raise SystemExit("REDOUBT_MAIL_URL: must start with smtp://, smtps:// or smtp+starttls://")


def queue(
    to: str,
    template: str,
    *,
    subject: str,
    key: str | None = None,
    thread: str | None = None,
    list_name: str = NOTIFICATIONS,
    unsubscribe: str | None = None,
    has_secret: bool = False,
    **context: object,
) -> None:
    """Queue `templates/mail/<template>.txt` for `to`, unless an email with the same `key` was queued before.

    Mail programs show emails of one `thread` together. `has_secret`: it has a link that grants access, and
    backups omit it. With the URL `unsubscribe` it is an email of the list `list_name`: it has an HTML body
    too, and headers to unsubscribe with one POST (RFC 8058). Does not commit.
    """
    key = key or uuid.uuid4().hex
    if db.session.scalar(select(OutgoingMail.id).where(OutgoingMail.key == key)):
        return
    one_line = " ".join(subject.split())[:200]
    context = {"site_url": site_url(), "unsubscribe": unsubscribe, **context}
    body = render_template(f"mail/{template}.txt", **context)
    html = render_template(f"mail/{template}.html", **context) if unsubscribe else None
    db.session.add(
        OutgoingMail(
            key=key,
            recipient=to,
            subject=one_line,
            body=body,
            html=html,
            thread=thread,
            list_name=list_name if unsubscribe else None,
            unsubscribe_url=unsubscribe,
            has_secret=has_secret,
        )
    )


def can_receive(address: str | None) -> bool:
    """Whether an address may have a mailbox: addresses under .invalid never have one (RFC 2606)."""
    return bool(address) and not address.endswith(".invalid")


def site_url() -> str:
    """The base URL of links in mail: from the settings, never from the Host header."""
    return current_app.config["REDOUBT_SITE_URL"] or f"http://localhost:{os.environ.get('PORT', '8000')}"


def sender() -> str:
    """The sender's address, without a name."""
    return parseaddr(_from())[1]


def _from() -> str:
    """The sender's address, with a name if the setting has one."""
    return current_app.config["REDOUBT_MAIL_FROM"] or f"redoubt@{mail_message.id_domain(site_url())}"


@register_round_job(MAIL)
def deliver_round(limit: int = 5) -> int:
    """Send up to `limit` due emails; returns the number sent. Temporary failures are retried."""
    with read_transaction():
        due_ids = list(
            db.session.scalars(
                select(OutgoingMail.id).where(*_unclaimed(utcnow())).order_by(OutgoingMail.id).limit(limit)
            )
        )
    mails = (_claim(mail_id) for mail_id in due_ids)
    return sum(_deliver(mail) for mail in mails if mail is not None)


def _unclaimed(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        OutgoingMail.sent_at.is_(None),
        OutgoingMail.failed_at.is_(None),
        OutgoingMail.due_at <= now,
        or_(OutgoingMail.claimed_until.is_(None), OutgoingMail.claimed_until < now),
    )


def _claim(mail_id: int) -> OutgoingMail | None:
    """Claim one email for this process; None when another process has it, or it was deleted.

    The claim starts now, because the emails before it may have taken minutes.
    """
    now = utcnow()
    is_mine = changed_rows(
        update(OutgoingMail)
        .where(OutgoingMail.id == mail_id, *_unclaimed(now))
        .values(claimed_until=now + claims.CLAIM_DURATION, claimed_by=current_app.extensions["event_worker"])
    )
    db.session.commit()
    with read_transaction():
        return db.session.get(OutgoingMail, mail_id, populate_existing=True) if is_mine else None


def _deliver(mail: OutgoingMail) -> bool:
    """Send one email, with no transaction open meanwhile; returns whether the server accepted it."""
    claimed_by_me = (
        OutgoingMail.id == mail.id,
        OutgoingMail.claimed_by == mail.claimed_by,
        OutgoingMail.claimed_until.is_not(None),
    )
    try:
        with claims.renewing_claim(update(OutgoingMail).where(*claimed_by_me)):
            _send(_message(mail), mail)
        outcome = {"sent_at": utcnow(), "error": None}
    except Exception as error:  # one bad email must not block the others
        outcome = _after_failure(error, mail)
        log.warning("mail %s not sent: %s", mail.id, outcome["error"])
        if _is_no_mailbox(error):
            events.record("mail.refused", address=mail.recipient)
    if outcome["error"] is None or outcome["failed_at"]:
        outcome |= _without_text(mail)
    changed_rows(update(OutgoingMail).where(OutgoingMail.id == mail.id).values(claimed_until=None, **outcome))
    db.session.commit()
    if outcome["error"] is None:
        _outcomes["mail:sent"] += 1
    elif outcome["failed_at"]:
        _outcomes["mail:failed"] += 1
    return outcome["error"] is None


def _without_text(mail: OutgoingMail) -> dict:
    """The columns of an email that was sent or has failed: no link in it can be read."""
    return {
        "body": "",
        "html": None,
        "unsubscribe_url": None,
        "body_hash": hashlib.sha256(mail.body.encode()).hexdigest(),
    }


@register_daily_task(hour=3, minute=10)
def forget_old_mail() -> None:
    """Delete rows and outbox files of mail that was sent or failed SENT_RETENTION ago."""
    before = utcnow() - SENT_RETENTION
    for file in (Path(current_app.config["REDOUBT_INSTANCE"]) / "outbox").glob("*.eml"):
        if file.stat().st_mtime < before.timestamp():
            file.unlink(missing_ok=True)
    db.session.execute(
        delete(OutgoingMail).where(or_(OutgoingMail.sent_at < before, OutgoingMail.failed_at < before))
    )
    db.session.commit()


def _after_failure(error: Exception, mail: OutgoingMail) -> dict:
    """The columns of an email that was not sent: it is retried with growing delays, or has failed.

    It has failed when the server refuses it permanently, when it cannot be built, or after GIVE_UP_AFTER.
    When the server is unavailable, or refuses the site rather than the email, it is retried.
    """
    now = utcnow()
    code = _reply_code(error)
    cannot_be_built = not isinstance(error, (OSError, smtplib.SMTPException))
    return {
        "attempts": mail.attempts + 1,
        "error": f"{type(error).__name__} {code or ''}".strip(),
        "due_at": now + timedelta(seconds=min(3600, 15 * 2 ** (mail.attempts + 1))),
        "failed_at": now if cannot_be_built or code >= 500 or now - mail.created_at > GIVE_UP_AFTER else None,
    }


def _reply_code(error: Exception) -> int:
    """The server's reply code for this email and its recipient; 0 when there is none."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max(code for code, _ in error.recipients.values())
    return error.smtp_code if isinstance(error, smtplib.SMTPDataError) else 0


def _is_no_mailbox(error: Exception) -> bool:
    """Whether the server says that the mailbox does not exist.

    The enhanced codes 5.7.x are about policy (RFC 3463, 3.8), so a blocked sender keeps its recipients.
    """
    if not isinstance(error, smtplib.SMTPRecipientsRefused):
        return False
    return any(
        code in NO_SUCH_MAILBOX and not text.startswith(b"5.7.") for code, text in error.recipients.values()
    )


def _message(mail: OutgoingMail) -> EmailMessage:
    return mail_message.build_message(
        mail, sender=_from(), site_url=site_url(), site_name=current_app.config["REDOUBT_SITE_NAME"]
    )


def _send(message: EmailMessage, mail: OutgoingMail) -> None:
    url = urlsplit(current_app.config["REDOUBT_MAIL_URL"])
    if not url.scheme:
        _write_to_outbox(message, mail)
        return
    server = connect(url)
    try:
        server.send_message(message, from_addr=sender(), to_addrs=[parseaddr(message["To"])[1]])
    finally:
        with suppress(OSError, smtplib.SMTPException):  # the email was accepted, even if QUIT fails
            server.quit()


def _write_to_outbox(message: EmailMessage, mail: OutgoingMail) -> None:
    """Write an email to the outbox atomically; a second attempt after a crash overwrites the same file."""
    outbox = Path(current_app.config["REDOUBT_INSTANCE"]) / "outbox"
    outbox.mkdir(mode=0o700, exist_ok=True)
    name = f"{mail.created_at:%Y%m%dT%H%M%S%f}-{mail.id}"
    part = outbox / f".{name}.part"
    part.write_bytes(bytes(message))
    part.replace(outbox / f"{name}.eml")


def connect(url: SplitResult) -> smtplib.SMTP:
    """A logged-in connection to the mail server; raises OSError or SMTPException."""
    host = url.hostname or ""
    context = ssl.create_default_context()
    if url.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, url.port or 465, timeout=SMTP_TIMEOUT_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, url.port or 25, timeout=SMTP_TIMEOUT_SECONDS)
    try:
        if url.scheme == "smtp+starttls":
            server.starttls(context=context)
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
    except Exception:
        server.close()
        raise
    return server
