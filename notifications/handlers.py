"""Hears what happened and fills inboxes. A repeat finds the lines there (actions.tell) and adds none."""

from collections.abc import Callable

from flask import url_for

from core.database.db import db
from core.jobs import events
from notifications import actions, recipients
from posts.models import PENDING, Post, Suggestion
from products.models import Product, Release

KINDS = ("question", "answer", "comment", "article", "bulletin")


def _named(*verbs: str) -> list[str]:
    return [f"{kind}.{verb}" for kind in KINDS for verb in verbs]


def _each(batch: list[events.Event], tell: Callable, entity=Post) -> None:
    """tell(event, subject) for every event whose subject is still there; an event at a time is kept."""
    for event in batch:
        subject = db.session.get(entity, event.subject_id, populate_existing=True)
        if subject is not None:
            tell(event, subject)
        db.session.commit()


@events.register_handler(*_named("created", "published"))
def tell_of_new_posts(batch: list[events.Event]) -> None:
    """A post appeared: at once, or when a moderator approved it. Of one that waits moderators are told."""
    _each(batch, _new_post)


def _new_post(event, post: Post) -> None:
    if post.author_id is not None and post.kind != "comment" and not post.is_deleted:
        actions.watch_by_taking_part(post.author_id, recipients.root_of(post).id, event.created_at)
    if post.is_public:
        _tell_of_post(event, post, recipients.of_new_post(post, event.created_at))
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


def _tell_of_post(event, post: Post, heard: dict[int, str]) -> None:
    actions.notify(
        heard,
        cause=f"post:{post.id}",
        event=event,
        post_id=post.id,
        actor_id=post.author_id,
        thread_id=recipients.root_of(post).id,
    )


@events.register_handler(*_named("revised"))
def tell_of_changed_posts(batch: list[events.Event]) -> None:
    """A text was edited: it may call somebody now; a watched article has changed."""
    _each(batch, _changed_post)


def _changed_post(event, post: Post) -> None:
    if not post.is_public:
        return
    _tell_of_post(event, post, recipients.of_changed_post(post))
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
def tell_of_acceptance(batch: list[events.Event]) -> None:
    """The asker accepted an answer; that it was taken back and given again is no news."""
    _each(batch, _accepted)


def _accepted(event, answer: Post) -> None:
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
def tell_of_suggestions(batch: list[events.Event]) -> None:
    """An edit was proposed to an author, or decided for its proposer."""
    _each(batch, _suggestion, Suggestion)


def _suggestion(event, suggestion: Suggestion) -> None:
    post = db.session.get(Post, suggestion.post_id)
    is_new = event.name == "suggestion.proposed"
    reader = post.author_id if is_new else suggestion.author_id
    if reader is None or not post.is_public or suggestion.is_open != is_new:
        return
    actions.notify(
        {reader: "edit"},
        cause=f"{event.name}:{suggestion.id}",
        event=event,
        post_id=post.id,
        actor_id=event.actor_id,
        thread_id=post.id,
        data={"suggestion": suggestion.id},
    )


@events.register_handler("flag.resolved")
def tell_flaggers(batch: list[events.Event]) -> None:
    """What became of a flag; who decided is not told, nor is the post linked: it may be gone."""
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
def tell_of_releases(batch: list[events.Event]) -> None:
    """The support of something watched or run ends soon, has ended, or ends on another day."""
    _each(batch, _release, Release)


def _release(event, release: Release) -> None:
    product = db.session.get(Product, release.product_id)
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


@events.register_handler("mail.refused")
def stop_addresses(batch: list[events.Event]) -> None:
    """Nobody is at an address: it gets no more news."""
    for event in batch:
        actions.stop_address(event.data["address"])
    db.session.commit()


@events.register_handler("user.erased")
def forget(batch: list[events.Event]) -> None:
    """Inbox, watches and choices go with the account."""
    actions.forget(event.subject_id for event in batch)
    db.session.commit()
