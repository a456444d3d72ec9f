"""Moderators keep the catalogue; everything is kept, undone, announced."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update

from core.database.db import db, utcnow
from core.database.models import Event
from products import actions, queries
from products.change_models import ProductChange
from products.models import Product

PRODUCT = {
    "slug": "widget",
    "name": "Widget",
    "category": "app",
    "vendor": "Acme",
    "tags": "tool",
    "names": "Wid Get\npkg:npm/widget\n\ncpe:2.3:a:acme:widget",
    "description": "A **tool**.",
}
RELEASE = {
    "cycle": "1.0",
    "label": "One",
    "released_on": "2024-01-31",
    "active": "yes",
    "security": "2026-01-31",
    "extension": "no",
    "lts": "2024-06-01",
}


@pytest.fixture
def browser(login, moderator):
    return login(moderator)


@pytest.fixture
def widget(browser):
    browser.post("/products/new", data=PRODUCT)
    browser.post("/products/widget/releases/new", data=RELEASE)
    return queries.full("widget")


def test_a_moderator_adds_a_product_and_its_release(widget):
    assert widget.name == "Widget" and "<strong>" in widget.description_html
    assert [name.line for name in widget.aliases] == ["Wid Get", "pkg:npm/widget", "cpe:2.3:a:acme:widget"]
    [release] = widget.releases
    assert release.ends == {"active": True, "security": date(2026, 1, 31), "extension": False}
    assert release.lts == date(2024, 6, 1) and widget.supported_until == date(2026, 1, 31)


@pytest.mark.parametrize(
    ("field", "value", "hint"),
    [
        ("slug", "Has Space", "lowercase"),
        ("slug", "new", "reserves"),
        ("slug", "", "lowercase"),
        ("name", "x", "2 to 100"),
        ("category", "Not One", "one lowercase word"),
        ("names", "cpe:bad", "Cannot use this line"),
        ("policy_url", "javascript:alert(1)", "https://"),
        ("description", "x" * 100_001, "at most 100,000"),
    ],
)
def test_a_product_that_is_wrong_says_why(browser, field, value, hint):
    answer = browser.post("/products/new", data={**PRODUCT, field: value})
    assert answer.status_code == 422 and hint in answer.text.replace("’", "'")
    assert queries.full("widget") is None


@pytest.mark.parametrize(
    ("field", "value", "hint"),
    [
        ("security", "soon", "YYYY-MM-DD"),
        ("security", "2026-02-30", "YYYY-MM-DD"),
        ("active", "9999-01-01", "YYYY-MM-DD"),
        ("released_on", "yes", "YYYY-MM-DD"),
        ("cycle", "", "letter or digit"),
        ("cycle", "../x", "letter or digit"),
        ("link", "ftp://x", "https://"),
    ],
)
def test_a_release_that_is_wrong_says_why(browser, field, value, hint):
    browser.post("/products/new", data=PRODUCT)
    answer = browser.post("/products/widget/releases/new", data={**RELEASE, field: value})
    assert answer.status_code == 422 and hint in answer.text
    assert queries.full("widget").releases == []


def test_nothing_is_there_twice(browser, widget):
    assert "already" in browser.post("/products/new", data=PRODUCT).text
    assert "already" in browser.post("/products/widget/releases/new", data=RELEASE).text


def test_the_forms_show_what_is_there(browser, widget):
    text = browser.get("/products/widget/edit").text
    assert "Wid Get\npkg:npm/widget" in text and "A **tool**." in text
    text = browser.get(f"/products/widget/releases/{widget.releases[0].id}/edit").text
    assert 'value="yes"' in text and 'value="2026-01-31"' in text and 'value="no"' in text


def test_an_edit_is_kept_and_undone(browser, widget):
    path = f"/products/widget/releases/{widget.releases[0].id}/edit"
    assert browser.post(path, data={**RELEASE, "security": "2030-01-01", "label": "Uno"}).status_code == 302
    db.session.expire_all()
    product = queries.full("widget")
    assert product.releases[0].ends["security"] == date(2030, 1, 1)
    change = db.session.scalar(select(ProductChange).order_by(ProductChange.id.desc()))
    assert change.facts == {"label": ["One", "Uno"], "security": ["2026-01-31", "2030-01-01"]}
    assert "2026-01-31" in browser.get("/products/widget/history").text
    browser.post(f"/products/widget/history/{change.id}/undo")
    db.session.expire_all()
    product = queries.full("widget")
    assert (product.releases[0].label, product.releases[0].ends["security"]) == ("One", date(2026, 1, 31))


def test_names_and_texts_are_undone_too(browser, widget):
    browser.post("/products/widget/edit", data={**PRODUCT, "names": "Other", "description": "New"})
    change = db.session.scalar(select(ProductChange).order_by(ProductChange.id.desc()))
    browser.post(f"/products/widget/history/{change.id}/undo")
    db.session.expire_all()
    product = queries.full("widget")
    assert sorted(name.line for name in product.aliases) == [
        "Wid Get",
        "cpe:2.3:a:acme:widget",
        "pkg:npm/widget",
    ]
    assert product.description == "A **tool**." and "<strong>" in product.description_html


def test_saving_without_a_change_leaves_no_trace(browser, widget):
    before = db.session.scalar(select(func.count()).select_from(ProductChange))
    browser.post("/products/widget/edit", data=PRODUCT)
    browser.post(f"/products/widget/releases/{widget.releases[0].id}/edit", data=RELEASE)
    assert db.session.scalar(select(func.count()).select_from(ProductChange)) == before


def test_removed_is_gone_everywhere_and_comes_back(browser, client, widget, drain):
    drain()
    places = (
        "/products",
        "/products/widget",
        "/products/widget/history",
        "/products/widget.ics",
        "/search?q=widget",
        "/lifecycle.json?days=3650",
        "/products.json",
        "/products.atom",
        "/sitemap/pages.xml",
        "/api/v1/products",
        "/api/v1/products/widget",
        "/products/suggest?q=wid",
    )
    assert "Widget" in client.get("/products").text and "Widget" in client.get("/search?q=widget").text
    browser.post("/products/widget/remove")
    for place in places:
        answer = client.get(place)
        assert answer.status_code == 404 or "/products/widget" not in answer.text, place
    drain()
    assert "/products/widget" not in client.get("/search?q=widget").text
    assert browser.get("/products/widget/history").status_code == 200
    change = db.session.scalar(select(ProductChange).where(ProductChange.verb == "removed"))
    browser.post(f"/products/widget/history/{change.id}/undo")
    assert client.get("/products/widget").status_code == 200


def test_a_removed_release_no_longer_counts(browser, client, widget):
    browser.post(f"/products/widget/releases/{widget.releases[0].id}/remove")
    db.session.expire_all()
    product = queries.full("widget")
    assert product.supported_until is None and product.live_releases == []
    assert "2026-01-31" not in client.get("/products/widget.ics").text


def test_a_moderator_settles_a_dispute_in_the_browser(browser, widget):
    release = widget.releases[0]
    actions.apply_import(release, {"security": date(2027, 7, 7)}, source="elsewhere")
    db.session.commit()
    assert "2027-07-07" in browser.get("/products/widget").text
    assert "2027-07-07" in browser.get("/products/conflicts").text
    [conflict] = queries.conflicts()
    browser.post(f"/products/conflicts/{conflict.id}", data={"decision": "take"})
    db.session.expire_all()
    assert queries.full("widget").releases[0].ends["security"] == date(2027, 7, 7)
    assert browser.post(f"/products/conflicts/{conflict.id}").status_code == 404


def test_a_changed_date_raises_the_sequence_and_is_told(browser, widget):
    phase = next(p for p in widget.releases[0].phases if p.kind == "security")
    path = f"/products/widget/releases/{widget.releases[0].id}/edit"
    for day in ("2026-02-28", "2026-02-28", "2026-03-31"):
        browser.post(path, data={**RELEASE, "security": day})
    db.session.refresh(phase)
    assert phase.sequence == 2
    events = db.session.scalars(select(Event).where(Event.name == "release.dates_changed")).all()
    assert len(events) == 2 and events[0].subject_kind == "release"


GUARDED = [
    ("GET", "/products/new"),
    ("POST", "/products/new"),
    ("GET", "/products/widget/edit"),
    ("POST", "/products/widget/edit"),
    ("GET", "/products/widget/releases/new"),
    ("POST", "/products/widget/releases/new"),
    ("GET", "/products/widget/releases/{id}/edit"),
    ("POST", "/products/widget/releases/{id}/edit"),
    ("POST", "/products/widget/releases/{id}/remove"),
    ("POST", "/products/widget/remove"),
    ("POST", "/products/widget/history/{change}/undo"),
    ("GET", "/products/conflicts"),
    ("POST", "/products/conflicts/1"),
]


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_only_moderators_edit(client, login, member, widget, method, path):
    change = db.session.scalar(select(func.min(ProductChange.id)))
    path = path.format(id=widget.releases[0].id, change=change)
    before = db.session.scalar(select(func.count()).select_from(ProductChange))
    data = {**PRODUCT, **RELEASE, "name": "Changed", "security": "2031-01-01"}
    expected = 302 if method == "GET" else 401  # a form that was sent is given back beside the log-in form
    assert client.open(path, method=method, data=data).status_code == expected, "visitors log in first"
    assert login(member).open(path, method=method, data=data).status_code == 403
    assert db.session.scalar(select(func.count()).select_from(ProductChange)) == before


def test_a_suspended_moderator_only_reads(login, moderator, widget):
    moderator.suspended_until = utcnow() + timedelta(days=1)
    db.session.commit()
    assert login(moderator).post("/products/widget/remove").status_code == 403


def test_what_somebody_else_undid_meanwhile_is_not_undone_twice(widget, moderator):
    """The rows that a request has read are read again once they are locked."""

    def changes():
        return db.session.scalar(select(func.count(ProductChange.id)))

    def meanwhile(**values):
        db.session.flush()
        db.session.execute(
            update(Product)
            .where(Product.id == widget.id)
            .values(**values)
            .execution_options(synchronize_session=False)
        )

    actions.edit(widget, {"vendor": "Other"}, by=moderator)
    change = db.session.scalar(select(ProductChange).order_by(ProductChange.id.desc()))
    before = changes()
    meanwhile(vendor="Acme")
    actions.undo(change, by=moderator)
    assert changes() == before
    actions.remove(widget, by=moderator)
    before = changes()
    meanwhile(removed_at=None)
    actions.restore(widget, by=moderator)
    assert changes() == before
    meanwhile(removed_at=utcnow())
    actions.remove(widget, by=moderator)
    assert changes() == before
