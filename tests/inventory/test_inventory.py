"""Members' products: by hand, from a file, in a private calendar."""

import io
import json
from datetime import date, timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import func, select

from auth.erasure import export_account
from core.database.db import db
from core.jobs import events
from inventory import actions
from inventory import queries as owned_queries
from products import names, queries
from products.models import OwnedRelease

TODAY = date.today()


def ends(days, **more):
    return {"security": TODAY + timedelta(days=days), **more}


@pytest.fixture
def debian(make_product):
    return make_product(
        "debian",
        {"12": ends(100, active=TODAY + timedelta(days=100)), "11": ends(-10), "10": {"security": True}},
        names=[names.parse("pkg:docker/library/debian")],
    )


@pytest.fixture
def browser(login, member):
    return login(member)


def rows(member):
    return [
        (row.product.slug, row.release.cycle if row.release else None) for row in owned_queries.owned(member)
    ]


def test_a_member_picks_and_removes(browser, member, debian):
    assert "Add to my products" in browser.get("/products/debian").text
    assert browser.post("/settings/products", data={"product": "debian", "release": "12"}).status_code == 302
    browser.post("/settings/products", data={"product": "debian", "release": ""})
    browser.post("/settings/products", data={"product": "debian", "release": "12"})
    assert rows(member) == [("debian", "12"), ("debian", None)], "the same line once"
    assert "Debian 12" in browser.get("/settings/products").text
    assert "In your products" in browser.get("/products/debian").text
    for row in owned_queries.owned(member):
        browser.post(f"/settings/products/{row.id}/remove")
    assert rows(member) == []


@pytest.mark.parametrize(
    ("product", "release", "status"), [("nothing", "", 404), ("debian", "99", 403), ("", "", 404)]
)
def test_what_is_not_there_cannot_be_picked(browser, member, debian, product, release, status):
    answer = browser.post("/settings/products", data={"product": product, "release": release})
    assert answer.status_code == status
    assert rows(member) == []


def test_a_list_is_private_to_its_member(login, other, browser, member, debian):
    browser.post("/settings/products", data={"product": "debian", "release": "12"})
    [row] = owned_queries.owned(member)
    assert "Debian 12" not in login(other).get("/settings/products").text
    assert login(other).post(f"/settings/products/{row.id}/remove").status_code == 404
    assert rows(member) == [("debian", "12")]


def test_search_to_pick(browser, debian):
    text = browser.get("/settings/products?q=deb").text
    assert '<option value="12">12</option>' in text and 'name="product" value="debian"' in text


def test_a_full_list_says_so(browser, member, debian, monkeypatch):
    monkeypatch.setattr(actions, "MAX_OWNED", 1)
    for release in ("12", "11"):
        browser.post("/settings/products", data={"product": "debian", "release": release})
    assert "full" in browser.get("/settings/products").text and len(rows(member)) == 1


def test_only_mine_on_the_life_cycle_page(browser, make_product, debian):
    make_product("other", {"1": ends(5)})
    browser.post("/settings/products", data={"product": "debian", "release": "12"})
    text = browser.get("/lifecycle?days=365&mine=1").text
    assert "/products/debian" in text and "/products/other" not in text
    assert "/products/other" in browser.get("/lifecycle?days=365").text
    home = browser.get("/").text
    assert "My products ending soon" not in home or "/products/other" not in home


SBOM = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "components": [
        {"type": "operating-system", "name": "debian", "version": "12.4"},
        {"type": "library", "name": "left-pad", "version": "1.0", "purl": "pkg:npm/left-pad@1.0"},
        {"type": "library", "name": "=evil()", "version": "+1"},
    ],
}


def upload(browser, content, name="bom.json"):
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return browser.post(
        "/settings/products/sbom", data={"sbom": (io.BytesIO(raw), name)}, content_type="multipart/form-data"
    )


def test_a_file_is_shown_first_and_kept_only_when_confirmed(browser, member, debian):
    answer = upload(browser, SBOM)
    assert answer.status_code == 200 and "Debian 12" in answer.text and "left-pad" in answer.text
    assert rows(member) == [], "nothing is kept before one says so"
    release = next(r for r in queries.full("debian").releases if r.cycle == "12")
    browser.post("/settings/products/sbom/keep", data={"pick": f"{release.product_id}:{release.id}"})
    assert rows(member) == [("debian", "12")]
    assert owned_queries.owned(member)[0].source == "sbom"


def test_what_was_not_offered_is_not_kept(browser, member, debian, make_product):
    other = make_product("other", {"1": {}})
    alien = other.releases[0].id
    browser.post(
        "/settings/products/sbom/keep",
        data={"pick": ["", "x", f"{debian.id}:{alien}", "999999:", f"{debian.id}:999999", "1:2:3"]},
    )
    assert rows(member) == []


def test_unmatched_are_listed_and_saved_safely(browser, debian):
    assert "2 components did not match" in upload(browser, SBOM).text
    answer = browser.post(
        "/settings/products/sbom/unmatched.csv", data={"unmatched": "\n\t=evil()\t+1\t\t\n"}
    )
    assert "'=evil(),'+1" in answer.text and answer.mimetype == "text/csv"


