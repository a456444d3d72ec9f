"""Redaction of posts: remove the text of a revision permanently and mask its copies. Nothing here commits.

Texts that a moderator names are masked everywhere. Otherwise the texts are what the revision contains and the
current version does not: passages and key-like words are masked everywhere, single rare words only near the
post.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import InstrumentedAttribute

from auth.conflicts import check_not_done
from auth.models import User
from auth.security_log import actions as security_log
from core import redaction
from core.database.db import db, utcnow
from core.jobs import events
from core.markup.markup import render
from core.redaction import MAX_CHARACTERS, MAX_TEXTS, MIN_CHARACTERS, Texts
from posts import kinds, locks
from posts.models import FactRevision, Post, PostLink, PostTag, Revision, Tag, VoteChange
from posts.slugs import slugify
from posts.suggestions.models import Suggestion

MIN_PASSAGE_WORDS = 4
MIN_KEY_CHARACTERS = 10
IDENTIFIER = re.compile(
    r"(?:cve|rb|ghsa|rhsa|usn|dsa|msrc|icsa)-[\w:-]+|kb\d+|v?\d[\d.]*[a-z]?\d*", re.IGNORECASE
)


def redact(
    revision: Revision, *, by: User, reason: str = "", words: Iterable[str] | None = None
) -> dict[str, int]:
    """Redact a revision and mask its copies; returns {table: changed rows}.

    `words` are the texts to mask (Invalid when too short or too many); None for what the revision contains
    and the current version does not. The newest revision is only masked, because it is the current text.
    Without words, an already redacted revision raises AlreadyDone, or changes nothing if `by` redacted it.
    """
    post = db.session.get_one(Post, revision.post_id)
    locks.lock(post)
    db.session.refresh(revision)
    if revision.redacted_at is not None and not words:
        check_not_done(revision, ["revision.redacted"], _("this revision is redacted."), by=by, url=post.url)
        return {}
    texts = texts_of(post, revision, words)
    is_old = revision.number != post.revision_count
    if is_old and revision.redacted_at is None:
        _clear(revision)
    security_log.record("revision_redacted", user=revision.author_id, actor=by, post=post.id)
    events.record("revision.redacted", subject=revision, actor=by, post_id=post.id, reason=reason)
    events.record(f"{post.kind}.redacted", subject=post, actor=by, reason=reason)
    db.session.flush()
    return redaction.apply(texts, by=by)


def split_lines(text: str | None) -> list[str] | None:
    """The lines of a form field, without empty ones; None when there are none."""
    found = [line.strip() for line in (text or "").splitlines() if line.strip()]
    return found or None


def _clear(revision: Revision) -> None:
    revision.title = revision.body = revision.summary = ""
    revision.tags = []
    revision.facts = None
    revision.redacted_at = utcnow()
    db.session.flush()
    _delete_comparisons(revision)


def texts_of(post: Post, revision: Revision, words: Iterable[str] | None = None) -> Texts:
    """The texts that a redaction of this revision masks, and near which posts."""
    ids = (post.id, *db.session.scalars(select(Post.id).where(Post.parent_id == post.id)))
    paths = (post.url.rsplit("/", 1)[0] + "/" if post.parent_id is None else post.url.split("#")[0],)
    everywhere, nearby = suspects(_text(revision), _text(post))
    if words is not None:
        everywhere = redaction.validate_texts(words)
    return Texts(everywhere, nearby, ids, paths)


def _text(text: Post | Revision) -> str:
    """Title, body, tags and summary of a post or revision as one text."""
    names = [tag if isinstance(tag, str) else tag.name for tag in text.tags]
    return "\n".join([text.title, text.body, " ".join(names), getattr(text, "summary", "")])


def suspects(old: str, current: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(texts to mask everywhere, words to mask near the post): what only the old text contains."""
    known = {_bare(word) for word in current.split()}
    everywhere: dict[str, None] = {}
    nearby: dict[str, None] = {}
    for line in old.splitlines():
        for passage in _passages(line.split(), known):
            words = [word for word in map(_stripped, passage) if len(word) >= MIN_CHARACTERS]
            rare = [word for word in words if _is_rare(word)]
            if rare and len(passage) >= MIN_PASSAGE_WORDS:
                everywhere[" ".join(passage)[:MAX_CHARACTERS]] = None
            everywhere |= dict.fromkeys(word for word in words if _is_key(word))
            nearby |= dict.fromkeys(rare)
    return tuple(everywhere)[:MAX_TEXTS], tuple(word for word in nearby if word not in everywhere)[:MAX_TEXTS]


def _passages(words: list[str], known: set[str]) -> Iterable[list[str]]:
    """Runs of words that the current text does not contain."""
    run: list[str] = []
    for word in words:
        if _bare(word) in known:
            if run:
                yield run
            run = []
        else:
            run.append(word)
    if run:
        yield run


def _stripped(word: str) -> str:
    return word.strip(".,;:!?()[]{}<>\"'`*_")


