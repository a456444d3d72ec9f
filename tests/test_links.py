"""Every link, picture and form of every page of the demo site leads somewhere, whoever reads it.

A page is asked for once for each endpoint and names of arguments: two questions have the same links.
"""

import shutil
from collections import deque
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from sqlalchemy import select
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import RequestRedirect

from app import create_app
from auth import actions as auth_actions
from auth.models import User
from core.database.db import db

pytestmark = pytest.mark.long
MAX_REQUESTS = 400
MIN_PAGES = 60  # fewer would mean that the walk ended early
ROLES = ("visitor", "member", "moderator", "administrator")
ADDRESSES = {"a": "href", "link": "href", "img": "src", "script": "src", "form": "action"}
BY_SCRIPTS = ("data-suggest",)  # asked for by scripts, with a query of their own


class Links(HTMLParser):
    """The addresses in a page, each with the method that a browser would use."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        method = values.get("method") or "get"
        if (address := values.get(ADDRESSES.get(tag, ""))) is not None:
            self.found.append((method.upper(), address))
        self.found += [("GET", values[name]) for name in BY_SCRIPTS if values.get(name)]


@pytest.fixture(scope="module")
def demo(tmp_path_factory, empty_database):
    """A site with the demo community, as `make run` serves it."""
    folder = tmp_path_factory.mktemp("links")
    shutil.copy(empty_database, folder / "redoubt.db")
    app = create_app(REDOUBT_INSTANCE=folder, REDOUBT_WORKER="off", REDOUBT_RATE_LIMITS="off")
    app.testing = True
    printed = app.test_cli_runner().invoke(args=["seed"])
    assert printed.exit_code == 0, printed.output
    yield app
    with app.app_context():
        db.engine.dispose()


def client_of(app, role: str):
    """A client of somebody with this role; the member is the one who has earned most."""
    client = app.test_client()
    if role == "visitor":
        return client
    with app.app_context():
        user = db.session.scalar(select(User).where(User.role == role).order_by(User.reputation.desc()))
        token = auth_actions.open_session(user, user_agent="test")
        db.session.commit()
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = token, True
    return client


def shape_of(app, method: str, address: str) -> tuple | None:
    """The endpoint that answers, with the names of its arguments and of the query; None when none does."""
    parts = urlsplit(address)
    try:
        endpoint, arguments = app.url_map.bind("localhost").match(parts.path, method=method)
    except RequestRedirect as redirect:
        return ("redirect", redirect.new_url)
    except (MethodNotAllowed, HTTPException):
        return None
    names = [pair.partition("=")[0] for pair in parts.query.split("&") if pair]
    fixed = arguments.get("filename") if endpoint == "static" else None
    return (method, endpoint, fixed, *sorted(arguments), *sorted(set(names)))


def links_of(page: str, text: str) -> list[tuple[str, str]]:
    """(method, path and query) of what the page links to on this site."""
    parser = Links()
    parser.feed(text)
    found = []
    for method, address in parser.found:
        whole = urlsplit(urljoin(f"http://localhost{page}", address))
        if whole.scheme == "http" and whole.netloc == "localhost":
            found.append((method, f"{whole.path}?{whole.query}" if whole.query else whole.path))
    return found


@pytest.mark.parametrize("role", ROLES)
def test_every_link_leads_somewhere(demo, role):
    client, broken = client_of(demo, role), []
    seen, waiting, requests, pages = set(), deque([("/", "/")]), 0, 0
    while waiting and requests < MAX_REQUESTS:
        page, address = waiting.popleft()
        answer = client.get(address)
        requests += 1
        if answer.status_code >= 400:
            broken.append(f"{page} → {address}: {answer.status_code}")
        if answer.mimetype != "text/html" or answer.status_code != 200:
            continue
        pages += 1
        for method, target in links_of(address, answer.text):
            shape = shape_of(demo, method, target)
            if shape is None:
                broken.append(f"{address} → {method} {target}: no view answers")
            elif shape not in seen:
                seen.add(shape)
                waiting += [(address, target)] if method == "GET" else []
    assert not broken, "\n".join(broken)
    assert not waiting, f"{len(waiting)} addresses were not followed"
    assert pages >= MIN_PAGES
