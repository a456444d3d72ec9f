"""Tags in the API."""

from auth import tokens
from core.api.api import WRITE, listing, page_of, saved
from core.database import versions
from core.database.versions import with_etag
from core.mail.mail import site_url
from core.web.access import get_or_404
from posts import policy
from posts.api import bp
from posts.models import Tag
from posts.tags import actions
from posts.tags.queries import tag_named, tags
from posts.tags.schemas import TagItem, TagQuery, TagSchema, is_tag, tag_name


def tag_item(tag: Tag) -> dict:
    """A tag as an API item."""
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


@bp.get("/tags")
@bp.arguments(TagQuery, location="query")
@bp.response(200, page_of(TagItem))
def list_tags(query: dict) -> dict:
    """Tags by number of public posts, optionally filtered by name."""
    return listing(tags(query.get("after"), like=query["q"]), tag_item)


@bp.get("/tags/<name>")
@bp.response(200, TagItem)
def get_tag(name: str) -> dict:
    """One tag."""
    tag = get_or_404(tag_named(name))
    return with_etag(tag, tag_item(tag))


@bp.put("/tags/<name>")
@tokens.bearer(WRITE)
@bp.arguments(TagSchema)
@bp.response(200, TagItem)
def describe_tag(data: dict, name: str) -> dict:
    """Describe when to use a tag. A new name creates the tag."""
    name = tag_name(name)
    get_or_404(is_tag(name) or None)
    user = tokens.permitted(policy.can_describe_tags)
    versions.require_header(tag_named(name))
    tag = actions.describe(name, data["excerpt"], by=user, expected=versions.expected_by_header())
    return saved(tag, tag_item)
