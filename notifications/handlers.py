"""Event handlers that fill inboxes. They are idempotent: actions.notify() adds no line for a known cause."""

from collections.abc import Callable
from typing import TypeVar

from flask import url_for

from core.database.db import db
from core.jobs import events
from notifications import actions, recipients
from posts.models import PENDING, Post
from posts.suggestions.models import Suggestion
from products.inventories.models import Inventory, InventoryMember
from products.models import Product, Release

POST_KINDS = ("question", "answer", "comment", "article", "bulletin")
T = TypeVar("T")


def post_events(*verbs: str) -> list[str]:
    """The event names of these verbs for every kind of post."""
    return [f"{kind}.{verb}" for kind in POST_KINDS for verb in verbs]


def _each(batch: list[events.Event], handle: Callable[[events.Event, T], None], model: type[T]) -> None:
    """Call handle(event, subject) for every event whose subject still exists; commit after each event."""
    for event in batch:
        subject = db.session.get(model, event.subject_id, populate_existing=True)
        if subject is not None:
            handle(event, subject)
        db.session.commit()


@events.register_handler(*post_events("created", "published"))
def notify_of_new_posts(batch: list[events.Event]) -> None:
    """Notify followers of a new public post, and moderators of one that awaits approval."""
    _each(batch, _new_post, Post)


def _new_post(event: events.Event, post: Post) -> None:
    if post.author_id is not None and post.kind != "comment" and not post.is_deleted:
        actions.watch_by_taking_part(post.author_id, recipients.root_of(post).id, event.created_at)
    if post.is_public:
        _notify_of_post(event, post, recipients.of_new_post(post, event.created_at))
    elif post.status == PENDING and not post.is_deleted:
        actions.notify(
            recipients.of_moderators("queue"),
            cause=f"pending:{post.id}",
            event=event,
            post_id=post.id,
            actor_id=post.author_id,
            thread_id=post.id,
            data={"url": url_for("moderation.queue")},
        )


def _notify_of_post(event: events.Event, post: Post, members: dict[int, str]) -> None:
    actions.notify(
        members,
        cause=f"post:{post.id}",
        event=event,
        post_id=post.id,
        actor_id=post.author_id,
        thread_id=recipients.root_of(post).id,
    )


@events.register_handler(*post_events("revised"))
def notify_of_changed_posts(batch: list[events.Event]) -> None:
    """Notify members newly mentioned by an edit, and followers of a changed article."""
    _each(batch, _changed_post, Post)


def _changed_post(event: events.Event, post: Post) -> None:
    if not post.is_public:
        return
    _notify_of_post(event, post, recipients.of_changed_post(post))
    if post.kind == "article":
        actions.notify(
            recipients.of_revised_article(post, event.created_at),
            event=event,
            cause=f"post:{post.id}:{event.data['number']}",
            post_id=post.id,
            actor_id=event.actor_id,
            thread_id=post.id,
        )


@events.register_handler("answer.accepted")
def notify_of_acceptance(batch: list[events.Event]) -> None:
    """Notify the author of an accepted answer, once even if it is unaccepted and accepted again."""
    _each(batch, _accepted, Post)


def _accepted(event: events.Event, answer: Post) -> None:
    if answer.is_public and answer.accepted and answer.author_id is not None:
        actions.notify(
            {answer.author_id: "accepted"},
            cause=f"accepted:{answer.id}",
            event=event,
            post_id=answer.id,
            actor_id=event.actor_id,
            thread_id=answer.parent_id,
        )


@events.register_handler("suggestion.proposed", "suggestion.approved", "suggestion.rejected")
def notify_of_suggestions(batch: list[events.Event]) -> None:
    """Notify the author of a post of a suggested edit, and who suggested it of the decision."""
    _each(batch, _suggestion, Suggestion)


def _suggestion(event: events.Event, suggestion: Suggestion) -> None:
    post = db.session.get_one(Post, suggestion.post_id)
    is_new = event.name == "suggestion.proposed"
    recipient = post.author_id if is_new else suggestion.author_id
    if recipient is None or not post.is_public or suggestion.is_open != is_new:
        return
    actions.notify(
        {recipient: "edit"},
        cause=f"{event.name}:{suggestion.id}",
        event=event,
        post_id=post.id,
        actor_id=event.actor_id,
        thread_id=post.id,
        data={"suggestion": suggestion.id},
    )


@events.register_handler("flag.resolved")
def notify_flaggers(batch: list[events.Event]) -> None:
    """Notify the member who flagged of the outcome, without the moderator and without a link to the post."""
    for event in batch:
        if event.actor_id != event.data["flagger"]:
            actions.notify(
                {event.data["flagger"]: "flag"},
                cause=f"flag:{event.subject_id}",
                event=event,
                data={"outcome": event.data["outcome"], "answer": event.data["answer"]},
            )
        db.session.commit()


@events.register_handler("release.ending", "release.ended", "release.dates_changed")
def notify_of_releases(batch: list[events.Event]) -> None:
    """Notify followers and users of a release that its support ends soon, has ended, or changed dates."""
    _each(batch, _release, Release)


def _release(event: events.Event, release: Release) -> None:
    product = db.session.get_one(Product, release.product_id)
    if release.removed_at is None and product.removed_at is None:
        facts = {name: event.data[name] for name in ("days", "ends", "facts") if name in event.data}
        actions.notify(
            recipients.of_release(release, event.created_at),
            cause=f"{event.name}:{event.id}",
            event=event,
            product_id=product.id,
            actor_id=event.actor_id,
            data=facts | {"release": release.title},
        )


@events.register_handler("invitation.sent")
def notify_of_shared_inventories(batch: list[events.Event]) -> None:
    """Notify a member who is invited to an inventory."""
    _each(batch, _shared_inventory, Inventory)


def _shared_inventory(event: events.Event, inventory: Inventory) -> None:
    member_id = event.data["member"]
    membership = db.session.get(InventoryMember, (inventory.id, member_id), populate_existing=True)
    if membership is not None and membership.accepted_at is None:
        actions.notify(
            {member_id: "product"},
            cause=f"inventory:{inventory.id}",
            event=event,
            actor_id=event.actor_id,
            data={"url": url_for("inventory.inventories"), "reference": inventory.title},
        )


@events.register_handler("mail.refused")
def stop_addresses(batch: list[events.Event]) -> None:
    """Stop mail to an address that a mail server refused."""
    for event in batch:
        actions.stop_address(event.data["address"])
    db.session.commit()


@events.register_handler("user.erased")
def forget(batch: list[events.Event]) -> None:
    """Delete inbox, watches and preferences of erased accounts."""
    actions.forget(event.subject_id for event in batch if event.subject_id is not None)
    db.session.commit()
