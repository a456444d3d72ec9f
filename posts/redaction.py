"""Redaction of posts: a revision closes for good, and what it held is masked in all copies.

A moderator may name the texts to mask; they are masked everywhere. Else they are what the revision holds and
the present text does not: passages and what looks like a key are masked everywhere, single rare words in what
belongs to the post. Nothing here commits.
"""

import re
from collections.abc import Callable, Iterable

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
from posts.models import FactRevision, Post, PostLink, PostTag, Revision, Suggestion, Tag, VoteChange
from posts.slugs import slugify

MIN_PASSAGE_WORDS = 4
MIN_KEY_CHARACTERS = 10
IDENTIFIER = re.compile(
    r"(?:cve|rb|ghsa|rhsa|usn|dsa|msrc|icsa)-[\w:-]+|kb\d+|v?\d[\d.]*[a-z]?\d*", re.IGNORECASE
)


def redact(
    revision: Revision, *, by: User, reason: str = "", words: Iterable[str] | None = None
) -> dict[str, int]:
    """Close a revision and mask its copies; returns how many rows changed, by table.

    `words` are the texts to mask (Invalid when they are too short or too many), None for what the revision
    holds and the present text does not. The newest revision, which is the present text, is masked and does
    not close. When the revision is closed already and no words are given, raises AlreadyDone, and does
    nothing if `by` closed it.
    """
    post = db.session.get(Post, revision.post_id)
    locks.lock(post)
    db.session.refresh(revision)
    if revision.redacted_at is not None and not words:
        check_not_done(revision, ["revision.redacted"], _("this revision is redacted."), by=by, url=post.url)
        return {}
    texts = texts_of(post, revision, words)
    is_old = revision.number != post.revision_count
    if is_old and revision.redacted_at is None:
        _close(revision)
    security_log.record("revision_redacted", user=revision.author_id, actor=by, post=post.id)
    events.record("revision.redacted", subject=revision, actor=by, post_id=post.id, reason=reason)
    events.record(f"{post.kind}.redacted", subject=post, actor=by, reason=reason)
    db.session.flush()
    return redaction.apply(texts, by=by)


def lines(text: str | None) -> list[str] | None:
    """The texts in a field of a form, one a line; None when nobody has said."""
    found = [line.strip() for line in (text or "").splitlines() if line.strip()]
    return found or None


def _close(revision: Revision) -> None:
    revision.title = revision.body = revision.summary = ""
    revision.tags, revision.facts, revision.redacted_at = [], None, utcnow()
    db.session.flush()
    _forget_changes(revision, None)


def texts_of(post: Post, revision: Revision, words: Iterable[str] | None = None) -> Texts:
    """What a redaction of this revision masks, and near which posts."""
    ids = (post.id, *db.session.scalars(select(Post.id).where(Post.parent_id == post.id)))
    paths = (post.url.rsplit("/", 1)[0] + "/" if post.parent_id is None else post.url.split("#")[0],)
    everywhere, nearby = suspects(_text(revision), _text(post))
    if words is not None:
        everywhere = redaction.checked(words)
    return Texts(everywhere, nearby, ids, paths)


def _text(text: Post | Revision) -> str:
    """All that people wrote in a post or a revision."""
    names = [tag if isinstance(tag, str) else tag.name for tag in text.tags]
    return "\n".join([text.title, text.body, " ".join(names), getattr(text, "summary", "")])


def suspects(old: str, present: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(texts to mask everywhere, words to mask near the post): what only the old text holds."""
    known = {_bare(word) for word in present.split()}
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
    """Runs of words that the present text does not have."""
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
    """Whether a word is none of everyday language, as far as its form says."""
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


def _follow_post(post: Post, by: User) -> None:
    """What is made of the text; the present text with its masks is a new revision."""
    body = render(post.body)
    post.body_html, post.markup_version, post.changed_at = body.html, body.version, utcnow()
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
    announce(post, by)


def _forget_changes(revision: Revision, by: User) -> None:
    """Stored comparisons hold positions in the text as it was."""
    db.session.execute(
        update(Revision)
        .where(
            Revision.post_id == revision.post_id, Revision.number.in_([revision.number, revision.number + 1])
        )
        .values(changes=None)
        .execution_options(synchronize_session=False)
    )


def _forget_comparison(suggestion: Suggestion, by: User) -> None:
    suggestion.changes = None


def announce(post: Post, by: User) -> None:
    """Let the index, caches and its author know that a post was masked."""
    events.record(f"{post.kind}.redacted", subject=post, actor=by)


def _redact_tags(mask: redaction.Mask, by: User) -> int:
    """Tags whose names hold a text are taken from posts and removed."""
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
        announce(post, by)
    db.session.execute(db.delete(PostTag).where(PostTag.tag_id.in_(ids)))
    for tag in rows:
        events.record("tag.redacted", subject=tag, actor=by)
        db.session.delete(tag)
    return len(rows)


redaction.register_rows("tags", _redact_tags)
# The present text comes before the revisions: what _follow_post() adds is what it should be.
redaction.register_text(
    Post,
    "title",
    "body",
    "source_url",
    about=lambda texts: Post.id.in_(texts.post_ids),
    changed=_follow_post,
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
    changed=_forget_changes,
)
redaction.register_without_text(Revision, "changes")  # positions, no words
redaction.register_text(
    Suggestion,
    "title",
    "body",
    "tags",
    "summary",
    "reason",
    about=_near(Suggestion.post_id),
    changed=_forget_comparison,
    derived=("changes",),
)
redaction.register_text(FactRevision, "facts", "summary")
redaction.register_without_text(FactRevision, "thing_kind")
redaction.register_text(Tag, "excerpt")
redaction.register_without_text(
    Post, "kind", "status", "author_name", "license", "imported_from", "external_id"
)
redaction.register_without_text(Tag, "name")  # _redact_tags() removes them
redaction.register_without_text(PostTag, "kind")
redaction.register_without_text(PostLink, "kind")
redaction.register_without_text(Suggestion, "outcome")
redaction.register_without_text(VoteChange, "post_kind", "reason")
