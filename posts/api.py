"""Posts of any kind in the API: the item all lists share, comments, votes, removal, tags."""

from flask import Response
from flask_babel import gettext as _

from auth import queries as people
from auth import tokens
from auth.conflicts import check_not_done
from core.api.api import READ, WRITE, ApiBlueprint, Cursor, listing, no_content, page_of
from core.database import versions
from core.database.db import db
from core.database.versions import tagged
from core.mail.mail import site_url
from core.web.access import get_or_404, require
from posts import actions, kinds, policy, queries, schemas, tag_actions, voting
from posts.access import visible_post
from posts.models import Comment, Post, Tag

bp = ApiBlueprint("posts", __name__, description="Posts of any kind, comments, votes, tags")


def item(post: Post) -> dict:
    """What the API says of any post; rooms add the facts of their kinds."""
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


def tag_item(tag: Tag) -> dict:
    """A tag in the shape of every list."""
    return {
        "id": tag.id,
        "kind": "tag",
        "title": tag.name,
        "url": site_url() + tag.path,
        "body": tag.excerpt,
        "author": None,
        "author_url": None,
        "score": tag.post_count,
        "tags": [tag.name],
        "created_at": tag.created_at,
        "source": None,
        "version": tag.version,
    }


@bp.get("/posts/<int:post_id>")
@bp.response(200, schemas.PostItem)
def get_post(post_id: int) -> dict:
    """Any post by its number."""
    post = visible_post(post_id, tokens.reader())
    return tagged(post, item(post))


@bp.delete("/posts/<int:post_id>")
@tokens.bearer(WRITE)
@bp.response(204)
def delete_post(post_id: int) -> Response:
    """Hide a post everywhere; it can be brought back."""
    user = tokens.reader()
    post = visible_post(post_id, user)
    if post.is_deleted and user.is_moderator:
        check_not_done(post, [f"{post.kind}.deleted"], _("this post is removed."), by=user, url=post.url)
        return no_content()
    require(policy.can_delete(user, post), policy.why_no_delete())
    versions.require_header(post)
    if actions.delete(post, by=user) is None:
        check_not_done(post, [f"{post.kind}.deleted"], _("this post is removed."), by=user, url=post.url)
    db.session.commit()
    return no_content()


@bp.post("/posts/<int:post_id>/undelete")
@tokens.bearer(WRITE)
@bp.response(200, schemas.PostItem)
def undelete_post(post_id: int) -> dict:
    """Bring a removed post back."""
    user = tokens.reader()
    post = visible_post(post_id, user)
    require(policy.can_undelete(user, post))
    versions.require_header(post)
    if actions.undelete(post, by=user) is None:
        check_not_done(post, [f"{post.kind}.undeleted"], _("this post is restored."), by=user, url=post.url)
    db.session.commit()
    return tagged(post, item(post))


@bp.get("/posts/<int:post_id>/vote")
@tokens.bearer(READ)
@bp.response(200, schemas.VoteItem)
def get_vote(post_id: int) -> dict:
    """One's own vote on a post."""
    post = visible_post(post_id, tokens.reader())
    mine = queries.votes_of(tokens.reader(), [post.id]).get(post.id, 0)
    return {"post_id": post.id, "value": mine, "score": post.score}


@bp.post("/posts/<int:post_id>/vote")
@tokens.bearer(WRITE)
@bp.arguments(schemas.VoteSchema)
@bp.response(200, schemas.VoteItem)
def vote_on_post(data: dict, post_id: int) -> dict:
    """Vote up (1), down (-1), or withdraw (0)."""
    user = tokens.reader()
    post = visible_post(post_id, user)
    value = data["value"]
    require(policy.can_vote(user, post, value), policy.why_no_vote(user, post, value))
    voting.vote(post, user, value)
    db.session.commit()
    return {"post_id": post.id, "value": value, "score": post.score}


@bp.get("/posts/<int:post_id>/comments")
@bp.arguments(Cursor, location="query")
@bp.response(200, page_of(schemas.PostItem))
def list_comments(wanted: dict, post_id: int) -> dict:
    """Comments under a post, oldest first."""
    return listing(
        queries.comments(visible_post(post_id, tokens.reader()), tokens.reader(), wanted.get("after")), item
    )


@bp.post("/posts/<int:post_id>/comments")
@tokens.bearer(WRITE)
@bp.arguments(schemas.CommentSchema)
@bp.response(201, schemas.PostItem)
def comment_on_post(data: dict, post_id: int) -> dict:
    """Comment on a question, an answer or an article."""
    user = tokens.reader()
    post = visible_post(post_id, user)
    require(policy.can_comment(user, post, post.thread.author_id), policy.why_no_comment())
    actions.limit_posting(user)
    made = actions.comment(post, data["body"], by=user)
    db.session.commit()
    return tagged(made, item(made))


@bp.patch("/comments/<int:post_id>")
@tokens.bearer(WRITE)
@bp.arguments(schemas.EditCommentSchema)
@bp.response(200, schemas.PostItem)
def edit_comment(data: dict, post_id: int) -> dict:
    """Change one's own comment."""
    user = tokens.reader()
    made = get_or_404(queries.get(Comment, post_id, user))
    require(policy.can_edit(user, made))
    actions.revise(made, data["body"], by=user, expected=versions.expected_by_header())
    db.session.commit()
    return tagged(made, item(made))


@bp.get("/tags")
@bp.arguments(schemas.TagQuery, location="query")
@bp.response(200, page_of(schemas.TagItem))
def list_tags(wanted: dict) -> dict:
    """Tags by number of public posts, all or those whose name holds something."""
    return listing(queries.tags(wanted.get("after"), like=wanted["q"]), tag_item)


@bp.get("/tags/<name>")
@bp.response(200, schemas.TagItem)
def get_tag(name: str) -> dict:
    """One tag."""
    tag = get_or_404(queries.tag_named(name))
    return tagged(tag, tag_item(tag))


@bp.put("/tags/<name>")
@tokens.bearer(WRITE)
@bp.arguments(schemas.TagSchema)
@bp.response(200, schemas.TagItem)
def describe_tag(data: dict, name: str) -> dict:
    """Say when to use a tag; a name nobody uses yet becomes a tag."""
    user, name = tokens.reader(), schemas.tag_name(name)
    get_or_404(schemas.is_tag(name) or None)
    require(policy.can_describe_tags(user))
    versions.require_header(queries.tag_named(name))
    tag = tag_actions.describe(name, data["excerpt"], by=user, expected=versions.expected_by_header())
    db.session.commit()
    return tagged(tag, tag_item(tag))


@bp.get("/users/<username>/posts")
@bp.arguments(schemas.AuthorQuery, location="query")
@bp.response(200, page_of(schemas.PostItem))
def list_posts_of(wanted: dict, username: str) -> dict:
    """What a member wrote, newest first; of all kinds but comments, or of one."""
    author = get_or_404(people.by_username(username))
    wanted_kinds = [wanted["kind"]] if "kind" in wanted else kinds.searchable()
    page = queries.by_author(author, wanted_kinds, tokens.reader(), wanted.get("after"), with_tags=True)
    return listing(page, item)
