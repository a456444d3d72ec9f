"""Who is told of what: for an event, members by the kind of news it is to them."""

from collections.abc import Iterable
from datetime import datetime
from itertools import chain

from sqlalchemy import or_, select

from auth.models import User
from auth.queries import is_listed, with_role
from core.database.db import db
from notifications.mentions import mentioned
from notifications.models import Watch
from posts.models import Post
from products.models import OwnedRelease, Product, Release
from products.queries import by_alias

MODERATOR_ROLES = ("moderator", "administrator")


def of_moderators(kind: str) -> dict[int, str]:
    """Every moderator in good standing, for what waits for one."""
    return dict.fromkeys(db.session.scalars(with_role(*MODERATOR_ROLES).with_only_columns(User.id)), kind)


def of_new_post(post: Post, moment: datetime) -> dict[int, str]:
    """Who is told that a post appeared: the called, the answered, watchers of thread, tags and products.

    Whoever turned the watch of the thread off hears only when called; who began to watch after `moment`
    is told of what comes.
    """
    root = root_of(post)
    deaf = set(db.session.scalars(select(Watch.user_id).where(Watch.post_id == root.id, ~Watch.is_on)))
    if root is post:
        heard = _topic(post, moment)
    else:
        heard = dict.fromkeys(_watchers(Watch.post_id == root.id, moment), "watched")
        heard[post.parent.author_id] = post.kind
    heard = {user_id: kind for user_id, kind in heard.items() if user_id not in deaf}
    return _without_author(heard | _called(post), post)


def of_changed_post(post: Post) -> dict[int, str]:
    """Who is told that a post was edited: those whom it calls (who heard of it before is not told again)."""
    return _without_author(_called(post), post)


def of_revised_article(article: Post, moment: datetime) -> dict[int, str]:
    """Who is told of an article's new text."""
    return dict.fromkeys(_watchers(Watch.post_id == article.id, moment), "watched")


def of_release(release: Release, moment: datetime) -> dict[int, str]:
    """Who is told of a release's dates: those who watch its product, and those who run it."""
    owners = select(OwnedRelease.user_id).where(
        OwnedRelease.product_id == release.product_id,
        or_(OwnedRelease.release_id.is_(None), OwnedRelease.release_id == release.id),
    )
    watchers = _watchers(Watch.product_id == release.product_id, moment)
    return dict.fromkeys({*watchers, *db.session.scalars(owners)}, "product")


def root_of(post: Post) -> Post:
    """The question, article or bulletin at the head of a post's thread."""
    while post.parent_id is not None:
        post = post.parent
    return post


def _watchers(condition, moment: datetime) -> set[int]:
    return set(
        db.session.scalars(select(Watch.user_id).where(condition, Watch.is_on, Watch.created_at <= moment))
    )


def of_product(product_id: int, moment: datetime) -> dict[int, str]:
    """Who is told of bulletins about a product: those who watch it."""
    return dict.fromkeys(_watchers(Watch.product_id == product_id, moment), "product")


def of_bulletin(bulletin_id: int, moment: datetime) -> dict[int, str]:
    """Who is told what became of a bulletin: those who watch it."""
    return dict.fromkeys(_watchers(Watch.post_id == bulletin_id, moment), "watched")


def of_raised_risk(bulletin_id: int, product_ids: Iterable[int], moment: datetime) -> dict[int, str]:
    """Who is told that a bulletin is another risk than before: who watches it, or what it affects."""
    about = _watchers(Watch.product_id.in_(list(product_ids)), moment)
    return dict.fromkeys(about, "product") | dict.fromkeys(
        _watchers(Watch.post_id == bulletin_id, moment), "watched"
    )


def _called(post: Post) -> dict[int, str]:
    """Only members call; an imported text means nobody here."""
    names = mentioned(post.body_html) if post.author_id is not None else []
    found = db.session.scalars(select(User.id).where(User.username.in_(names), is_listed())) if names else ()
    return dict.fromkeys(found, "mention")


def _topic(post: Post, moment: datetime) -> dict[int, str]:
    """Watchers of the post's tags, and of the products that are called like one.

    What a bulletin is about is known better: alert_handlers.py tells those who watch it.
    """
    products = _watchers(Watch.product_id.in_([product.id for product in _products_of(post)]), moment)
    tags = _watchers(Watch.tag_id.in_([tag.id for tag in post.tags]), moment)
    return dict(chain(((user_id, "product") for user_id in products), ((user_id, "tag") for user_id in tags)))


def _products_of(post: Post) -> Iterable[Product]:
    if post.kind == "bulletin":
        return ()
    return filter(None, (by_alias(tag.name) for tag in post.tags))


def _without_author(heard: dict[int, str], post: Post) -> dict[int, str]:
    return {user_id: kind for user_id, kind in heard.items() if user_id not in (None, post.author_id)}
