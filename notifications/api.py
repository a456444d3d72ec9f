"""Inbox, watches and preferences in the API."""

from flask import Response
from marshmallow import fields

from auth import tokens
from core.api.api import READ, WRITE, ApiBlueprint, Cursor, listing, no_content, page_of
from core.database.db import db
from core.mail.mail import site_url
from core.web.access import get_or_404
from notifications import actions, labels, queries, schemas
from notifications.models import Notification, Watch
from posts.models import Post, Tag
from posts.tags.queries import tag_named
from products.models import Product
from products.queries import full as full_product

bp = ApiBlueprint("inbox", __name__, description="Notifications, followed items and alerts")


def news_item(line: Notification) -> dict[str, object]:
    """A line of an inbox as JSON."""
    return {
        "id": line.id,
        "kind": line.kind,
        "title": labels.title(line),
        "url": site_url() + line.url,
        "body": labels.sentence(line),
        "author": line.actor.username if line.actor else None,
        "created_at": line.created_at,
        "read_at": line.read_at,
    }


def watch_item(subject: Post | Tag | Product, *, watching: bool = True) -> dict[str, object]:
    """A followed post, tag or product as JSON."""
    is_post = isinstance(subject, Post)
    return {
        "kind": "post" if is_post else "tag" if isinstance(subject, Tag) else "product",
        "id": subject.id,
        "title": subject.heading if is_post else subject.name,
        "url": site_url() + (subject.url if is_post else subject.path),
        "watching": watching,
    }


def _watched(row: Watch) -> dict[str, object]:
    subject = row.post or row.tag or row.product
    assert subject is not None  # noqa: S101  (one of the three columns is set)
    return watch_item(subject)


@bp.get("/inbox")
@tokens.bearer(READ)
@bp.arguments(schemas.InboxQuery, location="query")
@bp.response(
    200,
    page_of(
        schemas.NewsItem,
        unread=fields.Integer(
            metadata={
                "description": f"How many are unread; counted no further than {queries.MAX_COUNTED + 1}."
            }
        ),
    ),
)
def list_news(wanted: dict) -> dict:
    """List your notifications, newest first."""
    user = tokens.reader()
    page = queries.inbox(user, wanted.get("after"), unread_only=wanted["unread"])
    return listing(page, news_item, unread=queries.unread(user))


@bp.post("/inbox/<int:notification_id>/read")
@tokens.bearer(WRITE)
@bp.response(204)
def read_news(notification_id: int) -> Response:
    """Mark one notification read."""
    get_or_404(queries.line(tokens.reader(), notification_id))
    actions.mark_read(tokens.reader(), notification_id)
    db.session.commit()
    return no_content()


@bp.post("/inbox/read")
@tokens.bearer(WRITE)
@bp.response(204)
def read_all_news() -> Response:
    """Mark all notifications read."""
    actions.mark_read(tokens.reader())
    db.session.commit()
    return no_content()


@bp.get("/users/me/notifications")
@tokens.bearer(READ)
@bp.response(200, schemas.ChoicesItem)
def get_choices() -> dict[str, str]:
    """Get how each kind of notification is delivered to you."""
    return queries.deliveries(tokens.reader())


@bp.patch("/users/me/notifications")
@tokens.bearer(WRITE)
@bp.arguments(schemas.ChoicesSchema)
@bp.response(200, schemas.ChoicesItem)
def choose(data: dict) -> dict[str, str]:
    """Change the delivery of the kinds that are sent."""
    actions.choose(tokens.reader(), data)
    db.session.commit()
    return queries.deliveries(tokens.reader())


@bp.get("/users/me/watches")
@tokens.bearer(READ)
@bp.arguments(Cursor, location="query")
@bp.response(200, page_of(schemas.WatchItem))
def list_watches(wanted: dict) -> dict:
    """List what you follow, newest first."""
    return listing(queries.watches(tokens.reader(), wanted.get("after")), _watched)


def _watch(subject: Post | Tag | Product, data: dict) -> dict[str, object]:
    actions.watch(tokens.reader(), subject, data["watch"])
    db.session.commit()
    return watch_item(subject, watching=data["watch"])


@bp.put("/posts/<int:post_id>/watch")
@tokens.bearer(WRITE)
@bp.arguments(schemas.WatchSchema)
@bp.response(200, schemas.WatchItem)
def watch_post(data: dict, post_id: int) -> dict[str, object]:
    """Follow a question, an article or a bulletin, or stop."""
    return _watch(get_or_404(queries.watchable_post(post_id, tokens.reader())), data)


@bp.put("/tags/<name>/watch")
@tokens.bearer(WRITE)
@bp.arguments(schemas.WatchSchema)
@bp.response(200, schemas.WatchItem)
def watch_tag(data: dict, name: str) -> dict[str, object]:
    """Follow a tag, or stop."""
    return _watch(get_or_404(tag_named(name)), data)


@bp.put("/products/<slug>/watch")
@tokens.bearer(WRITE)
@bp.arguments(schemas.WatchSchema)
@bp.response(200, schemas.WatchItem)
def watch_product(data: dict, slug: str) -> dict[str, object]:
    """Follow a product, or stop."""
    return _watch(get_or_404(full_product(slug)), data)
