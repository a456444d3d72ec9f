"""Writes of the knowledge base: write, edit, publish, verify, give feedback. Nothing here commits."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime

from flask_babel import gettext as _
from sqlalchemy import func, select, update

from auth import reputation
from auth.conflicts import check_not_done, name_of
from auth.models import User, Visitor
from auth.reputation import POINTS, Entitlement
from core.database import versions
from core.database.db import db, utcnow
from core.database.versions import Expected
from core.jobs import events
from core.markup import markup
from core.markup.markup import Rendered, render
from core.web.conflicts import AlreadyDone
from core.web.forms import Invalid
from core.web.site import path_to
from kb.models import Article, ArticleFeedback
from posts import actions as posts
from posts import locks, visibility
from posts.models import DRAFT, PUBLISHED
from posts.revisions import history
from posts.revisions.history import State
from posts.tags import actions as tag_actions

ARTICLE_FACTS = ("layer", "summary", "applies_to")
UNKNOWN_DIGEST = "unknown"  # the text of the verified revision is not stored


def write(
    title: str,
    body: Rendered,
    *,
    layer: str,
    by: User,
    tags: Iterable[str] = (),
    summary: str = "",
    applies_to: Iterable[str] = (),
) -> Article:
    """Create an article as a draft. Raises TooMany beyond the limit for posts."""
    posts.limit_posting(by)
    article = Article(
        title=title, author_id=by.id, status=DRAFT, layer=layer, summary=summary, applies_to=list(applies_to)
    )
    posts.create(article, body, tags=tags)
    return article


def edit(
    article: Article,
    body: Rendered,
    *,
    by: User,
    title: str,
    tags: Iterable[str],
    change: str = "",
    expected: Expected = None,
    **facts: object,
) -> None:
    """Change text and ARTICLE_FACTS, as one revision. Raises versions.Stale."""
    was = posts.begin_edit(article, expected)
    for name in ARTICLE_FACTS:
        if name in facts:
            setattr(article, name, facts[name])
    posts.revise(article, body, by=by, title=title, tags=tags, summary=change, old_facts=was)


def facts_of(article: Article) -> dict:
    """The current ARTICLE_FACTS, for revisions."""
    return {name: getattr(article, name) for name in ARTICLE_FACTS}


def restore(article: Article, state: State, *, by: User, summary: str, expected: Expected = None) -> None:
    """Restore text and facts of an old revision. Raises versions.Stale."""
    edit(
        article,
        render(state.body),
        by=by,
        title=state.title,
        tags=state.tags,
        change=summary,
        expected=expected,
        **(state.facts or {}),
    )


def refresh_verification(article: Article) -> None:
    """Set `changed_since_verified`: whether steps, commands or `applies_to` differ from the verified ones."""
    if article.verified_on is None:
        return
    if not article.verified_digest:
        state = history.at_number(article, article.verified_revision or 1)
        if state is not None and state.facts is not None:
            article.verified_digest = instructions_digest(state.body, state.facts["applies_to"])
        else:
            article.verified_digest = UNKNOWN_DIGEST
    article.changed_since_verified = article.verified_digest != _digest(article)


def instructions_digest(body: str, applies_to: Iterable[str]) -> str:
    """A digest of the instructions of an article (code, steps, tables, headings) and of its products.

    Verifiers followed these; a change of other text, such as a typo in the prose, leaves an article verified.
    """
    parts = [*markup.instructions(body), "applies to", *applies_to]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _digest(article: Article) -> str:
    return instructions_digest(article.body, article.applies_to)


def publish(article: Article, *, by: User) -> None:
    """Publish an article; its author gets points for the first publication only.

    Raises AlreadyDone when somebody else has published or removed it.
    """
    if posts.publish(article, by=by) is None:
        if article.is_deleted:
            check_not_done(
                article, ["article.deleted"], _("this article is deleted."), by=by, url=article.url
            )
        else:
            check_not_done(
                article, ["article.published"], _("this article is published."), by=by, url=article.url
            )
        return
    if article.published_at is not None:
        return
    article.published_at = utcnow()
    article.credited_id = article.author_id
    reputation.lock([article.author_id] if article.author_id is not None else [])
    _toggle_credit(article, by)


def unpublish(article: Article, *, by: User | Visitor) -> None:
    """Make an article a draft again; its author keeps the points. Raises AlreadyDone."""
    locks.lock_thread(article)
    if article.status != PUBLISHED:
        check_not_done(
            article, ["article.unpublished"], _("this article is unpublished."), by=by, url=article.url
        )
        return
    article.status = DRAFT
    visibility.refresh(article)
    tag_actions.recount_tags(tag.name for tag in article.tags)
    events.record("article.unpublished", subject=article, actor=by)


def republish(article: Article, *, by: User | Visitor) -> None:
    """Undo unpublish(), without awarding points."""
    posts.publish(article, by=by)


def set_dates(article: Article, created_at: datetime, edited_at: datetime | None) -> None:
    """Set the dates (UTC) of an imported article, also in its tags, which repeat them."""
    article.created_at = created_at
    article.edited_at = edited_at or article.edited_at
    article.last_activity_at = edited_at or created_at
    db.session.flush()
    tag_actions.copy_dates_to_tags(article)


def article_deleted(article: Article, *, by: User) -> None:
    """Reverse the points for the publication of a deleted article."""
    if article.credit_turns % 2:
        _toggle_credit(article, by)


def article_restored(article: Article, *, by: User) -> None:
    """Award the points for the publication of an undeleted article again."""
    if article.credit_turns and not article.credit_turns % 2:
        _toggle_credit(article, by)


def credited_members(article: Article) -> list[int | None]:
    """Ids of the members whose reputation article_deleted() and article_restored() change."""
    return [article.credited_id]


def verify(
    article: Article,
    *,
    by: User,
    on: date | None,
    build: str = "",
    expected: Expected = None,
    seen: str | None = None,
) -> None:
    """Record that `by` followed the steps of the current revision on a day (UTC) and a build; None withdraws.

    `seen` is the verification_state() that the page of `by` showed. The same request twice has one effect.
    Raises Invalid for a future day, versions.Stale when the revision differs from the `expected` one, and
    AlreadyDone when somebody else has verified the article since, or in the same way.
    """
    locks.lock(article)
    versions.require(article, expected)
    if on is not None and on > utcnow().date():
        message = _(
            "This date is in the future. Enter the day when the steps were "
            "followed: today (%(today)s, UTC) or earlier.",
            today=utcnow().date().isoformat(),
        )
        raise Invalid({"verified_on": [message]})
    is_same = (article.verified_on, article.verified_build) == (on, build if on else "")
    if is_same and article.verified_by_id == (by.id if on else None) and not article.changed_since_verified:
        return
    if (is_same and not article.changed_since_verified) or (
        seen is not None and seen != verification_state(article) and article.verified_by_id != by.id
    ):
        check_not_done(
            article,
            ["article.verified"],
            _("the verification of this article was changed."),
            by=by,
            url=article.url,
        )
        return
    article.verified_on = on
    article.verified_build = build if on else ""
    article.verified_by_id = by.id if on else None
    article.verified_by_name = by.display_name if on else ""
    article.verified_revision = article.revision_count if on else None
    article.verified_digest = _digest(article) if on else ""
    article.changed_since_verified = False
    db.session.flush()
    events.record("article.verified", subject=article, actor=by)


def record_feedback(article: Article, helpful: bool, *, by: User, note: str = "") -> None:
    """Record a member's answer, which replaces an earlier one, and set the counts."""
    locks.lock(article)
    row = db.session.scalar(
        select(ArticleFeedback).where(
            ArticleFeedback.article_id == article.id, ArticleFeedback.user_id == by.id
        )
    )
    if row is None:
        row = ArticleFeedback(article_id=article.id, user_id=by.id)
        db.session.add(row)
    is_new_note = bool(note) and note != row.note
    row.helpful = helpful
    row.note = note
    if is_new_note:
        row.created_at = utcnow()
        row.read_at = None
        row.read_by_id = None
    db.session.flush()
    counts = [
        select(func.count()).where(ArticleFeedback.article_id == article.id, condition).scalar_subquery()
        for condition in (ArticleFeedback.helpful, ~ArticleFeedback.helpful)
    ]
    db.session.execute(
        update(Article.__table__)
        .where(Article.__table__.c.id == article.id)
        .values(helpful_count=counts[0], unhelpful_count=counts[1])
    )
    db.session.refresh(article, ["helpful_count", "unhelpful_count"])
    events.record("article.rated", subject=article, actor=by, has_note=is_new_note)


