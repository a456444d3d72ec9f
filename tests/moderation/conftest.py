"""Several people in one test: the context of the test must not remember the one before."""

import pytest
from flask import g


@pytest.fixture(autouse=True)
def each_request_asks_who_it_is(app):
    """Forget the reader that an earlier request in this context found."""

    def forget():
        for name in ("_login_user", "api_user", "api_scope"):
            g.pop(name, None)

    app.before_request_funcs.setdefault(None, []).insert(0, forget)