def _bare(word: str) -> str:
    return _stripped(word).casefold()


def _is_rare(word: str) -> bool:
    """Whether the form of a word suggests a name, number or key rather than everyday language."""
    inner = word[1:]
    return (
        any(c.isdigit() for c in word)
        or any(not c.isalnum() for c in word)
        or len(word) >= 12
        or (inner != inner.lower() and inner != inner.upper())
    )


def _is_key(word: str) -> bool:
    """Whether a word looks like a password or a key rather than a name or an identifier."""
    secret = word.rpartition("=")[2] or word
    return (
        len(secret) >= MIN_KEY_CHARACTERS
        and any(c.isdigit() for c in secret)
        and any(c.isalpha() for c in secret)
        and not IDENTIFIER.fullmatch(secret)
        and "://" not in word
    )


def _near(column: InstrumentedAttribute[int]) -> Callable[[Texts], ColumnElement[bool]]:
    return lambda texts: column.in_(texts.post_ids)


def _update_masked_post(post: Post, by: User) -> None:
    """Render the masked text and store it as a new revision."""
    body = render(post.body)
    post.body_html = body.html
    post.markup_version = body.version
    post.changed_at = utcnow()
    if not kinds.of(post).keeps_slug:
        post.slug = slugify(post.title)
    db.session.flush()
    last = db.session.scalar(
        select(Revision).where(Revision.post_id == post.id, Revision.number == post.revision_count)
    )
    if last is not None and (last.title, last.body) != (post.title, post.body):
        db.session.execute(
            update(Post)
            .where(Post.id == post.id)
            .values(revision_count=Post.revision_count + 1, edited_at=utcnow())
            .execution_options(synchronize_session=False)
        )
        db.session.refresh(post, ["revision_count", "edited_at"])
        db.session.add(
            Revision(
                post_id=post.id,
                number=post.revision_count,
                author_id=by.id,
                title=post.title,
                body=post.body,
                tags=last.tags,
                created_at=post.edited_at,
            )
        )
    record_redacted(post, by)


def _delete_comparisons(revision: Revision, by: User | None = None) -> None:
    """Delete stored comparisons, which are positions in the unmasked text."""
    db.session.execute(
        update(Revision)
        .where(
            Revision.post_id == revision.post_id, Revision.number.in_([revision.number, revision.number + 1])
        )
        .values(changes=None)
        .execution_options(synchronize_session=False)
    )


def _delete_comparison(suggestion: Suggestion, by: User) -> None:
    suggestion.changes = None


def record_redacted(post: Post, by: User) -> None:
    """Record the event that a post was masked, for index, caches and its author."""
    events.record(f"{post.kind}.redacted", subject=post, actor=by)


def _redact_tags(mask: redaction.Mask, by: Any) -> int:
    """Remove tags whose names contain a text to mask; returns how many."""
    rows = [
        tag
        for tag in db.session.scalars(select(Tag).where(mask.found_by(Tag.name)))
        if mask.apply(tag.name) != tag.name
    ]
    ids = [tag.id for tag in rows]
    for post in db.session.scalars(
        select(Post).join(PostTag, PostTag.post_id == Post.id).where(PostTag.tag_id.in_(ids))
    ):
        post.changed_at = utcnow()
        record_redacted(post, by)
    db.session.execute(db.delete(PostTag).where(PostTag.tag_id.in_(ids)))
    for tag in rows:
        events.record("tag.redacted", subject=tag, actor=by)
        db.session.delete(tag)
    return len(rows)


redaction.register_rows("tags", _redact_tags)
# Posts come before revisions, because _update_masked_post() adds a revision.
redaction.register_text(
    Post,
    "title",
    "body",
    "source_url",
    about=lambda texts: Post.id.in_(texts.post_ids),
    changed=_update_masked_post,
    derived=("body_html", "slug"),
)
redaction.register_text(
    Revision,
    "title",
    "body",
    "tags",
    "summary",
    "facts",
    about=_near(Revision.post_id),
    changed=_delete_comparisons,
)
redaction.register_without_text(Revision, "changes")  # positions
redaction.register_text(
    Suggestion,
    "title",
    "body",
    "tags",
    "summary",
    "reason",
    about=_near(Suggestion.post_id),
    changed=_delete_comparison,
    derived=("changes",),
)
redaction.register_text(FactRevision, "facts", "summary")
redaction.register_without_text(FactRevision, "thing_kind")
redaction.register_text(Tag, "excerpt")
redaction.register_without_text(
    Post,
    "kind",
    "status",
    "author_name",
    "license",
    "imported_from",
    "external_id",
    "language",
    "picture_key",
)
redaction.register_without_text(Tag, "name")  # _redact_tags() removes the tags
redaction.register_without_text(PostTag, "kind")
redaction.register_without_text(PostLink, "kind")
redaction.register_without_text(Suggestion, "outcome")
redaction.register_without_text(VoteChange, "post_kind", "reason")
