"""Tells moderators what waits for them, and authors what moderators did with their posts."""

from collections.abc import Callable
from datetime import timedelta

from flask import url_for
from sqlalchemy import select

from auth.models import User
from core.database.db import db
from core.jobs import events
from notifications import actions, recipients
from notifications.models import Notification
from posts.models import Post
from posts.suggestions import queries

URGENT_REASONS = ("harmful", "secret")
ONE_DECISION = timedelta(minutes=1)  # what happens within it, on one post by one moderator, is one decision
FACTS = ("reason", "note", "outcome", "answer")
KINDS = ("question", "answer", "comment", "article", "bulletin")
ACTS = (
    "deleted",
    "undeleted",
    "held",
    "released",
    "redacted",
    "revised",
    "closed",
    "reopened",
    "unpublished",
    "published",
    "withdrawn",
    "verified",
)


def _each(batch: list[events.Event], tell: Callable) -> None:
    """tell(event), committed one at a time."""
    for event in batch:
        tell(event)
        db.session.commit()


@events.register_handler("flag.raised")
def report_flags(batch: list[events.Event]) -> None:
    """A post was flagged: one line for each moderator until it is read, a second for urgent reasons."""
    _each(batch, _flagged)


def _flagged(event) -> None:
    kind = "urgent" if event.data.get("reason") in URGENT_REASONS else "queue"
    post = db.session.get(Post, event.data["post_id"])
    if post is not None:
        actions.notify_once_unread(
            recipients.of_moderators(kind),
            cause=f"flag:{event.subject_id}",
            event=event,
            post_id=post.id,
            actor_id=event.actor_id,
            thread_id=post.id,
            data={"reason": event.data.get("reason", "other"), "url": url_for("moderation.queue")},
        )


@events.register_handler("appeal.made")
def report_appeals(batch: list[events.Event]) -> None:
    """An author asks for a removed post."""
    _each(batch, _appealed)


def _appealed(event) -> None:
    actions.notify(
        recipients.of_moderators("queue"),
        cause=f"appeal:{event.id}",
        event=event,
        post_id=event.data["post_id"],
        actor_id=event.actor_id,
        data={"url": url_for("moderation.queue")},
    )


@events.register_handler("flag.resolved", "appeal.decided")
def close_reports(batch: list[events.Event]) -> None:
    """A decision is made: the lines that asked moderators for it count as read."""
    _each(batch, _decided)


def _decided(event) -> None:
    asked = "flag.raised" if event.name == "flag.resolved" else "appeal.made"
    if post_id := event.data.get("post_id"):
        actions.mark_decided(post_id, asked)


@events.register_handler(*[f"{kind}.{act}" for kind in KINDS for act in ("published", "deleted")])
def close_first_posts(batch: list[events.Event]) -> None:
    """A first post is approved or refused: the lines that asked moderators for it count as read."""
    _each(
        batch, lambda event: actions.mark_decided(event.subject_id, f"{event.name.partition('.')[0]}.created")
    )


@events.register_handler("article.rated")
def report_feedback(batch: list[events.Event]) -> None:
    """A reader said what would make an article better: one line a day for an article."""
    _each(batch, _rated)


def _rated(event) -> None:
    if event.data.get("has_note"):
        actions.notify(
            recipients.of_moderators("feedback"),
            event=event,
            post_id=event.subject_id,
            cause=f"feedback:{event.subject_id}:{event.created_at:%Y-%m-%d}",
            actor_id=event.actor_id,
            data={"url": url_for("kb.feedback_list")},
        )


@events.register_handler(
    *[f"{kind}.{act}" for kind in KINDS for act in ACTS], "decision.lock", "decision.unlock", "appeal.decided"
)
def tell_authors(batch: list[events.Event]) -> None:
    """Somebody else, or enough flags, did something with a post: its author is told, with the reason."""
    _each(batch, _moderated)


def _moderated(event) -> None:
    post = db.session.get(Post, event.data.get("post_id") or event.subject_id, populate_existing=True)
    actor = db.session.get(User, event.actor_id) if event.actor_id else None
    if post is None or post.author_id is None or post.author_id == event.actor_id:
        return
    if not event.name.endswith(".held") and (actor is None or not _concerns_author(event, actor)):
        return
    if event.name.endswith(".revised") and _is_approved_by_author(post, event.data["number"]):
        return
    if event.name.endswith(".undeleted") and _is_known(event, post):
        return
    facts = {name: event.data[name] for name in FACTS if event.data.get(name)}
    if post.is_deleted or event.name.startswith("decision."):
        facts["url"] = url_for("posts.post", post_id=post.id)
    cause = f"moderated:{event.id}"
    if event.name.endswith(".redacted"):  # each column of a post that is masked records one
        cause = f"redacted:{post.id}:{event.created_at:%Y-%m-%dT%H:%M}"
    actions.notify(
        {post.author_id: "moderated"},
        cause=cause,
        event=event,
        post_id=post.id,
        actor_id=event.actor_id,
        thread_id=post.id,
        data=facts,
    )


def _is_known(event, post: Post) -> bool:
    """Whether the author was just told that the post is restored because they asked."""
    return (
        db.session.scalar(
            select(Notification.id).where(
                Notification.user_id == post.author_id,
                Notification.post_id == post.id,
                Notification.event == "appeal.decided",
                Notification.actor_id == event.actor_id,
                Notification.created_at > event.created_at - ONE_DECISION,
            )
        )
        is not None
    )


def _concerns_author(event, actor: User) -> bool:
    """Members whose reputation allows it edit, close and reopen; the rest are acts of moderators."""
    return (
        actor.is_moderator
        or event.name.endswith(".revised")
        or event.name
        in ("question.closed", "question.reopened", "question.deleted", "answer.deleted", "comment.deleted")
    )


def _is_approved_by_author(post: Post, number: int) -> bool:
    """Whether this revision is another's proposal that the author of the post approved: they know of it."""
    suggestion = queries.approved_as(post, number)
    return suggestion is not None and suggestion.decided_by_id == post.author_id


@events.register_handler("report.hidden", "report.shown")
def tell_reporters(batch: list[events.Event]) -> None:
    """A moderator hid a deployment report, or showed it again: who made it is told."""
    _each(batch, _report)


def _report(event) -> None:
    author_id = event.data.get("author_id")
    if author_id is not None and author_id != event.actor_id:
        actions.notify(
            {author_id: "moderated"},
            cause=f"moderated:{event.id}",
            event=event,
            post_id=event.data["bulletin_id"],
            actor_id=event.actor_id,
        )


@events.register_handler("user.unsuspended")
def tell_unsuspended(batch: list[events.Event]) -> None:
    """A suspension ended early."""
    _each(batch, _unsuspended)


def _unsuspended(event) -> None:
    actions.notify(
        {event.subject_id: "moderated"},
        cause=f"moderated:{event.id}",
        event=event,
        actor_id=event.actor_id,
        data={"url": url_for("home.help_page")},
    )
