"""Event handlers that notify moderators of what needs a decision, and authors of decisions."""

from collections.abc import Callable
from datetime import timedelta

from flask import url_for
from sqlalchemy import select

from auth.models import User
from core.database.db import db
from core.jobs import events
from notifications import actions, recipients
from notifications.handlers import post_events
from notifications.models import Notification
from posts.models import Post
from posts.suggestions import queries

URGENT_REASONS = ("harmful", "secret")
SAME_DECISION_WITHIN = timedelta(minutes=1)  # acts of one moderator on one post are one decision
SHOWN_DATA = ("reason", "note", "outcome", "answer")  # of an event, copied to the line
DECISION_VERBS = (
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


def _each(batch: list[events.Event], handle: Callable[[events.Event], None]) -> None:
    """Call handle(event) for every event; commit after each."""
    for event in batch:
        handle(event)
        db.session.commit()


@events.register_handler("flag.raised")
def report_flags(batch: list[events.Event]) -> None:
    """Add one line per flagged post for each moderator until it is read, a second for urgent reasons."""
    _each(batch, _flagged)


def _flagged(event: events.Event) -> None:
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
    """Notify moderators of an appeal against the removal of a post."""
    _each(batch, _appealed)


def _appealed(event: events.Event) -> None:
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
    """Mark the moderators' lines read that a decision on flags or an appeal answers."""
    _each(batch, _decided)


def _decided(event: events.Event) -> None:
    answered_event = "flag.raised" if event.name == "flag.resolved" else "appeal.made"
    if post_id := event.data.get("post_id"):
        actions.mark_decided(post_id, answered_event)


@events.register_handler(*post_events("published", "deleted"))
def close_first_posts(batch: list[events.Event]) -> None:
    """Mark the moderators' lines read that asked to approve a first post, once it is approved or refused."""
    _each(batch, _first_post_decided)


def _first_post_decided(event: events.Event) -> None:
    if event.subject_id is not None:
        actions.mark_decided(event.subject_id, f"{event.name.partition('.')[0]}.created")


@events.register_handler("article.rated")
def report_feedback(batch: list[events.Event]) -> None:
    """Notify moderators of readers' suggestions for an article, one line a day per article."""
    _each(batch, _rated)


def _rated(event: events.Event) -> None:
    if event.data.get("has_note"):
        actions.notify(
            recipients.of_moderators("feedback"),
            event=event,
            post_id=event.subject_id,
            cause=f"feedback:{event.subject_id}:{event.created_at:%Y-%m-%d}",
            actor_id=event.actor_id,
            data={"url": url_for("kb.feedback_list")},
        )


@events.register_handler(*post_events(*DECISION_VERBS), "decision.lock", "decision.unlock", "appeal.decided")
def notify_authors(batch: list[events.Event]) -> None:
    """Notify the author of a post of what others, or enough flags, did with it, with the reason."""
    _each(batch, _moderated)


def _moderated(event: events.Event) -> None:
    post = db.session.get(Post, event.data.get("post_id") or event.subject_id, populate_existing=True)
    actor = db.session.get(User, event.actor_id) if event.actor_id else None
    if post is None or post.author_id is None or post.author_id == event.actor_id:
        return
    if not event.name.endswith(".held") and (actor is None or not _concerns_author(event, actor)):
        return
    if event.name.endswith(".revised") and _is_approved_by_author(post, event.data["number"]):
        return
    if event.name.endswith(".undeleted") and _is_notified_of_appeal(event, post):
        return
    facts = {name: event.data[name] for name in SHOWN_DATA if event.data.get(name)}
    if post.is_deleted or event.name.startswith("decision."):
        facts["url"] = url_for("posts.post", post_id=post.id)
    cause = f"moderated:{event.id}"
    if event.name.endswith(".redacted"):  # every masked column of a post records an event
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


def _is_notified_of_appeal(event: events.Event, post: Post) -> bool:
    """Whether the author has a line that their appeal, decided by the same moderator, was granted."""
    return (
        db.session.scalar(
            select(Notification.id).where(
                Notification.user_id == post.author_id,
                Notification.post_id == post.id,
                Notification.event == "appeal.decided",
                Notification.actor_id == event.actor_id,
                Notification.created_at > event.created_at - SAME_DECISION_WITHIN,
            )
        )
        is not None
    )


def _concerns_author(event: events.Event, actor: User) -> bool:
    """Whether an act is a moderator's, or one that members with enough reputation may do."""
    return (
        actor.is_moderator
        or event.name.endswith(".revised")
        or event.name
        in ("question.closed", "question.reopened", "question.deleted", "answer.deleted", "comment.deleted")
    )


def _is_approved_by_author(post: Post, number: int) -> bool:
    """Whether this revision is a suggested edit that the author of the post approved."""
    suggestion = queries.approved_as(post, number)
    return suggestion is not None and suggestion.decided_by_id == post.author_id


@events.register_handler("report.hidden", "report.shown")
def notify_reporters(batch: list[events.Event]) -> None:
    """Notify the author of a deployment report that a moderator hid it or showed it again."""
    _each(batch, _report)


def _report(event: events.Event) -> None:
    author_id = event.data.get("author_id")
    if author_id is not None and author_id != event.actor_id:
        actions.notify(
            {author_id: "moderated"},
            cause=f"moderated:{event.id}",
            event=event,
            post_id=event.data["bulletin_id"],
            actor_id=event.actor_id,
        )


@events.register_handler("correction.proposed")
def report_corrections(batch: list[events.Event]) -> None:
    """Notify moderators of a correction of a comparison to decide."""
    _each(batch, _correction_proposed)


def _correction_proposed(event: events.Event) -> None:
    actions.notify(
        recipients.of_moderators("queue"),
        cause=f"correction:{event.id}",
        event=event,
        post_id=event.data["bulletin_id"],
        actor_id=event.actor_id,
        data={"url": url_for("bulletins.corrections")},
    )


@events.register_handler("bulletin.correction_*")
def notify_proposers(batch: list[events.Event]) -> None:
    """Notify a member that a moderator decided on their correction."""
    _each(batch, _correction_decided)


def _correction_decided(event: events.Event) -> None:
    member_id = event.data.get("member")
    if member_id is not None and member_id != event.actor_id:
        actions.notify(
            {member_id: "moderated"},
            cause=f"moderated:{event.id}",
            event=event,
            post_id=event.subject_id,
            actor_id=event.actor_id,
        )


@events.register_handler("user.unsuspended")
def notify_unsuspended(batch: list[events.Event]) -> None:
    """Notify a member that a moderator ended their suspension early."""
    _each(batch, _unsuspended)


def _unsuspended(event: events.Event) -> None:
    if event.subject_id is None:
        return
    actions.notify(
        {event.subject_id: "moderated"},
        cause=f"moderated:{event.id}",
        event=event,
        actor_id=event.actor_id,
        data={"url": url_for("home.help_page")},
    )