def verification_state(article: Article) -> str:
    """The verification of an article as a string, to detect whether it changed."""
    return f"{article.verified_on or ''}|{article.verified_build}|{article.verified_by_id or ''}"


def mark_read(row: ArticleFeedback, *, by: User) -> None:
    """Mark a note as read by a moderator. Raises AlreadyDone when somebody else has."""
    locks.lock(db.session.get_one(Article, row.article_id))
    db.session.refresh(row, ["read_at", "read_by_id"])
    if row.read_at is None:
        row.read_at = utcnow()
        row.read_by_id = by.id
    elif row.read_by_id != by.id:
        raise AlreadyDone(
            _("this feedback is resolved."),
            who=name_of(row.read_by_id),
            at=row.read_at,
            url=path_to("kb.feedback_list"),
        )


def _toggle_credit(article: Article, by: User) -> None:
    """Award the points for publication, or reverse them if awarded. The caller has locked the author."""
    if article.credited_id is None or article.published_at is None:
        return
    article.credit_turns += 1
    db.session.flush()
    *_, item = _entitlements(article.id, article.credited_id, article.published_at, article.credit_turns)
    if item.reverses is not None:
        reputation.reverse(item.reverses, by_cause=item.cause, actor_id=by.id)
    else:
        reputation.award(
            item.user_id, item.kind, cause=item.cause, source=article.id, actor_id=by.id, day=item.day
        )


def _entitlements(article_id: int, user_id: int, at: datetime, turns: int) -> Iterator[Entitlement]:
    """The award for publication, then alternately its reversal and another award, `turns` in all."""
    for turn in range(turns):
        cause = f"publish:{article_id}:{turn}"
        yield Entitlement(
            cause,
            user_id,
            "article_published",
            POINTS["article_published"],
            at.date(),
            reverses=f"publish:{article_id}:{turn - 1}" if turn % 2 else None,
        )


@reputation.register_source
def _replay(first: int, last: int) -> Iterator[Entitlement]:
    for row in db.session.execute(
        select(Article.id, Article.credited_id, Article.published_at, Article.credit_turns)
        .where(Article.credit_turns > 0, Article.credited_id.between(first, last))
        .order_by(Article.id)
        .execution_options(**reputation.STREAM_OPTIONS)
    ):
        yield from _entitlements(*row)
