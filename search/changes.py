"""Find documents that the index must update, as document keys."""

from collections.abc import Iterable
from datetime import datetime
from itertools import chain

from sqlalchemy import or_, select, union

from auth.models import User
from auth.queries import is_listed
from core.database.db import db, read_transaction
from core.database.models import Event
from posts import kinds
from posts.models import Post, PostTag, Revision, Tag
from search.documents import BATCH_SIZE, families, ids_in, key, public_keys

QUESTION_ONLY_EVENTS = (
    "voted",
    "closed",
    "reopened",
)  # do not change its answers


def affected_keys(events: Iterable[Event]) -> set[str]:
    """Keys of documents that the events may have changed: one for a vote, a whole thread for a deletion."""
    ids: dict[str, set[int]] = {}
    changed_posts: set[int] = set()  # whose answers and tags may have changed too
    for event in events:
        if event.subject_kind is None or event.subject_id is None:
            continue
        family = "post" if event.subject_kind in kinds.searchable() else event.subject_kind
        ids.setdefault(family, set()).add(event.subject_id)
        if family == "post" and event.name.split(".")[-1] not in QUESTION_ONLY_EVENTS:
            changed_posts.add(event.subject_id)
    posts = ids.get("post", set())
    parents = select(Post.parent_id).where(Post.id.in_(posts), Post.parent_id.is_not(None))
    answers = select(Post.id).where(Post.parent_id.in_(changed_posts), Post.kind.in_(kinds.searchable()))
    revisions = select(Revision.tags).where(Revision.post_id.in_(changed_posts))
    with read_transaction():
        found = _keys(post=db.session.scalars(parents)) | _keys(post=db.session.scalars(answers))
        tag_names = set(chain.from_iterable(db.session.scalars(revisions)))
        found |= _keys(tag=db.session.scalars(select(Tag.id).where(Tag.name.in_(tag_names))))
    return found | _keys(**{name: ids.get(name, ()) for name in ("post", "tag", "user", *families)})


def keys_changed_since(time: datetime) -> set[str]:
    """Keys of documents changed by events that are pending or were handled at or after `time` (UTC)."""
    with read_transaction():
        events = db.session.scalars(
            select(Event).where(or_(Event.done_at.is_(None), Event.done_at >= time))
        ).all()
    return set().union(
        *(affected_keys(events[start : start + BATCH_SIZE]) for start in range(0, len(events), BATCH_SIZE))
    )


def keys_out_of_sync(indexed: set[str]) -> set[str]:
    """Keys in which the database and `indexed` differ, and the keys of their parents."""
    found = public_keys() ^ indexed
    ids = ids_in(found, "post")
    with read_transaction():
        for start in range(0, len(ids), BATCH_SIZE):
            batch = ids[start : start + BATCH_SIZE]
            parents = select(Post.parent_id).where(Post.id.in_(batch), Post.parent_id.is_not(None))
            found |= _keys(post=db.session.scalars(parents))
    return found


def hidden_keys() -> set[str]:
    """Keys of documents that are no longer public but still indexed; to be left out of hits and counts.

    Usually there are no pending events, so that is checked first.
    """
    is_pending = (Event.done_at.is_(None), Event.subject_id.is_not(None))
    pending: dict[str, set[int]] = {}
    for kind, number in db.session.execute(select(Event.subject_kind, Event.subject_id).where(*is_pending)):
        if kind is not None and number is not None:
            pending.setdefault(kind, set()).add(number)
    if not pending:
        return set()
    about_posts = select(Event.subject_id).where(*is_pending, Event.subject_kind.in_(kinds.searchable()))
    hidden_posts = [  # two SELECTs, so that each uses an index of its own
        select(Post.id).where(~Post.is_public, column.in_(about_posts))
        for column in (Post.id, Post.parent_id)
    ]
    posts = db.session.scalars(union(*hidden_posts)).all()
    about = select(Event.subject_id).where(*is_pending)
    users = db.session.scalars(select(User.id).where(~is_listed(), User.id.in_(about)))
    tags: Iterable[int] = ()
    if posts:
        tags_of_posts = select(PostTag.tag_id).where(PostTag.post_id.in_(posts))
        tags = db.session.scalars(select(Tag.id).where(Tag.post_count == 0, Tag.id.in_(tags_of_posts)))
    return _keys(post=posts, tag=tags, user=users, **_hidden_in_families(pending))


def _hidden_in_families(pending: dict[str, set[int]]) -> dict[str, set[int]]:
    """Ids of other families, by family, that pending events are about and that are not visible."""
    hidden = {}
    for name, family in families.items():
        ids = pending.get(name, set())
        visible = select(family.model.id).where(family.condition, family.model.id.in_(ids))
        hidden[name] = ids - set(db.session.scalars(visible)) if ids else ids
    return hidden


def _keys(**ids: Iterable[int | None]) -> set[str]:
    """Keys of ids by family; None is left out."""
    return {key(family, number) for family, found in ids.items() for number in found if number is not None}
