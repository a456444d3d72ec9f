"""Products for the tests: `make_product("debian", {"12": {"security": date(…)}})`."""

import pytest

from auth import actions as auth_actions
from core.database.db import db
from products import actions


@pytest.fixture
def make_product(app):
    """make_product(slug="debian", releases={cycle: facts}, **facts) → Product, committed."""

    def make(slug="debian", releases=None, *, by=None, **facts):
        product = actions.create(
            slug, {"name": slug.title(), "category": "os", **facts}, releases or {}, by=by
        )
        db.session.commit()
        return product

    return make


@pytest.fixture
def as_token(app):
    """as_token(user, scope) → headers that let a program act for `user`."""

    def make(user, scope="write"):
        token = auth_actions.make_token(user, "test", scope)
        db.session.commit()
        return {"Authorization": f"Bearer {token}"}

    return make
