"""Recipients of a notification: {user id: kind of notification}.

`happened_at` is the time of the event (UTC): members who followed something later are not notified of it.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select

from auth.models import User
from auth.queries import is_listed, with_role
from core.database.db import db
from notifications.mentions import mentioned
from notifications.models import Watch
from posts.models import Post
from products.inventories.queries import members_using
from products.models import OwnedRelease, Product, Release
from products.queries import by_alias

MODERATOR_ROLES = ("moderator", "administrator")


def of_moderators(kind: str) -> dict[int, str]:
    """All moderators in good standing."""
    return dict.fromkeys(db.session.scalars(with_role(*MODERATOR_ROLES).with_only_columns(User.id)), kind)


def of_new_post(post: Post, happened_at: datetime) -> dict[int, str]:
    """Members mentioned or answered by a new post, and followers of its thread, tags and products.

    Members who stopped following the thread are notified only of a mention.
    """
    root = root_of(post)
    muted = set(db.session.scalars(select(Watch.user_id).where(Watch.post_id == root.id, ~Watch.is_on)))
    if post.parent is None:
        recipients = _followers_of_topic(post, happened_at)
    else:
        recipients = dict.fromkeys(_followers(Watch.post_id == root.id, happened_at), "watched")
        if post.parent.author_id is not None:
            recipients[post.parent.author_id] = post.kind
    recipients = {user_id: kind for user_id, kind in recipients.items() if user_id not in muted}
    return _without_author(recipients | _mentioned_members(post), post)


def of_changed_post(post: Post) -> dict[int, str]:
    """Members mentioned by an edited post; those mentioned before have the line already."""
    return _without_author(_mentioned_members(post), post)


def of_revised_article(article: Post, happened_at: datetime) -> dict[int, str]:
    """Followers of an article."""
    return dict.fromkeys(_followers(Watch.post_id == article.id, happened_at), "watched")


def of_release(release: Release, happened_at: datetime) -> dict[int, str]:
    """Followers of the release's product, and members who run the release."""
    owners = members_using(
        OwnedRelease.product_id == release.product_id,
        or_(OwnedRelease.release_id.is_(None), OwnedRelease.release_id == release.id),
    )
    followers = _followers(Watch.product_id == release.product_id, happened_at)
    return dict.fromkeys({*followers, *db.session.scalars(owners)}, "product")


def root_of(post: Post) -> Post:
    """The question, article or bulletin at the head of a post's thread."""
    while post.parent is not None:
        post = post.parent
    return post


def of_product(product_id: int, happened_at: datetime) -> dict[int, str]:
    """Followers of a product."""
    return dict.fromkeys(_followers(Watch.product_id == product_id, happened_at), "product")


def of_bulletin(bulletin_id: int, happened_at: datetime) -> dict[int, str]:
    """Followers of a bulletin."""
    return dict.fromkeys(_followers(Watch.post_id == bulletin_id, happened_at), "watched")


def of_raised_risk(bulletin_id: int, product_ids: Iterable[int], happened_at: datetime) -> dict[int, str]:
    """Followers of a bulletin and of the products that it affects."""
    by_product = _followers(Watch.product_id.in_(list(product_ids)), happened_at)
    return dict.fromkeys(by_product, "product") | of_bulletin(bulletin_id, happened_at)


def _followers(condition: ColumnElement[bool], happened_at: datetime) -> set[int]:
    return set(
        db.session.scalars(
            select(Watch.user_id).where(condition, Watch.is_on, Watch.created_at <= happened_at)
        )
    )


def _mentioned_members(post: Post) -> dict[int, str]:
    """Members mentioned in the text of a member; names in an imported text belong to another site."""
    names = mentioned(post.body_html) if post.author_id is not None else []
    found = db.session.scalars(select(User.id).where(User.username.in_(names), is_listed())) if names else ()
    return dict.fromkeys(found, "mention")


def _followers_of_topic(post: Post, happened_at: datetime) -> dict[int, str]:
    """Followers of the post's tags, and of products that have a tag's name as an alias."""
    products = _followers(Watch.product_id.in_([product.id for product in _products_of(post)]), happened_at)
    tags = _followers(Watch.tag_id.in_([tag.id for tag in post.tags]), happened_at)
    return dict.fromkeys(products, "product") | dict.fromkeys(tags, "tag")


def _products_of(post: Post) -> Iterable[Product]:
    """Products named by the tags; none for bulletins, whose products are known (bulletin_handlers.py)."""
    if post.kind == "bulletin":
        return ()
    return filter(None, (by_alias(tag.name) for tag in post.tags))


def _without_author(recipients: dict[int, str], post: Post) -> dict[int, str]:
    return {user_id: kind for user_id, kind in recipients.items() if user_id != post.author_id}
