"""Writes of the knowledge base: write, edit, publish, verify, feedback. Nothing here commits."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from flask_babel import gettext as _
from sqlalchemy import func, select, update

from auth import reputation
from auth.conflicts import check_not_done, name_of
from auth.reputation import POINTS, Entitlement
from core.database import versions
from core.database.db import db, utcnow
from core.database.versions import Expected
from core.jobs import events
from core.markup.markup import Rendered, render
from core.web.conflicts import AlreadyDone
from core.web.forms import Invalid
from kb import steps
from kb.models import Article, ArticleFeedback
from posts import actions as posts
from posts import locks, visibility
from posts.models import DRAFT, PUBLISHED
from posts.revisions import history
from posts.revisions.history import State

FACTS = ("layer", "summary", "applies_to")
UNKNOWN = "unknown"  # in place of a digest: what was verified is not kept


def write(
    title: str,
    body: Rendered,
    *,
    layer: str,
    by,
    tags: Iterable[str] = (),
    summary: str = "",
    applies_to: Iterable[str] = (),
) -> Article:
    """Begin an article, as a draft."""
    article = Article(
        title=title, author_id=by.id, status=DRAFT, layer=layer, summary=summary, applies_to=list(applies_to)
    )
    return posts.create(article, body, tags=tags)


def edit(
    article: Article,
    body: Rendered,
    *,
    by,
    title: str,
    tags: Iterable[str],
    change: str = "",
    expected: Expected = None,
    **facts,
) -> None:
    """Change text and FACTS, as one revision. Raises versions.Stale."""
    was = posts.begin_edit(article, expected)
    for name in FACTS:
        if name in facts:
            setattr(article, name, facts[name])
    posts.revise(article, body, by=by, title=title, tags=tags, summary=change, was=was)


def facts_of(article: Article) -> dict:
    """FACTS as they are, for its revisions."""
    return {name: getattr(article, name) for name in FACTS}


def restore(article: Article, state: State, *, by, summary: str, expected: Expected = None) -> None:
    """Make text and facts of an old revision the present ones."""
    edit(
        article,
        render(state.body),
        by=by,
        title=state.title,
        tags=state.tags,
        change=summary,
        expected=expected,
        **state.facts,
    )


def refresh_verification(article: Article) -> None:
    """Say whether steps, commands and what it applies to are still those that were verified."""
    if article.verified_on is None:
        return
    if not article.verified_digest:
        state = history.at(article, article.verified_revision or 1)
        is_known = state is not None and state.facts is not None
        article.verified_digest = steps.digest(state.body, state.facts["applies_to"]) if is_known else UNKNOWN
    article.changed_since_verified = article.verified_digest != _digest(article)


def _digest(article: Article) -> str:
    return steps.digest(article.body, article.applies_to)


def publish(article: Article, *, by) -> None:
    """Make an article public; its author is credited the first time only.

    Raises AlreadyDone when somebody else has published or removed it.
    """
    if posts.publish(article, by=by) is None:
        if article.is_deleted:
            check_not_done(
                article, ["article.deleted"], _("this article is removed."), by=by, url=article.url
            )
        else:
            check_not_done(
                article, ["article.published"], _("this article is published."), by=by, url=article.url
            )
        return
    if article.published_at is not None:
        return
    article.published_at, article.credited_id = utcnow(), article.author_id
    reputation.lock([article.credited_id])
    _turn_credit(article, by)


def unpublish(article: Article, *, by) -> None:
    """Take an article back to a draft; what its first publishing gave stays. Raises AlreadyDone."""
    locks.lock_thread(article)
    if article.status != PUBLISHED:
        check_not_done(
            article, ["article.unpublished"], _("this article is a draft again."), by=by, url=article.url
        )
        return
    article.status = DRAFT
    visibility.refresh(article)
    posts.recount_tags(tag.name for tag in article.tags)
    events.record("article.unpublished", subject=article, actor=by)


def republish(article: Article, *, by) -> None:
    """Undo unpublish(): the article is public as it was, without points."""
    posts.publish(article, by=by)


def set_dates(article: Article, created_at: datetime, edited_at: datetime | None) -> None:
    """Give an imported article the dates of its source, also beside its tags, which repeat them."""
    article.created_at, article.edited_at = created_at, edited_at or article.edited_at
    article.last_activity_at = edited_at or created_at
    db.session.flush()
    posts.repeat_dates(article)


def article_deleted(article: Article, *, by) -> None:
    """A removed article takes the points of its publishing with it."""
    if article.credit_turns % 2:
        _turn_credit(article, by)


def article_restored(article: Article, *, by) -> None:
    """A restored article gives them again."""
    if article.credit_turns and not article.credit_turns % 2:
        _turn_credit(article, by)


def credited_members(article: Article) -> list[int | None]:
    """Whose reputation the two above change."""
    return [article.credited_id]


def verify(
    article: Article,
    *,
    by,
    on: date | None,
    build: str = "",
    expected: Expected = None,
    seen: str | None = None,
) -> None:
    """Record that `by` followed the steps of the current revision on a day and a build; no day withdraws it.

    `seen` is verification() as `by` knew it. What `by` sends twice is done once. Raises Invalid for a day to
    come, versions.Stale when the revision is another than `by` looked at, AlreadyDone when somebody else has
    verified since, or the same.
    """
    locks.lock(article)
    versions.require(article, expected)
    if on is not None and on > utcnow().date():
        raise Invalid(
            {
                "verified_on": [
                    _(
                        "This day is still to come. Write the day on which the steps were "
                        "followed, today (%(today)s, UTC) or before.",
                        today=utcnow().date().isoformat(),
                    )
                ]
            }
        )
    is_same = (article.verified_on, article.verified_build) == (on, build if on else "")
    if is_same and article.verified_by_id == (by.id if on else None) and not article.changed_since_verified:
        return
    if (is_same and not article.changed_since_verified) or (
        seen is not None and seen != verification_state(article) and article.verified_by_id != by.id
    ):
        check_not_done(
            article,
            ["article.verified"],
            _("this article is verified, or no longer."),
            by=by,
            url=article.url,
        )
        return
    article.verified_on, article.verified_build = on, build if on else ""
    article.verified_by_id = by.id if on else None
    article.verified_by_name = by.display_name if on else ""
    article.verified_revision = article.revision_count if on else None
    article.verified_digest = _digest(article) if on else ""
    article.changed_since_verified = False
    db.session.flush()
    events.record("article.verified", subject=article, actor=by)


def record_feedback(article: Article, helpful: bool, *, by, note: str = "") -> None:
    """Record one member's answer, replacing the one before, and set the counts."""
    locks.lock(article)
    row = db.session.scalar(
        select(ArticleFeedback).where(
            ArticleFeedback.article_id == article.id, ArticleFeedback.user_id == by.id
        )
    )
    if row is None:
        row = ArticleFeedback(article_id=article.id, user_id=by.id)
        db.session.add(row)
    is_news = bool(note) and note != row.note
    row.helpful, row.note = helpful, note
    if is_news:
        row.created_at, row.read_at, row.read_by_id = utcnow(), None, None
    db.session.flush()
    counts = [
        select(func.count()).where(ArticleFeedback.article_id == article.id, said).scalar_subquery()
        for said in (ArticleFeedback.helpful, ~ArticleFeedback.helpful)
    ]
    db.session.execute(
        update(Article.__table__)
        .where(Article.__table__.c.id == article.id)
        .values(helpful_count=counts[0], unhelpful_count=counts[1])
    )
    db.session.refresh(article, ["helpful_count", "unhelpful_count"])
    events.record("article.rated", subject=article, actor=by, has_note=is_news)


def verification_state(article: Article) -> str:
    """What an article says of its verification, to tell whether it changed."""
    return f"{article.verified_on or ''}|{article.verified_build}|{article.verified_by_id or ''}"


def mark_read(row: ArticleFeedback, *, by) -> None:
    """A moderator has dealt with what a reader said. Raises AlreadyDone when somebody else has."""
    locks.lock(db.session.get(Article, row.article_id))
    db.session.refresh(row, ["read_at", "read_by_id"])
    if row.read_at is None:
        row.read_at, row.read_by_id = utcnow(), by.id
    elif row.read_by_id != by.id:
        raise AlreadyDone(
            _("this note is dealt with."),
            who=name_of(row.read_by_id),
            at=row.read_at,
            url="/articles/feedback",
        )


def _turn_credit(article: Article, by) -> None:
    """Give the points of publishing, or take them back if they stand. The caller holds the author."""
    if article.credited_id is None:
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


def _entitlements(article_id: int, user_id: int, at, turns: int) -> Iterator[Entitlement]:
    """Given, taken back, given again: each turn after the first undoes or repeats the one before."""
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
        .execution_options(**reputation.STREAM)
    ):
        yield from _entitlements(*row)
