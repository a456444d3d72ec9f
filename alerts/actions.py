"""Writes of security alerts: sign up, confirm, change, stop. Nothing here commits."""

import secrets
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update

from alerts import queries
from alerts.models import CHOSEN, MINE, AlertNews, Subscription
from auth.actions import limit_mail, register_on_secure
from core.database.db import db, utcnow
from core.database.models import OutgoingMail
from core.mail import mail, signed_links, stopped_addresses
from core.web.forms import Invalid


def sign_up(email: str, wishes: dict) -> None:
    """Mail a link that confirms, or, to who has alerts already, the link to change them.

    Raises TooMany after a few mails to one address, whoever asks for them.
    """
    limit_mail("alerts", email)
    products = _products(wishes)
    known = queries.by_address(email)
    if not mail.can_receive(email):
        return
    is_on = known is not None and known.confirmed_at is not None
    attempt = db.session.begin_nested()
    if known is None or is_on:  # for an address that has alerts the same rows are written, and taken back
        row = _new(email=f"{secrets.token_hex(16)}@{email[-60:]}" if is_on else email)
    else:
        row = queries.by_handle(known.handle)
    _wish(row, wishes, products)
    if is_on:
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


def _new(**owner) -> Subscription:
    row = Subscription(handle=_new_handle(), products=[], **owner)
    db.session.add(row)
    return row


def _new_handle() -> str:
    return secrets.token_urlsafe(16)


@register_on_secure
def renew_links(user) -> None:
    """The links in earlier mails change and stop no alerts of a secured account any more."""
    rows = db.session.scalars(
        select(Subscription).where(
            or_(Subscription.user_id == user.id, Subscription.email == (user.email or ""))
        )
    )
    for row in rows:
        former, row.handle = row.handle, _new_handle()
        db.session.execute(
            update(OutgoingMail)
            .where(_waiting(former))
            .values(key=func.replace(OutgoingMail.key, former, row.handle))
            .execution_options(synchronize_session=False)
        )


def _waiting(handle: str) -> ColumnElement[bool]:
    """The mail with alerts that is queued for a handle."""
    return and_(
        OutgoingMail.key.startswith(f"alert:{handle}:", autoescape=True), OutgoingMail.sent_at.is_(None)
    )


def _products(wishes: dict) -> list:
    """The products wished for; Invalid when none of them is there."""
    if wishes["scope"] != CHOSEN:
        return []
    if found := queries.products_named(wishes["products"]):
        return found
    raise Invalid({"products": [_("None of these products is listed here now.")]})


def _wish(row: Subscription, wishes: dict, products: list) -> None:
    row.scope, row.minimum, row.cadence = wishes["scope"], wishes["minimum"], wishes["cadence"]
    row.products = products
    db.session.flush()


def _mail(row: Subscription, template: str, subject: str, **context) -> None:
    mail.queue(
        row.address,
        template,
        list_name=mail.ALERTS,
        subject=subject,
        unsubscribe=signed_links.url(signed_links.STOP, row.handle),
        manage=signed_links.url(signed_links.MANAGE, row.handle),
        has_secret=True,
        **context,
    )


def confirm(row: Subscription) -> None:
    """The address wants alerts: what is published from now on."""
    if row.confirmed_at is None:
        row.confirmed_at = utcnow()
        row.told_id = row.urgent_id = queries.newest_id()
        stopped_addresses.revive_address(row.address)


def change(row: Subscription, wishes: dict) -> None:
    """Other products, another severity, another rhythm; what waits to be told follows the new wishes."""
    _wish(row, wishes, _products(wishes))


def stop(row: Subscription) -> None:
    """Forget the address, and what waits in the queue for it."""
    db.session.execute(delete(OutgoingMail).where(_waiting(row.handle)))
    db.session.delete(row)
    db.session.flush()


def switch(user, *, on: bool, minimum: str, cadence: str) -> None:
    """Turn a member's alerts about what they run on or off; they take the place of any for the address."""
    row = queries.of_member(user)
    if not on:
        if row is not None:
            stop(row)
        return
    if row is None:
        if (other := queries.by_address(user.email)) is not None:
            stop(queries.by_handle(other.handle))
        row = _new(user_id=user.id)
    _wish(row, {"scope": MINE, "minimum": minimum, "cadence": cadence}, [])
    confirm(row)


def forget_unconfirmed(before: datetime) -> None:
    """Drop addresses that somebody wrote into the form and nobody confirmed."""
    for row in db.session.scalars(
        select(Subscription).where(Subscription.confirmed_at.is_(None), Subscription.created_at < before)
    ):
        db.session.delete(row)


def note_published(bulletin_id: int, *, is_exploited: bool) -> None:
    """There is a new bulletin; published a second time it is no news."""
    _note(f"published:{bulletin_id}", bulletin_id, [], is_urgent=is_exploited)


def note_risk(event_id: int, bulletin_id: int, reasons: list[str]) -> None:
    """A bulletin is another risk than before."""
    _note(f"raised:{event_id}", bulletin_id, reasons, is_urgent=True)


def _note(cause: str, bulletin_id: int, reasons: list[str], *, is_urgent: bool) -> None:
    if db.session.scalar(select(AlertNews.id).where(AlertNews.cause == cause)) is None:
        db.session.add(AlertNews(cause=cause, bulletin_id=bulletin_id, reasons=reasons, is_urgent=is_urgent))
        db.session.flush()
