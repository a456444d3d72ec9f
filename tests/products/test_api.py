"""Products through the API: shapes, tokens, roles."""

from datetime import date, timedelta

import pytest

from core.database.db import db
from products import queries

TODAY = date.today()


@pytest.fixture
def debian(make_product):
    return make_product(
        "debian",
        {"12": {"security": TODAY + timedelta(days=9), "extension": False}, "11": {"security": True}},
        name="Debian",
        tags="linux",
    )


def test_a_product_has_its_ends_as_dates_yes_no_or_null(client, debian):
    body = client.get("/api/v1/products/debian").json
    assert (body["kind"], body["title"], body["tags"]) == ("product", "Debian", ["linux"])
    by_cycle = {release["cycle"]: release for release in body["releases"]}
    assert by_cycle["12"]["security"] == str(TODAY + timedelta(days=9))
    assert by_cycle["12"]["extension"] is False
    assert by_cycle["11"]["security"] is True and by_cycle["11"]["active"] is None
    assert by_cycle["12"]["phase"] == "active" and by_cycle["11"]["phase"] == "ended"


def test_lists(client, debian, make_product):
    make_product("zlib", {"1": {"security": False}})
    items = client.get("/api/v1/products?q=deb").json["items"]
    assert [item["slug"] for item in items] == ["debian"] and items[0]["status"] == "ending"
    assert client.get("/api/v1/products?status=nonsense").status_code == 400
    assert [item["slug"] for item in client.get("/api/v1/products?status=supported").json["items"]] == [
        "debian",
        "zlib",
    ]
    [ending] = client.get("/api/v1/lifecycle?days=30").json["items"]
    assert (ending["product"], ending["release"], ending["days_left"]) == ("debian", "12", 9)
    assert client.get("/api/v1/lifecycle?days=5").json["items"] == []
    for query in ("days=-1", "days=99999", "kind=x"):
        assert client.get(f"/api/v1/lifecycle?{query}").status_code == 400
    problem = client.get("/api/v1/products/nothing")
    assert problem.status_code == 404 and problem.mimetype == "application/problem+json"


def test_a_member_keeps_a_list(client, member, as_token, debian):
    headers = as_token(member)
    made = client.post(
        "/api/v1/users/me/products", json={"product": "debian", "release": "12"}, headers=headers
    )
    assert (made.status_code, made.json) == (200, {"added": 1})
    assert client.post(
        "/api/v1/users/me/products", json={"product": "debian", "release": "12"}, headers=headers
    ).json == {"added": 0}
    [item] = client.get("/api/v1/users/me/products", headers=headers).json["items"]
    assert (item["product"], item["release"], item["source"]) == ("debian", "12", "picked")
    assert client.delete(f"/api/v1/users/me/products/{item['id']}", headers=headers).status_code == 204
    assert client.get("/api/v1/users/me/products", headers=headers).json["items"] == []
    assert (
        client.post(
            "/api/v1/users/me/products", json={"product": "debian", "release": "99"}, headers=headers
        ).status_code
        == 422
    )


def test_matching_keeps_nothing(client, member, as_token, debian):
    headers = as_token(member, "read")
    body = {"bomFormat": "CycloneDX", "components": [{"name": "debian", "version": "12.1"}, {"name": "zzz"}]}
    answer = client.post("/api/v1/users/me/products/match", json=body, headers=headers).json
    assert [(m["product"], m["release"], m["how"]) for m in answer["matched"]] == [("debian", "12", "name")]
    assert [c["name"] for c in answer["unmatched"]] == ["zzz"]
    assert client.get("/api/v1/users/me/products", headers=headers).json["items"] == []
    assert client.post("/api/v1/users/me/products/match", data=b"[]", headers=headers).status_code == 422
    large = {**body, "pad": "x" * 4_000_000}
    assert client.post("/api/v1/users/me/products/match", json=large, headers=headers).status_code == 200
    larger = {**body, "pad": "x" * 9_000_000}
    assert client.post("/api/v1/users/me/products/match", json=larger, headers=headers).status_code == 413


