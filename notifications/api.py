"""One's inbox, watches and choices in the API."""

from marshmallow import fields

from auth import tokens
from core.api.api import READ, WRITE, ApiBlueprint, Cursor, listing, no_content, page_of
from core.database.db import db
from core.mail.mail import site_url
from core.web.access import get_or_404, require
from notifications import actions, labels, policy, queries, schemas
from notifications.models import Notification, Watch
from notifications.views import watchable
from posts.models import Post, Tag
from posts.tags.queries import tag_named
from products.queries import full as full_product

bp = ApiBlueprint("inbox", __name__, description="Notifications, followed items and alerts")


def news_item(line: Notification) -> dict:
    """A line as JSON."""
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


def watch_item(thing, *, watching: bool = True) -> dict:
    """Something watched as JSON."""
    if isinstance(thing, Post):
        kind, title, path = "post", thing.heading, thing.url
    elif isinstance(thing, Tag):
        kind, title, path = "tag", thing.name, thing.path
    else:
        kind, title, path = "product", thing.name, thing.path
    return {"kind": kind, "id": thing.id, "title": title, "url": site_url() + path, "watching": watching}


def _watched(row: Watch) -> dict:
    return watch_item(row.post or row.tag or row.product)


@bp.get("/inbox")
@tokens.bearer(READ)
@bp.arguments(schemas.InboxQuery, location="query")
@bp.response(
    200,
    page_of(
        schemas.NewsItem,
        unread=fields.Integer(
            metadata={"description": f"How many are unread; counted no further than {queries.SHOWN + 1}."}
        ),
    ),
)
def list_news(wanted: dict):
    """What you were told, newest first."""
    user = tokens.reader()
    page = queries.inbox(user, wanted.get("after"), unread_only=wanted["unread"])
    return listing(page, news_item, unread=queries.unread(user))


@bp.post("/inbox/<int:notification_id>/read")
@tokens.bearer(WRITE)
@bp.response(204)
def read_news(notification_id: int):
    """Mark one line read."""
    get_or_404(queries.line(tokens.reader(), notification_id))
    actions.mark_read(tokens.reader(), notification_id)
    db.session.commit()
    return no_content()


@bp.post("/inbox/read")
@tokens.bearer(WRITE)
@bp.response(204)
def read_all_news():
    """Mark everything read."""
    actions.mark_read(tokens.reader())
    db.session.commit()
    return no_content()


@bp.get("/users/me/notifications")
@tokens.bearer(READ)
@bp.response(200, schemas.ChoicesItem)
def get_choices():
    """How you are told of each kind of news."""
    return queries.deliveries(tokens.reader())


@bp.patch("/users/me/notifications")
@tokens.bearer(WRITE)
@bp.arguments(schemas.ChoicesSchema)
@bp.response(200, schemas.ChoicesItem)
def choose(data: dict):
    """Be told otherwise of the kinds that are sent."""
    actions.choose(tokens.reader(), data)
    db.session.commit()
    return queries.deliveries(tokens.reader())


@bp.get("/users/me/watches")
@tokens.bearer(READ)
@bp.arguments(Cursor, location="query")
@bp.response(200, page_of(schemas.WatchItem))
def list_watches(wanted: dict):
    """What you watch, newest first."""
    return listing(queries.watches(tokens.reader(), wanted.get("after")), _watched)


def _watch(thing, data: dict) -> dict:
    require(policy.can_watch(tokens.reader()))
    actions.watch(tokens.reader(), thing, data["watch"])
    db.session.commit()
    return watch_item(thing, watching=data["watch"])


@bp.put("/posts/<int:post_id>/watch")
@tokens.bearer(WRITE)
@bp.arguments(schemas.WatchSchema)
@bp.response(200, schemas.WatchItem)
def watch_post(data: dict, post_id: int):
    """Watch a question or an article, or stop."""
    return _watch(watchable(post_id, tokens.reader()), data)


@bp.put("/tags/<name>/watch")
@tokens.bearer(WRITE)
@bp.arguments(schemas.WatchSchema)
@bp.response(200, schemas.WatchItem)
def watch_tag(data: dict, name: str):
    """Watch a tag, or stop."""
    return _watch(get_or_404(tag_named(name)), data)


@bp.put("/products/<slug>/watch")
@tokens.bearer(WRITE)
@bp.arguments(schemas.WatchSchema)
@bp.response(200, schemas.WatchItem)
def watch_product(data: dict, slug: str):
    """Watch a product, or stop."""
    return _watch(get_or_404(full_product(slug)), data)