@pytest.mark.parametrize("content", [b"", b"[1]", b"{", b'{"bomFormat": "SPDX"}', b"<x/>", b"\x00\xff"])
def test_a_wrong_file_is_refused_with_a_sentence(browser, content):
    answer = upload(browser, content)
    assert answer.status_code == 302
    assert 'role="alert"' in browser.get("/settings/products").text


class TestLargeFiles:
    """With the check against forged requests on, as in life: it reads the form first."""

    def post(self, app, browser, size):
        app.config["WTF_CSRF_ENABLED"] = True
        page = browser.get("/settings/products").text
        token = page.split('name="csrf_token" value="')[1].split('"')[0]
        raw = json.dumps({**SBOM, "pad": "x" * size}).encode()
        return browser.post(
            "/settings/products/sbom",
            content_type="multipart/form-data",
            data={"csrf_token": token, "sbom": (io.BytesIO(raw), "bom.json")},
        )

    def test_four_megabytes_are_read(self, app, browser, debian):
        assert "Debian 12" in self.post(app, browser, 4_000_000).text

    def test_nine_are_read_in_the_background(self, app, browser, debian):
        answer = self.post(app, browser, 9_000_000)
        assert answer.status_code == 302 and "/my/uploads/" in answer.headers["Location"]

    def test_thirty_three_are_not(self, app, browser, debian):
        assert self.post(app, browser, 34_000_000).status_code == 413

    def test_other_pages_take_less(self, app, browser):
        answer = browser.post(
            "/settings/products",
            content_type="multipart/form-data",
            data={"product": (io.BytesIO(b"x" * 3_000_000), "x")},
        )
        assert answer.status_code == 413


def address(member, browser):
    browser.post("/settings/products/calendar")
    row = owned_queries.address_of(member)
    return f"/my/{actions.calendar_secret(row)}.ics"


def test_the_private_calendar_has_the_ends_of_my_products(browser, client, member, debian, make_product):
    make_product("other", {"1": ends(5)})
    browser.post("/settings/products", data={"product": "debian", "release": "12"})
    path = address(member, browser)
    assert path in browser.get("/settings/products").text, "it can be shown again"
    answer = client.get(path)
    [event] = [each for each in Calendar.from_ical(answer.text).events if each["uid"].startswith("phase-")]
    assert event["summary"] == "Debian 12: security support ends", "not twice for the same day"
    assert "no-store" in answer.headers["Cache-Control"] and answer.headers["X-Robots-Tag"] == "noindex"
    assert client.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_a_new_address_kills_the_old(browser, client, member, debian):
    old = address(member, browser)
    new = address(member, browser)
    assert old != new
    assert client.get(old).status_code == 404 and client.get(new).status_code == 200


def test_wrong_secrets_look_like_absent_ones(browser, client, member, debian):
    right = address(member, browser)
    secret = right.removeprefix("/my/").removesuffix(".ics")
    absent = client.get("/my/x.ics").text.replace("/my/x.ics", "")
    for wrong in (secret[:-1], secret + "0", secret[:22] + "0" * 32, secret[:22], secret.swapcase()):
        answer = client.get(f"/my/{wrong}.ics")
        assert answer.status_code == 404 and answer.text.replace(f"/my/{wrong}.ics", "") == absent
    for odd in ("é" * 54, "%00" * 54, "a" * 3000):
        assert client.get(f"/my/{odd}.ics").status_code == 404
    assert owned_queries.address_of(member).handle != secret, "the database alone opens nothing"


def test_another_signing_key_ends_every_address(app, browser, client, member, debian):
    path = address(member, browser)
    app.config["SECRET_KEY"] = "another"
    assert client.get(path).status_code == 404


def test_erased_members_leave_nothing(browser, client, member, debian, drain):
    browser.post("/settings/products", data={"product": "debian", "release": "12"})
    path = address(member, browser)
    events.record("user.erased", subject=member)
    drain()
    assert db.session.scalar(select(func.count()).select_from(OwnedRelease)) == 0
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/settings/products"),
        ("POST", "/settings/products"),
        ("GET", "/settings/products.csv"),
        ("POST", "/settings/products/1/remove"),
        ("POST", "/settings/products/sbom"),
        ("POST", "/settings/products/sbom/keep"),
        ("POST", "/settings/products/sbom/unmatched.csv"),
        ("POST", "/settings/products/calendar"),
    ],
)
def test_visitors_log_in_first(client, method, path):
    answer = client.open(path, method=method)
    assert answer.status_code == 302 and "/login" in answer.headers["Location"]


def test_my_list_as_a_file(browser, member, debian):
    browser.post("/settings/products", data={"product": "debian", "release": "11"})
    [row] = browser.get("/settings/products.json").json
    assert (row["product"], row["release"], row["phase"]) == ("debian", "11", "ended")
    assert browser.get("/settings/products.csv").text.count("\r\n") == 2


def test_a_product_removed_here_stays_on_the_list_with_a_remark(browser, moderator, login, debian):
    browser.post("/settings/products", data={"product": "debian", "release": "12"})
    login(moderator).post("/products/debian/remove")
    assert "no longer listed" in browser.get("/settings/products").text
    assert queries.full("debian") is None


def test_it_is_in_the_file_of_ones_data(browser, member, debian):
    browser.post("/settings/products", data={"product": "debian", "release": "12"})
    [line] = json.loads(export_account.document(member))["products"]
    assert (line["product"], line["release"]) == ("debian", "12")
