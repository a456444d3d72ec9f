"""Posts of any kind in the API: items, comments, votes, deletion."""

from flask import Response

from auth import queries as people
from auth import tokens
from core.api.api import READ, WRITE, ApiBlueprint, Cursor, listing, no_content, page_of, saved
from core.database import versions
from core.database.db import db
from core.database.versions import with_etag
from core.mail.mail import site_url
from core.web.access import get_or_404, require
from posts import actions, kinds, policy, queries, schemas, voting
from posts.access import visible_post
from posts.models import Comment, Post

bp = ApiBlueprint("posts", __name__, description="Posts of any kind, comments, votes, tags")


def item(post: Post) -> dict:
    """A post as an API item; packages add the fields of their kinds."""
    author = post.author
    return {
        "id": post.id,
        "kind": post.kind,
        "title": post.heading,
        "url": site_url() + post.url,
        "body": post.body,
        "author": author.username if author else post.byline,
        "author_url": site_url() + author.profile_url if author else None,
        "score": post.score,
        "tags": [] if post.parent_id else [tag.name for tag in post.tags],
        "created_at": post.created_at,
        "source": post.source_url or None,
        "parent_id": post.parent_id,
        "status": post.status,
        "is_deleted": post.is_deleted,
        "is_locked": post.is_locked,
        "edited_at": post.edited_at,
        "comment_count": post.comment_count,
        "revision_count": post.revision_count,
        "license": post.license or None,
        "version": post.version,
    }


@bp.get("/posts/<int:post_id>")
@bp.response(200, schemas.PostItem)
def get_post(post_id: int) -> dict:
    """Any post by its number."""
    post = visible_post(post_id, tokens.reader())
    return with_etag(post, item(post))


@bp.delete("/posts/<int:post_id>")
@tokens.bearer(WRITE)
@bp.response(204)
def delete_post(post_id: int) -> Response:
    """Delete a post. It can be restored."""
    user = tokens.member()
    post = visible_post(post_id, user)
    if post.is_deleted and user.is_moderator:
        actions.check_not_deleted(post, by=user)
        return no_content()
    require(policy.can_delete(user, post), policy.why_no_delete())
    versions.require_header(post)
    if actions.delete(post, by=user) is None:
        actions.check_not_deleted(post, by=user)
    db.session.commit()
    return no_content()


@bp.post("/posts/<int:post_id>/undelete")
@tokens.bearer(WRITE)
@bp.response(200, schemas.PostItem)
def undelete_post(post_id: int) -> dict:
    """Restore a deleted post."""
    post = visible_post(post_id, tokens.reader())
    user = tokens.permitted(policy.can_undelete, post)
    versions.require_header(post)
    if actions.undelete(post, by=user) is None:
        actions.check_not_undeleted(post, by=user)
    return saved(post, item)


@bp.get("/posts/<int:post_id>/vote")
@tokens.bearer(READ)
@bp.response(200, schemas.VoteItem)
def get_vote(post_id: int) -> dict:
    """Your vote on a post."""
    post = visible_post(post_id, tokens.reader())
    mine = queries.votes_of(tokens.reader(), [post.id]).get(post.id, 0)
    return {"post_id": post.id, "value": mine, "score": post.score}


@bp.post("/posts/<int:post_id>/vote")
@tokens.bearer(WRITE)
@bp.arguments(schemas.VoteSchema)
@bp.response(200, schemas.VoteItem)
def vote_on_post(data: dict, post_id: int) -> dict:
    """Upvote (1), downvote (-1) or withdraw the vote (0)."""
    user = tokens.member()
    post = visible_post(post_id, user)
    value = data["value"]
    require(policy.can_vote(user, post, value), policy.why_no_vote(user, post, value))
    voting.vote(post, user, value)
    db.session.commit()
    return {"post_id": post.id, "value": value, "score": post.score}


@bp.get("/posts/<int:post_id>/comments")
@bp.arguments(Cursor, location="query")
@bp.response(200, page_of(schemas.PostItem))
def list_comments(query: dict, post_id: int) -> dict:
    """Comments on a post, oldest first."""
    return listing(
        queries.comments(visible_post(post_id, tokens.reader()), tokens.reader(), query.get("after")), item
    )


@bp.post("/posts/<int:post_id>/comments")
@tokens.bearer(WRITE)
@bp.arguments(schemas.CommentSchema)
@bp.response(201, schemas.PostItem)
def comment_on_post(data: dict, post_id: int) -> dict:
    """Comment on a question, an answer or an article."""
    post = visible_post(post_id, tokens.reader())
    user = tokens.permitted(policy.can_comment, post, post.thread.author_id, why=policy.why_no_comment())
    made = actions.comment(post, data["body"], by=user)
    return saved(made, item)


@bp.patch("/comments/<int:post_id>")
@tokens.bearer(WRITE)
@bp.arguments(schemas.EditCommentSchema)
@bp.response(200, schemas.PostItem)
def edit_comment(data: dict, post_id: int) -> dict:
    """Edit your own comment."""
    made = get_or_404(queries.get(Comment, post_id, tokens.reader()))
    user = tokens.permitted(policy.can_edit, made)
    actions.revise(made, data["body"], by=user, expected=versions.expected_by_header())
    return saved(made, item)


@bp.get("/users/<username>/posts")
@bp.arguments(schemas.AuthorQuery, location="query")
@bp.response(200, page_of(schemas.PostItem))
def list_posts_of(query: dict, username: str) -> dict:
    """Posts by a member, newest first: all kinds except comments, or one kind."""
    author = get_or_404(people.by_username(username))
    kind_names = [query["kind"]] if "kind" in query else kinds.searchable()
    page = queries.by_author(author, kind_names, tokens.reader(), query.get("after"), with_tags=True)
    return listing(page, item)
