"""An owner with a password, the mails that were queued, and the links in them."""

import re

import pytest
from sqlalchemy import select

from auth.passwords import passwords
from core.database.db import db
from core.database.models import OutgoingMail

OWN, NEW = "violet kettle orbit 93 marsh", "copper lantern 58 willow drift"


@pytest.fixture
def owner(make_user):
    """A member with the password OWN."""
    user = make_user("ophelia", reputation=300)
    user.password_hash = passwords.hash_password(OWN)
    db.session.commit()
    return user


@pytest.fixture
def mails(app):
    """mails(to=None) → every mail that was queued, oldest first."""

    def read(to=None):
        db.session.commit()
        rows = select(OutgoingMail).order_by(OutgoingMail.id).execution_options(populate_existing=True)
        found = list(db.session.scalars(rows if to is None else rows.where(OutgoingMail.recipient == to)))
        db.session.commit()
        return found

    return read


@pytest.fixture
def link(mails):
    """link(kind, to=None) → the path in the newest mail that has one of this kind."""

    def find(kind, to=None):
        return next(
            found[0] for mail in reversed(mails(to)) if (found := re.search(rf"/{kind}/[\w/-]+", mail.body))
        )

    return find
