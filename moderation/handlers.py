"""Event handlers: log decisions made in other packages, resolve appeals, mail suspended members."""

from flask_babel import gettext as _
from sqlalchemy import delete, select, update

from auth.models import User
from core.database.db import db
from core.jobs import events
from core.mail import mail
from moderation import actions
from moderation.appeals import actions as appeals
from moderation.appeals.models import APPROVED, Appeal
from moderation.models import Claim, Decision, Flag
from posts.models import Post

ACTIONS_BY_VERB = {  # of the log, by the verb of the event
    "closed": "close",
    "reopened": "reopen",
    "deleted": "hide",
    "undeleted": "restore",
    "published": "publish",
    "republished": "publish",
    "unpublished": "unpublish",
    "withdrawn": "withdraw",
    "verified": "verify",
    "redacted": "redact",
    "correction_approved": "correct",
    "correction_refused": "correction-refused",
    "correction_undone": "correction-undone",
}


@events.register_handler(
    "question.closed",
    "question.reopened",
    "*.deleted",
    "*.undeleted",
    "article.published",
    "article.unpublished",
    "article.verified",
    "bulletin.published",
    "bulletin.republished",
    "bulletin.unpublished",
    "bulletin.withdrawn",
    "bulletin.correction_*",
    "revision.redacted",
)
def log_decisions(batch: list[events.Event]) -> None:
    """Log what moderators did in other packages, once, and not acts on their own posts.

    Moderation's own actions wrote their line, with the id of the event, in their own transaction.
    """
    for event in batch:
        actor = db.session.get(User, event.actor_id) if event.actor_id else None
        post = db.session.get(Post, event.data.get("post_id") or event.subject_id)
        action = ACTIONS_BY_VERB[event.name.rpartition(".")[2]]
        if actor is None or post is None or _is_logged(event):
            continue
        if action in ("hide", "restore") and (not actor.is_staff or post.author_id == actor.id):
            continue
        db.session.add(
            Decision(
                action=action,
                actor_id=actor.id,
                post_id=post.id,
                event_id=event.id,
                reason="" if action == "redact" else str(event.data.get("reason") or "")[:30],
                note=str(event.data.get("reason" if action == "redact" else "note") or "")[:500],
                created_at=event.created_at,
            )
        )
        db.session.flush()
        if action == "restore":
            actions.undo_penalties(post, by=actor, before=event)
    db.session.commit()


def _is_logged(event: events.Event) -> bool:
    return db.session.scalar(select(Decision.id).where(Decision.event_id == event.id)) is not None


@events.register_handler("*.undeleted")
def answer_appeals(batch: list[events.Event]) -> None:
    """Approve the open appeal for a post that was restored in another way."""
    for event in batch:
        actor = db.session.get(User, event.actor_id) if event.actor_id else None
        post = db.session.get(Post, event.subject_id)
        if actor is not None and post is not None and not post.is_deleted:
            appeals.decide_open(post, APPROVED, by=actor)
    db.session.commit()


@events.register_handler("report.hidden", "report.shown")
def log_reports(batch: list[events.Event]) -> None:
    """Log that a moderator hid a deployment report or showed it again, under its bulletin, once."""
    for event in batch:
        if not _is_logged(event):
            db.session.add(
                Decision(
                    action=event.name.replace("report.", "report-"),
                    actor_id=event.actor_id,
                    post_id=event.data["bulletin_id"],
                    event_id=event.id,
                    created_at=event.created_at,
                )
            )
    db.session.commit()


@events.register_handler("user.erased")
def follow_erasure(batch: list[events.Event]) -> None:
    """Delete claims and, with the posts, notes of an erased member; log what an administrator erased."""
    for event in batch:
        db.session.execute(delete(Claim).where(Claim.claimed_by_id == event.subject_id))
        if not event.data["keep_words"]:
            db.session.execute(update(Flag).where(Flag.user_id == event.subject_id).values(note=""))
            db.session.execute(update(Appeal).where(Appeal.user_id == event.subject_id).values(text=""))
        if event.actor_id != event.subject_id and not _is_logged(event):
            db.session.add(
                Decision(
                    action="erase",
                    actor_id=event.actor_id,
                    user_id=event.subject_id,
                    event_id=event.id,
                    created_at=event.created_at,
                )
            )
    db.session.commit()


@events.register_handler("user.suspended")
def mail_suspended(batch: list[events.Event]) -> None:
    """Mail a suspended member the end and the reason of the suspension."""
    for event in batch:
        user = db.session.get(User, event.subject_id)
        if user is not None and user.email and user.is_suspended:
            mail.queue(
                user.email,
                "suspended",
                key=f"suspended:{event.id}",
                subject=_("Your account is suspended"),
                user=user,
            )
    db.session.commit()
