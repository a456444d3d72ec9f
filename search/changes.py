"""What the index has not heard of, or must hear again; all as keys of documents."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import or_, select, union

from auth.models import User
from auth.queries import is_listed
from core.database.db import db, read_transaction
from core.database.models import Event
from posts import kinds
from posts.models import Post, PostTag, Revision, Tag
from search.documents import SLICE, families, key, keys, numbers

ALONE = ("voted", "closed", "reopened")  # news of a question that change nothing about its answers


def touched(events: Iterable[Event]) -> set[str]:
    """What these events may have changed: little for a vote, a whole thread for a deletion."""
    events = [event for event in events if event.subject_id is not None]
    posts = {event.subject_id for event in events if event.subject_kind in kinds.searchable()}
    tops = {
        event.subject_id
        for event in events
        if event.subject_id in posts and event.name.split(".")[-1] not in ALONE
    }
    with read_transaction():
        posts |= set(
            db.session.scalars(select(Post.parent_id).where(Post.id.in_(posts), Post.parent_id.is_not(None)))
        )
        posts |= set(
            db.session.scalars(
                select(Post.id).where(Post.parent_id.in_(tops), Post.kind.in_(kinds.searchable()))
            )
        )
        names = {
            name
            for tags in db.session.scalars(select(Revision.tags).where(Revision.post_id.in_(tops)))
            for name in tags
        }
        tags = set(db.session.scalars(select(Tag.id).where(Tag.name.in_(names))))
    tags |= {event.subject_id for event in events if event.subject_kind == "tag"}
    others = {
        name: {event.subject_id for event in events if event.subject_kind == name}
        for name in ("user", *families)
    }
    return _keys(post=posts, tag=tags, **others)


def since(moment: datetime) -> set[str]:
    """What changed and may have gone into another index: events heard since `moment` or still waiting."""
    with read_transaction():
        events = db.session.scalars(
            select(Event).where(or_(Event.done_at.is_(None), Event.done_at >= moment))
        ).all()
    return set().union(*(touched(events[start : start + SLICE]) for start in range(0, len(events), SLICE)))


def differing(indexed: set[str]) -> set[str]:
    """What the index lacks or has too much, and what that stands under."""
    found = keys() ^ indexed
    ids = numbers(found, "post")
    with read_transaction():
        for start in range(0, len(ids), SLICE):
            found |= _keys(
                post=db.session.scalars(
                    select(Post.parent_id).where(
                        Post.id.in_(ids[start : start + SLICE]), Post.parent_id.is_not(None)
                    )
                )
            )
    return found


def hidden() -> set[str]:
    """What is not public any more and the index has not heard of: no hit and no count may include it.

    Mostly nothing waits, and that is asked first.
    """
    heard = (Event.done_at.is_(None), Event.subject_id.is_not(None))
    waiting: dict[str, set[int]] = {}
    for kind, number in db.session.execute(select(Event.subject_kind, Event.subject_id).where(*heard)):
        waiting.setdefault(kind, set()).add(number)
    if not waiting:
        return set()
    about = select(Event.subject_id).where(*heard, Event.subject_kind.in_(kinds.searchable()))
    posts = list(
        db.session.scalars(
            union(
                *(  # each by an index of its own
                    select(Post.id).where(~Post.is_public, column.in_(about))
                    for column in (Post.id, Post.parent_id)
                )
            )
        )
    )
    users = db.session.scalars(
        select(User.id).where(~is_listed(), User.id.in_(select(Event.subject_id).where(*heard)))
    )
    tags = (
        db.session.scalars(
            select(Tag.id).where(
                Tag.post_count == 0, Tag.id.in_(select(PostTag.tag_id).where(PostTag.post_id.in_(posts)))
            )
        )
        if posts
        else ()
    )
    return _keys(post=posts, tag=tags, user=users, **_hidden_families(waiting))


def _hidden_families(waiting: dict[str, set[int]]) -> dict[str, set[int]]:
    """Ids of other things that waiting events are about and nobody may see any more."""
    gone = {}
    for name, family in families.items():
        ids = waiting.get(name, set())
        shown = select(family.model.id).where(family.statement.whereclause, family.model.id.in_(ids))
        gone[name] = ids - set(db.session.scalars(shown)) if ids else ids
    return gone


def _keys(**ids: Iterable[int]) -> set[str]:
    return {key(family, number) for family, found in ids.items() for number in found}
