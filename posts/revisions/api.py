"""Revisions of posts in the API: read, restore, redact."""

from flask import request

from auth import tokens
from core.api.api import WRITE, Cursor, listing, page_of, saved
from core.database import versions
from core.database.db import db
from core.mail.mail import site_url
from core.web.access import get_or_404, require
from core.web.forms import parse
from posts import actions, policy, queries, redaction, schemas
from posts.access import visible_post
from posts.api import bp, item
from posts.models import Revision
from posts.revisions import history


def revision_item(revision: Revision) -> dict:
    """A revision as an API item, without its text."""
    return {
        "post_id": revision.post_id,
        "number": revision.number,
        "title": revision.title,
        "url": f"{site_url()}/posts/{revision.post_id}/revisions/{revision.number}",
        "author": revision.author.username if revision.author else None,
        "tags": revision.tags,
        "summary": revision.summary,
        "created_at": revision.created_at,
        "is_redacted": revision.redacted_at is not None,
    }


@bp.get("/posts/<int:post_id>/revisions")
@bp.arguments(Cursor, location="query")
@bp.response(200, page_of(schemas.RevisionItem))
def list_revisions(query: dict, post_id: int) -> dict:
    """Revisions of a post, newest first."""
    return listing(
        queries.revision_page(visible_post(post_id, tokens.reader()), query.get("after")), revision_item
    )


@bp.get("/posts/<int:post_id>/revisions/<int:number>")
@bp.response(200, schemas.RevisionText)
def get_revision(post_id: int, number: int) -> dict:
    """One revision with its text."""
    post = visible_post(post_id, tokens.reader())
    revision = get_or_404(queries.revision(post, number))
    return {
        **revision_item(revision),
        "body": revision.body,
        "facts": None if revision.redacted_at else history.of_revision(post, revision).facts,
    }


@bp.post("/posts/<int:post_id>/revisions/<int:number>/restore")
@tokens.bearer(WRITE)
@bp.response(200, schemas.PostItem)
def restore_revision(post_id: int, number: int) -> dict:
    """Restore an old revision, as a new revision."""
    post = visible_post(post_id, tokens.reader())
    user = tokens.permitted(policy.can_edit, post)
    wanted = get_or_404(queries.revision(post, number))
    require(wanted.redacted_at is None)
    actions.restore(post, wanted, by=user, expected=versions.expected_by_header())
    return saved(post, item)


@bp.post("/posts/<int:post_id>/revisions/<int:number>/redact")
@tokens.bearer(WRITE)
@bp.response(200, schemas.RevisionItem)
def redact_revision(post_id: int, number: int) -> dict:
    """Redact an old revision and mask its text in all copies (moderators only).

    A JSON body may name the texts to mask, one a line, as `words`, and why as `reason`.
    """
    data = parse(schemas.RedactSchema) if request.content_length else {"words": None, "reason": ""}
    user = tokens.member()
    post = visible_post(post_id, user)
    words = redaction.split_lines(data["words"])
    require(policy.can_redact(user) and (words is not None or number != post.revision_count))
    versions.require_header(post)
    revision = get_or_404(queries.revision(post, number))
    redaction.redact(revision, by=user, reason=data["reason"], words=words)
    db.session.commit()
    return revision_item(revision)
