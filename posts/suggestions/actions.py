"""Writes of suggested edits: propose, withdraw, approve, improve, reject. Nothing here commits.

The row of the post is locked first, so that the second of two concurrent decisions sees the first.
"""

from flask_babel import gettext as _
from sqlalchemy import func, select

from auth.conflicts import name_of
from auth.models import User, Visitor
from core.database.db import db, utcnow
from core.jobs import events
from core.markup.markup import Rendered
from core.web.conflicts import AlreadyDone
from core.web.forms import Invalid
from posts import actions, kinds, locks
from posts.attachments import actions as attachments
from posts.models import Post, Revision
from posts.suggestions import credits
from posts.suggestions.models import Suggestion
from posts.tags import actions as tag_actions
from posts.text_limits import check_edit

APPROVED = "approved"
REJECTED = "rejected"
WITHDRAWN = "withdrawn"
RELOADED_COLUMNS = (
    "decided_by_id",
    "decided_at",
    "outcome",
    "created_at",
    "base_number",
    "title",
    "body",
    "tags",
    "summary",
)
MAX_OPEN_PER_MEMBER = 5  # each blocks other edits of its post


def propose(
    post: Post, body: Rendered, *, by: User, base_number: int, title: str, tags: list[str], summary: str
) -> Suggestion:
    """Suggest an edit of `post`, or change one's open suggestion.

    Raises Invalid when the post is newer than `base_number`, a suggestion of another member is open, nothing
    changes, or MAX_OPEN_PER_MEMBER is reached, for a tag that `by` may not create and for texts outside the
    limits of the kind; TooMany (posts.actions.limit_posting).
    """
    actions.limit_posting(by)
    locks.lock(post)
    before = sorted(tag.name for tag in post.tags)
    tag_actions.require_known(set(tags) - set(before), by=by)
    check_edit(post, kinds.of(post).limits, title=title, body=body.source, tags=tags)
    if base_number != post.revision_count:
        raise _refused(_("This post was edited after you opened it. Compare it with the current version."))
    if (title, body.source, tags) == (post.title, post.body, before):
        raise _refused(_("There are no changes."))
    row = db.session.scalar(
        select(Suggestion).where(Suggestion.post_id == post.id, Suggestion.outcome.is_(None))
    ) or _new(post, by)
    if row.author_id != by.id:
        raise _refused(_("Another suggested edit is pending. It must be reviewed first."))
    row.base_number = base_number
    row.title = title
    row.body = body.source
    row.tags = tags
    row.summary = summary
    row.created_at = utcnow()
    row.changes = None
    attachments.claim_for(post, body.html)
    db.session.flush()
    events.record("suggestion.proposed", subject=row, actor=by, post_id=post.id)
    return row


def _new(post: Post, by: User) -> Suggestion:
    open_count = db.session.scalar(
        select(func.count()).where(Suggestion.author_id == by.id, Suggestion.outcome.is_(None))
    )
    if (open_count or 0) >= MAX_OPEN_PER_MEMBER:
        raise _refused(
            _("You already have %(n)s pending edits. Suggest more once those are reviewed.", n=open_count)
        )
    row = Suggestion(post_id=post.id, author_id=by.id)
    db.session.add(row)
    return row


def approve(suggestion: Suggestion, body: Rendered, *, by: User, seen: str) -> Revision | None:
    """Apply a suggestion, rendered as `body`, to its post, under the name of its author.

    None when `by` has already approved it. Raises AlreadyDone when it is decided otherwise, and Invalid when
    it was changed since the version `seen`, or the post was edited.
    """
    revision = _apply(suggestion, body, by=by, seen=seen)
    if revision is not None:
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
) -> Revision | None:
    """Approve a suggestion and edit it further: two revisions, each under the name of its author.

    Returns and raises as approve().
    """
    revision = _apply(suggestion, proposed, by=by, seen=seen)
    if revision is None:
        return None
    improved = actions.revise(suggestion.post, body, by=by, title=title, tags=tags, summary=summary)
    credits.grant(suggestion, by=by)  # users are locked last (posts/locks.py)
    return improved or revision


def _apply(suggestion: Suggestion, body: Rendered, *, by: User, seen: str) -> Revision | None:
    if not _lock_open(suggestion, APPROVED, by):
        return None
    post = suggestion.post
    author = suggestion.author
    if suggestion.version != seen:
        raise _refused(_("This suggestion was changed after you opened it. Check it again."))
    if suggestion.is_stale:
        raise _refused(
            _("This post was edited after the suggestion was made. The suggestion has to be updated first.")
        )
    revision = actions.rewrite(
        post,
        body,
        by=author or Visitor(),
        title=suggestion.title,
        tags=suggestion.tags,
        summary=suggestion.summary,
    )
    if revision is None:  # propose() refuses suggestions without changes
        raise _refused(_("There are no changes."))
    _decide(suggestion, APPROVED, by)
    suggestion.revision_number = revision.number
    events.record("suggestion.approved", subject=suggestion, actor=by, post_id=post.id)
    return revision


def reject(suggestion: Suggestion, reason: str, *, by: User) -> None:
    """Reject a suggestion, with a reason for its author. Raises AlreadyDone when it is decided otherwise."""
    if _lock_open(suggestion, REJECTED, by):
        _decide(suggestion, REJECTED, by, reason)
        events.record("suggestion.rejected", subject=suggestion, actor=by, post_id=suggestion.post_id)


def withdraw(suggestion: Suggestion, *, by: User) -> None:
    """Withdraw one's own suggestion. Raises AlreadyDone when it is decided otherwise."""
    if _lock_open(suggestion, WITHDRAWN, by):
        _decide(suggestion, WITHDRAWN, by)
        events.record("suggestion.withdrawn", subject=suggestion, actor=by, post_id=suggestion.post_id)


def _lock_open(suggestion: Suggestion, outcome: str, by: User) -> bool:
    """Lock a suggestion and its post; False when `by` has made this decision, AlreadyDone for another one."""
    locks.lock(suggestion.post)
    db.session.refresh(suggestion, RELOADED_COLUMNS)
    if suggestion.is_open:
        return True
    if (suggestion.outcome, suggestion.decided_by_id) == (outcome, by.id):
        return False
    raise AlreadyDone(
        {
            APPROVED: _("this edit is approved."),
            REJECTED: _("this edit is rejected."),
        }.get(suggestion.outcome or "", _("this edit is withdrawn.")),
        who=name_of(suggestion.decided_by_id),
        at=suggestion.decided_at,
        url=suggestion.post.url,
    )


def _refused(message: str) -> Invalid:
    """The error of a suggestion that cannot be made or approved."""
    return Invalid({"_": [message]})


def _decide(suggestion: Suggestion, outcome: str, by: User, reason: str = "") -> None:
    suggestion.outcome = outcome
    suggestion.reason = reason
    suggestion.decided_by_id = by.id
    suggestion.decided_at = utcnow()
    db.session.flush()
