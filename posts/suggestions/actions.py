"""Writes of suggested edits: propose, withdraw, approve, improve, reject. Nothing here commits.

The post's row is taken first, so that of two who decide at once the second finds it decided.
"""

from flask_babel import gettext as _
from sqlalchemy import func, select

from auth.conflicts import name_of
from auth.models import User
from core.database.db import db, utcnow
from core.jobs import events
from core.markup.markup import Rendered
from core.web.forms import Invalid
from posts import actions, credits, kinds, locks, tag_actions
from posts.models import Post, Revision, Suggestion
from posts.text_limits import check_edit

APPROVED, REJECTED, WITHDRAWN = "approved", "rejected", "withdrawn"
PROPOSAL = ("outcome", "created_at", "base_number", "title", "body", "tags", "summary")
OPEN_AT_ONCE = 5  # so that nobody holds up the edits of many posts


class SuggestionRefused(Invalid):
    """The proposal cannot be made or decided now; the message says why."""

    def __init__(self, message: str) -> None:
        super().__init__({"_": [message]})


def propose(
    post: Post, body: Rendered, *, by: User, base_number: int, title: str, tags: list[str], summary: str
) -> Suggestion:
    """Propose a new text for `post`, or change one's open proposal.

    Raises SuggestionRefused when the post is newer than `base_number`, another's proposal waits,
    nothing changes or too many of one's own wait; Invalid for a tag that `by` may not make, and outside
    the limits of its kind.
    """
    locks.lock(post)
    before = sorted(tag.name for tag in post.tags)
    tag_actions.require_known(set(tags) - set(before), by=by)
    check_edit(post, kinds.of(post).limits, title=title, body=body.source, tags=tags)
    if base_number != post.revision_count:
        raise SuggestionRefused(
            _("This post was edited after you opened it. Compare it with the current version.")
        )
    if (title, body.source, tags) == (post.title, post.body, before):
        raise SuggestionRefused(_("There are no changes."))
    row = db.session.scalar(
        select(Suggestion).where(Suggestion.post_id == post.id, Suggestion.outcome.is_(None))
    ) or _new(post, by)
    if row.author_id != by.id:
        raise SuggestionRefused(_("Another suggested edit is pending. It must be reviewed first."))
    row.base_number, row.title, row.body, row.tags = base_number, title, body.source, tags
    row.summary, row.created_at, row.changes = summary, utcnow(), None
    db.session.flush()
    events.record("suggestion.proposed", subject=row, actor=by, post_id=post.id)
    return row


def _new(post: Post, by: User) -> Suggestion:
    waiting = db.session.scalar(
        select(func.count()).where(Suggestion.author_id == by.id, Suggestion.outcome.is_(None))
    )
    if waiting >= OPEN_AT_ONCE:
        raise SuggestionRefused(
            _("%(n)s of your edits wait already; more when those are decided.", n=waiting)
        )
    row = Suggestion(post_id=post.id, author_id=by.id)
    db.session.add(row)
    return row


def approve(suggestion: Suggestion, body: Rendered, *, by: User, seen: str) -> Revision:
    """Make the proposal (rendered as `body`) the text of the post, credited to its author.

    `seen` is the version the reviewer looked at: nobody approves what was changed under their hands.
    """
    revision = _apply(suggestion, body, by=by, seen=seen)
    credits.grant(suggestion, by=by)
    return revision


def improve(
    suggestion: Suggestion,
    proposed: Rendered,
    body: Rendered,
    *,
    by: User,
    seen: str,
    title: str,
    tags: list[str],
    summary: str,
) -> Revision:
    """Approve the proposal, then change it further: two revisions, each credited to who wrote it."""
    revision = _apply(suggestion, proposed, by=by, seen=seen)
    improved = actions.revise(suggestion.post, body, by=by, title=title, tags=tags, summary=summary)
    credits.grant(suggestion, by=by)  # people are taken last (posts/locks.py)
    return improved or revision


def _apply(suggestion: Suggestion, body: Rendered, *, by: User, seen: str) -> Revision:
    post = _take(suggestion)
    if suggestion.version != seen:
        raise SuggestionRefused(_("The proposal was changed since you looked at it; look again."))
    if suggestion.is_stale:
        raise SuggestionRefused(
            _("This post was edited after the suggestion was made. The suggestion has to be updated first.")
        )
    revision = actions.rewrite(
        post,
        body,
        by=suggestion.author,
        title=suggestion.title,
        tags=suggestion.tags,
        summary=suggestion.summary,
    )
    _settle(suggestion, APPROVED, by)
    suggestion.revision_number = revision.number
    events.record("suggestion.approved", subject=suggestion, actor=by, post_id=post.id)
    return revision


def reject(suggestion: Suggestion, reason: str, *, by: User) -> None:
    """Refuse the proposal and tell its author why."""
    post = _take(suggestion)
    _settle(suggestion, REJECTED, by, reason)
    events.record("suggestion.rejected", subject=suggestion, actor=by, post_id=post.id)


def withdraw(suggestion: Suggestion, *, by: User) -> None:
    """Take one's own proposal back."""
    _take(suggestion)
    _settle(suggestion, WITHDRAWN, by)


def _take(suggestion: Suggestion) -> Post:
    """The post, locked; raises SuggestionRefused when somebody has decided already."""
    locks.lock(suggestion.post)
    db.session.refresh(suggestion, (*PROPOSAL, "decided_by_id"))
    if not suggestion.is_open:
        raise SuggestionRefused(_decided(suggestion))
    return suggestion.post


def _decided(suggestion: Suggestion) -> str:
    """Who was first, and what they decided."""
    who = name_of(suggestion.decided_by_id) or _("Somebody")
    return {
        APPROVED: _("%(who)s was faster and approved this edit.", who=who),
        REJECTED: _("%(who)s was faster and rejected this edit.", who=who),
    }.get(suggestion.outcome, _("%(who)s has withdrawn this edit.", who=who))


def _settle(suggestion: Suggestion, outcome: str, by: User, reason: str = "") -> None:
    suggestion.outcome, suggestion.reason = outcome, reason
    suggestion.decided_by_id, suggestion.decided_at = by.id, utcnow()
    db.session.flush()
