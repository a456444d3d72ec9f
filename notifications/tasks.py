"""Mails what members were told: at once, together per thread, or as the daily digest."""

from datetime import timedelta
from itertools import groupby

from flask_babel import ngettext
from sqlalchemy import delete, func, select

from auth.models import User
from auth.queries import reachable_members
from core.database.db import db, read_transaction, utcnow
from core.jobs.worker import register_daily_task, register_round_job
from core.mail import mail, signed_links
from core.mail.excerpts import html_opening, plain_opening
from notifications import labels, queries
from notifications.kinds import DIGEST, FOR_MODERATORS
from notifications.models import Notification

AT_A_TIME = 20  # members served in one round
MOST_LINES = 100
MAX_EXCERPT_CHARACTERS = 600
KEPT = timedelta(days=365)


@register_round_job()
def mail_news() -> int:
    """Queue the mails that are due; returns to how many members."""
    with read_transaction():
        due = list(
            db.session.scalars(
                select(Notification.user_id)
                .where(*_due())
                .group_by(Notification.user_id)
                .order_by(func.min(Notification.due_at))
                .limit(AT_A_TIME)
            )
        )
    for user_id in due:
        _serve(user_id)
        db.session.commit()
    return len(due)


def _due() -> tuple:
    return (
        Notification.due_at.is_not(None),
        Notification.mailed_at.is_(None),
        Notification.due_at <= utcnow(),
    )


def _serve(user_id: int) -> None:
    """Queue what is due to one member. What was read, or may not be told any more, is not mailed."""
    taken = list(
        db.session.scalars(
            select(Notification)
            .where(Notification.user_id == user_id, *_due())
            .order_by(Notification.id)
            .with_for_update(skip_locked=True)
        )
    )
    user = db.session.get(User, user_id)
    lines = (
        list(
            db.session.scalars(
                queries.told(user)
                .where(Notification.id.in_([line.id for line in taken]), Notification.read_at.is_(None))
                .order_by(Notification.id)
            )
        )
        if reachable_members([user_id]) and not queries.unreachable([user])
        else []
    )
    for line in taken:
        if line not in lines:
            line.due_at = None
    for bundle in _bundles(lines):
        _queue(user, bundle)
    db.session.flush()


def _bundles(lines: list[Notification]) -> list[list[Notification]]:
    """Lines that make one mail: those of the digest, else those of one kind and one thread."""

    def key(line: Notification) -> tuple:
        return (True, "", 0) if line.in_digest else (False, line.kind, line.thread_id or 0)

    return [list(bundle) for _, bundle in groupby(sorted(lines, key=key), key=key)]


def _queue(user: User, lines: list[Notification]) -> None:
    first, now = lines[0], utcnow()
    kind = DIGEST if first.in_digest else first.kind
    said = labels.sentence(first).partition(". ")[0].removesuffix(".")
    subject = f"{said}: {labels.title(first)}"
    if len(lines) > 1:
        subject = ngettext("%(num)s notification", "%(num)s notifications", len(lines))
        subject = subject if first.in_digest else f"{subject}: {labels.title(first)}"
    mail.queue(
        user.email,
        "news",
        subject=subject,
        key=f"news:{user.id}:{first.id}",
        user=user,
        thread=f"post:{first.thread_id}" if first.thread_id and not first.in_digest else None,
        unsubscribe=signed_links.url(signed_links.MUTE, user.id, kind, user.device_generation),
        in_digest=first.in_digest,
        lines=[_shown(line) for line in lines[:MOST_LINES]],
        more=len(lines) - MOST_LINES,
    )
    for line in lines:
        line.mailed_at = now


def _shown(line: Notification) -> dict:
    url = mail.site_url() + line.url
    text = line.data.get("answer", "") or line.data.get("note", "")
    html = ""
    if not text and line.post is not None and line.kind not in FOR_MODERATORS:  # a secret must not be mailed
        text = plain_opening(line.post.body, MAX_EXCERPT_CHARACTERS)
        html = html_opening(line.post.body_html, MAX_EXCERPT_CHARACTERS, url)
    return {
        "sentence": labels.sentence(line),
        "title": labels.title(line),
        "url": url,
        "text": text,
        "html": html,
    }


@register_daily_task(hour=3, minute=50)
def forget_old_news() -> None:
    """Lines that were read are kept for a year."""
    db.session.execute(
        delete(Notification).where(
            Notification.read_at.is_not(None), Notification.created_at < utcnow() - KEPT
        )
    )
    db.session.commit()
