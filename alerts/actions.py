"""Writes of security alerts: sign up, confirm, change, stop. Nothing here commits."""

import secrets
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update

from alerts import queries
from alerts.models import CHOSEN, MINE, WITHDRAWN, AlertNews, Subscription
from auth.actions import limit_mail, register_on_secure
from auth.models import User
from core.database.db import db, utcnow
from core.database.models import OutgoingMail
from core.mail import mail, signed_links, stopped_addresses
from core.web.forms import Invalid
from products.models import Product

SIGN_UPS_PER_NETWORK_ADDRESS = (20, 3600)  # requests, seconds


def sign_up(email: str, preferences: dict) -> None:
    """Mail a confirmation link to `email`, or the link to change its alerts if it has some.

    `preferences` are the fields of PreferencesSchema. Both cases write the same rows and so take the same
    time. Raises TooMany after a few mails to one address, and Invalid for unknown products.
    """
    limit_mail("alerts", email)
    products = _products(preferences)
    known = queries.by_address(email)
    if not mail.can_receive(email):
        return
    is_on = known is not None and known.confirmed_at is not None
    attempt = db.session.begin_nested()
    if known is None or is_on:  # rolled back below for an address that has alerts
        row = _new(email=f"{secrets.token_hex(16)}@{email[-60:]}" if is_on else email)
    else:
        row = queries.get(known.handle)
    _set_preferences(row, preferences, products)
    if known is not None and is_on:
        attempt.rollback()
        _mail(known, "alerts_known", _("You already get security alerts"))
        return
    attempt.commit()
    _mail(
        row,
        "alerts_confirm",
        _("Confirm your security alerts"),
        confirm=signed_links.url(signed_links.CONFIRM, row.handle),
    )


def _new(*, email: str | None = None, user_id: int | None = None) -> Subscription:
    row = Subscription(handle=_new_handle(), products=[], email=email, user_id=user_id)
    db.session.add(row)
    return row


def _new_handle() -> str:
    return secrets.token_urlsafe(16)


@register_on_secure
def renew_links(user: User) -> None:
    """Invalidate the links in earlier alert mails of an account that is being secured."""
    rows = db.session.scalars(
        select(Subscription).where(
            or_(Subscription.user_id == user.id, Subscription.email == (user.email or ""))
        )
    )
    for row in rows:
        old_handle = row.handle
        row.handle = _new_handle()
        db.session.execute(
            update(OutgoingMail)
            .where(_is_queued(old_handle))
            .values(key=func.replace(OutgoingMail.key, old_handle, row.handle))
            .execution_options(synchronize_session=False)
        )


def _is_queued(handle: str) -> ColumnElement[bool]:
    """SQL condition: unsent alert mail of a subscription."""
    return and_(
        OutgoingMail.key.startswith(f"alert:{handle}:", autoescape=True), OutgoingMail.sent_at.is_(None)
    )


def _products(preferences: dict) -> list[Product]:
    """The chosen products; raises Invalid when none of them exists."""
    if preferences["scope"] != CHOSEN:
        return []
    if found := queries.products_named(preferences["products"]):
        return found
    raise Invalid({"products": [_("None of these products is listed here now.")]})


def _set_preferences(row: Subscription, preferences: dict, products: list[Product]) -> None:
    row.scope = preferences["scope"]
    row.minimum = preferences["minimum"]
    row.cadence = preferences["cadence"]
    row.products = products
    db.session.flush()


def _mail(row: Subscription, template: str, subject: str, **context: Any) -> None:
    mail.queue(
        row.address or "",
        template,
        list_name=mail.ALERTS,
        subject=subject,
        unsubscribe=signed_links.url(signed_links.STOP, row.handle),
        manage=signed_links.url(signed_links.MANAGE, row.handle),
        has_secret=True,
        **context,
    )


def confirm(row: Subscription) -> None:
    """Start the alerts, with what is published from now on."""
    if row.confirmed_at is None:
        row.confirmed_at = utcnow()
        newest_id = queries.newest_id()
        row.told_id = newest_id
        row.urgent_id = newest_id
        stopped_addresses.resume_address(row.address or "")


def change(row: Subscription, preferences: dict) -> None:
    """Change products, severity and cadence; pending news is filtered by the new preferences."""
    _set_preferences(row, preferences, _products(preferences))


def stop(row: Subscription) -> None:
    """Delete the subscription and its unsent mail."""
    db.session.execute(delete(OutgoingMail).where(_is_queued(row.handle)))
    db.session.delete(row)
    db.session.flush()


def switch(user: User, *, on: bool, minimum: str, cadence: str) -> None:
    """Turn a member's alerts about their products on or off; they replace those of their address."""
    row = queries.of_member(user)
    if not on:
        if row is not None:
            stop(row)
        return
    if row is None:
        if (other := queries.by_address(user.email or "")) is not None:
            stop(queries.get(other.handle))
        row = _new(user_id=user.id)
    _set_preferences(row, {"scope": MINE, "minimum": minimum, "cadence": cadence}, [])
    confirm(row)


def forget_unconfirmed(before: datetime) -> None:
    """Delete subscriptions created before a time (UTC) and never confirmed."""
    for row in db.session.scalars(
        select(Subscription).where(Subscription.confirmed_at.is_(None), Subscription.created_at < before)
    ):
        db.session.delete(row)


def note_published(bulletin_id: int, *, is_exploited: bool) -> None:
    """Record a new bulletin; publishing it again records nothing."""
    _note(f"published:{bulletin_id}", bulletin_id, [], is_urgent=is_exploited)


def note_risk(event_id: int, bulletin_id: int, reasons: list[str]) -> None:
    """Record that the risk of a bulletin changed."""
    _note(f"raised:{event_id}", bulletin_id, reasons, is_urgent=True)


def note_retracted(event_id: int, bulletin_id: int) -> None:
    """Record that a bulletin was withdrawn; nothing if no alert was recorded about it."""
    if db.session.scalar(select(AlertNews.id).where(AlertNews.bulletin_id == bulletin_id).limit(1)):
        _note(f"retracted:{event_id}", bulletin_id, [WITHDRAWN], is_urgent=True)


def _note(cause: str, bulletin_id: int, reasons: list[str], *, is_urgent: bool) -> None:
    if db.session.scalar(select(AlertNews.id).where(AlertNews.cause == cause)) is None:
        db.session.add(AlertNews(cause=cause, bulletin_id=bulletin_id, reasons=reasons, is_urgent=is_urgent))
        db.session.flush()
