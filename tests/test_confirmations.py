"""What takes something away, or is mailed to many, asks first on a page, and acts on POST."""

import re

import pytest

from auth import actions as auth_actions
from auth import queries as auth_queries
from bulletins import actions as bulletin_actions
from bulletins.mitigations import actions
from bulletins.models import Mitigation
from core.database.db import db
from products.models import Release
from tests.deployment.conftest import make_bulletin, make_product  # noqa: F401  (fixtures)
from tests.test_architecture import ROOT


def fields(page):
    form = re.search(r'<form class="form" method="post">.*?</form>', page, re.DOTALL)[0]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))


@pytest.fixture
def asked(login):
    """asked(user, path): look at the page, then send its form; returns the page and the answer."""

    def ask(user, path):
        client = login(user)
        page = client.get(path)
        assert page.status_code == 200 and "What will happen" in page.text, page.text[:2000]
        return page.text, lambda: client.post(path, data=fields(page.text))

    return ask


def test_publishing_a_bulletin(asked, client, make_bulletin, moderator):
    bulletin = make_bulletin()
    bulletin_actions.unpublish(bulletin, by=moderator)
    bulletin.is_told = False
    db.session.commit()
    page, send = asked(moderator, f"{bulletin.url}/publish")
    assert "gets an email" in page and client.get(bulletin.url).status_code == 404
    assert send().status_code == 302 and client.get(bulletin.url).status_code == 200


def test_removing_a_mitigation(asked, make_bulletin, moderator):
    bulletin = make_bulletin()
    facts = {"kind": "mitigation", "layer": "host", "text": "Close the port."}
    made = actions.add(bulletin, facts, by=moderator)
    db.session.commit()
    _page, send = asked(moderator, f"{bulletin.url}/mitigations/{made.id}/remove")
    assert db.session.scalar(db.select(db.func.count(Mitigation.id))) == 1
    assert send().status_code == 302
    assert db.session.scalar(db.select(db.func.count(Mitigation.id))) == 0


def test_revoking_a_token(asked, login, member, other):
    auth_actions.make_token(member, "laptop", "read", last_day=None)
    db.session.commit()
    (row,) = auth_queries.api_tokens_of(member)
    assert login(other).get(f"/settings/tokens/{row.id}/revoke").status_code == 302
    page, send = asked(member, f"/settings/tokens/{row.id}/revoke")
    assert "laptop" in page and len(auth_queries.api_tokens_of(member)) == 1
    assert send().status_code == 302 and auth_queries.api_tokens_of(member) == []


def test_a_new_calendar_address(asked, member):
    page, send = asked(member, "/settings/products/calendar")
    assert "will stop working" in page and send().status_code == 302


def test_a_product_and_its_release(asked, client, make_product, moderator):
    make_product("widget", {"1": {}, "2": {}})
    release = db.session.scalar(db.select(Release).order_by(Release.id))
    _page, send = asked(moderator, f"/products/widget/releases/{release.id}/remove")
    db.session.refresh(release)
    assert release.removed_at is None and send().status_code == 302
    db.session.refresh(release)
    assert release.removed_at is not None
    _page, send = asked(moderator, "/products/widget/remove")
    assert client.get("/products/widget").status_code == 200
    assert send().status_code == 302 and client.get("/products/widget").status_code in (404, 410)


def test_no_act_asks_by_script_alone():
    assert not [path for path in (ROOT / "templates").rglob("*.html") if "data-confirm" in path.read_text()]