def test_a_moderator_writes(client, moderator, as_token):
    headers = as_token(moderator)
    made = client.post(
        "/api/v1/products",
        json={"slug": "w", "name": "Widget", "category": "app", "names": ["pkg:npm/w"]},
        headers=headers,
    )
    assert made.status_code == 201 and made.json["names"] == ["pkg:npm/w"]
    assert (
        client.post(
            "/api/v1/products", json={"slug": "w", "name": "Widget", "category": "app"}, headers=headers
        ).status_code
        == 422
    )
    put = client.put(
        "/api/v1/products/w/releases/1.0", json={"security": "2026-01-31", "active": True}, headers=headers
    )
    assert put.json["security"] == "2026-01-31" and put.json["active"] is True
    put = client.put("/api/v1/products/w/releases/1.0", json={"security": False}, headers=headers)
    assert put.json["security"] is False and put.json["active"] is True, "what is not sent stays"
    patched = client.patch("/api/v1/products/w", json={"vendor": "Acme"}, headers=headers).json
    assert (patched["title"], patched["vendor"]) == ("Widget", "Acme")
    assert (
        client.put("/api/v1/products/w/releases/1.0", json={"security": "soon"}, headers=headers).status_code
        == 422
    )
    assert client.delete("/api/v1/products/w/releases/1.0", headers=headers).status_code == 204
    assert client.delete("/api/v1/products/w", headers=headers).status_code == 204
    assert client.get("/api/v1/products/w").status_code == 404


WRITES = [
    ("POST", "/api/v1/products", {"slug": "new1", "name": "Changed", "category": "app"}),
    ("PATCH", "/api/v1/products/debian", {"name": "Changed"}),
    ("DELETE", "/api/v1/products/debian", {}),
    ("PUT", "/api/v1/products/debian/releases/12", {"security": "2031-01-01"}),
    ("DELETE", "/api/v1/products/debian/releases/12", {}),
]
MINE = [
    ("GET", "/api/v1/users/me/products"),
    ("POST", "/api/v1/users/me/products"),
    ("DELETE", "/api/v1/users/me/products/1"),
    ("POST", "/api/v1/users/me/products/match"),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_members_and_read_tokens_change_nothing(
    client, member, moderator, as_token, debian, method, path, body
):
    assert client.open(path, method=method, json=body).status_code == 401
    assert client.open(path, method=method, json=body, headers=as_token(member)).status_code == 403
    assert client.open(path, method=method, json=body, headers=as_token(moderator, "read")).status_code == 403
    product = queries.full("debian")
    assert product.name == "Debian" and len(product.live_releases) == 2 and queries.full("new1") is None


@pytest.mark.parametrize(("method", "path"), MINE)
def test_a_list_needs_a_token_and_never_a_cookie(client, login, member, method, path):
    assert client.open(path, method=method, json={}).status_code == 401
    assert login(member).open(path, method=method, json={}).status_code == 401


def test_one_cannot_remove_anothers_line(client, member, other, as_token, debian):
    client.post("/api/v1/users/me/products", json={"product": "debian"}, headers=as_token(member))
    [item] = client.get("/api/v1/users/me/products", headers=as_token(member)).json["items"]
    path = f"/api/v1/users/me/products/{item['id']}"
    assert client.delete(path, headers=as_token(other)).status_code == 404
    db.session.expire_all()
    assert len(client.get("/api/v1/users/me/products", headers=as_token(member)).json["items"]) == 1


def test_every_endpoint_is_in_the_document(client):
    paths = client.get("/api/v1/openapi.json").json["paths"]
    assert {path for path in paths if "product" in path or "lifecycle" in path} >= {
        "/api/v1/products",
        "/api/v1/products/{slug}",
        "/api/v1/lifecycle",
        "/api/v1/users/me/products",
    }
