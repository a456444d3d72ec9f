"""Mail leaves through a queue: written with the change that causes it, sent by the worker.

A dead mail server delays mail and nothing else. Header values cannot carry line breaks.
"""

import logging
import os
import smtplib
import ssl
import uuid
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from flask import Flask, current_app, render_template
from sqlalchemy import or_, select, update

from core.db import db, reading, utcnow
from core.models import OutgoingMail

log = logging.getLogger(__name__)
CLAIM = timedelta(minutes=5)
GIVE_UP_AFTER = timedelta(days=3)
TIMEOUT = 20


def init_app(app: Flask) -> None:
    """Check the mail address now rather than at the first mail."""
    scheme = urlsplit(app.config["REDOUBT_MAIL_URL"]).scheme
    if scheme not in ("", "smtp", "smtps", "smtp+starttls"):
        raise SystemExit("REDOUBT_MAIL_URL: must start with smtp://, smtps:// or smtp+starttls://")


def queue(to: str, template: str, *, subject: str, key: str | None = None, **context) -> None:
    """Queue `templates/mail/<template>.txt` for `to`; `key` makes a repeat write nothing."""
    key = key or uuid.uuid4().hex
    if db.session.scalar(select(OutgoingMail.id).where(OutgoingMail.key == key)):
        return
    one_line = " ".join(subject.split())[:200]
    body = render_template(f"mail/{template}.txt", site_url=site_url(), **context)
    db.session.add(OutgoingMail(key=key, recipient=to, subject=one_line, body=body))


def site_url() -> str:
    """Where links in mail point: the setting, never the Host header."""
    return current_app.config["REDOUBT_SITE_URL"] or f"http://localhost:{os.environ.get('PORT', '8000')}"


def sender() -> str:
    """The From address of the site."""
    host = urlsplit(site_url()).hostname
    return current_app.config["REDOUBT_MAIL_FROM"] or f"redoubt@{host}"


def deliver_round(limit: int = 20) -> int:
    """Send what is due; returns the number sent. Temporary refusals wait, final ones end."""
    now = utcnow()
    free = (OutgoingMail.sent_at.is_(None), OutgoingMail.failed_at.is_(None),
            OutgoingMail.due_at <= now,
            or_(OutgoingMail.claimed_until.is_(None), OutgoingMail.claimed_until < now))
    with reading():
        waiting = list(db.session.scalars(
            select(OutgoingMail.id).where(*free).order_by(OutgoingMail.id).limit(limit)))
    sent = 0
    for mail_id in waiting:
        claimed = db.session.execute(
            update(OutgoingMail).where(OutgoingMail.id == mail_id, *free)
            .values(claimed_until=now + CLAIM).execution_options(synchronize_session=False))
        db.session.commit()
        if claimed.rowcount:
            sent += _deliver(db.session.get(OutgoingMail, mail_id, populate_existing=True))
    return sent


def _deliver(mail: OutgoingMail) -> bool:
    now = utcnow()
    db.session.commit()  # no transaction stays open while a mail server thinks
    try:
        _send(_message(mail))
        mail.sent_at, mail.error = now, None
    except (OSError, smtplib.SMTPException) as error:
        code = _reply_code(error)
        mail.attempts += 1
        mail.error = f"{type(error).__name__} {code or ''}".strip()
        if 500 <= code < 600 or now - mail.created_at > GIVE_UP_AFTER:
            mail.failed_at = now
        mail.due_at = now + timedelta(seconds=min(3600, 15 * 2**mail.attempts))
        log.warning("mail %s not sent: %s", mail.id, mail.error)
    mail.claimed_until = None
    db.session.commit()
    return mail.sent_at is not None


def _reply_code(error: Exception) -> int:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max(code for code, _ in error.recipients.values())
    return getattr(error, "smtp_code", 0) or 0


def _message(mail: OutgoingMail) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = sender()
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = f"<{mail.key}@{urlsplit(site_url()).hostname}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body)
    return message


def _send(message: EmailMessage) -> None:
    url = urlsplit(current_app.config["REDOUBT_MAIL_URL"])
    if not url.scheme:
        outbox = Path(current_app.config["REDOUBT_INSTANCE"]) / "outbox"
        outbox.mkdir(mode=0o700, exist_ok=True)
        name = f"{utcnow():%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:8]}.eml"
        (outbox / name).write_bytes(bytes(message))
        return
    context = ssl.create_default_context()
    if url.scheme == "smtps":
        server = smtplib.SMTP_SSL(url.hostname, url.port or 465, timeout=TIMEOUT, context=context)
    else:
        server = smtplib.SMTP(url.hostname, url.port or 25, timeout=TIMEOUT)
    with server:
        if url.scheme == "smtp+starttls":
            server.starttls(context=context)
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
        server.send_message(message)
