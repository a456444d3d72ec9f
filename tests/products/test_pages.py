"""Pages everybody reads: what they show, how many queries they take."""

import csv
import io
from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup

from core.database import paging
from core.markup.markup import render
from products import actions, names, queries
from products.lifecycle.timeline import MAX_LINES, draw

TODAY = date.today()


def ends(days):
    return {"released_on": date(2020, 1, 1), "security": TODAY + timedelta(days=days)}


def test_a_product_shows_its_phases_dates_and_names(client, make_product):
    make_product(
        "nt",
        {
            "4.0": {
                "label": "4.0 SP6a",
                "released_on": date(1996, 7, 29),
                "active": True,
                "security": date(2004, 6, 30),
            }
        },
        name="Windows NT",
        names=[names.parse("Win NT"), names.parse("cpe:2.3:o:microsoft:windows_nt")],
        description=render("Extended **once**."),
        policy_url="https://example.org/policy",
    )
    page = client.get("/products/nt")
    soup = BeautifulSoup(page.text, "html.parser")
    row = soup.select_one("table.releases tbody tr").get_text(" ", strip=True)
    assert "4.0 SP6a" in row and "30 Jun 2004" in row and "ended" in row and "Ended (date unknown)" in row
    assert "<strong>once</strong>" in page.text and "cpe:2.3:o:microsoft:windows_nt" in page.text
    assert soup.select_one("svg.timeline title") and soup.select_one("svg.timeline desc")
    assert not soup.select("[style]"), "the policy of contents allows no style attribute"


def test_hostile_names_are_text(client, make_product):
    make_product(
        "x",
        {"1": {"label": "<script>alert(1)</script>", "security": TODAY}},
        name="<img src=x onerror=alert(1)>",
    )
    for path in ("/products/x", "/products", "/lifecycle", "/products/x/history", "/products.atom"):
        text = client.get(path).text
        assert "<script>alert" not in text and "<img src=x" not in text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("deb", True),
        ("LINUX deb", True),
        ("ebian", False),
        ("win", False),
        ("", True),
        ("%", True),
        ("🙂", True),
    ],
)
def test_search_takes_words_as_they_begin(client, make_product, text, found):
    make_product("debian", name="Debian Linux")
    assert ("/products/debian" in client.get("/products", query_string={"q": text}).text) is found


def test_suggestions(client, make_product):
    make_product("debian", name="Debian")
    assert client.get("/products/suggest?q=de").json == {
        "items": [{"text": "Debian", "url": "/products/debian", "kind": ""}]
    }
    assert client.get("/products/suggest?q=").json == {"items": []}


def test_filters_and_status(client, make_product):
    make_product("alive", {"1": ends(400)}, vendor="Acme")
    make_product("soon", {"1": ends(30), "2": ends(900)}, category="app")
    make_product("gone", {"1": ends(-1)})
    make_product("open", {"1": {"security": False}})
    make_product("over", {"1": {"security": True}})
    make_product("blank", {"1": {}})

    def listed(**arguments):
        soup = BeautifulSoup(client.get("/products", query_string=arguments).text, "html.parser")
        return {a["href"].removeprefix("/products/") for a in soup.select("main tbody th a")}

    assert listed(status="ended") == {"gone", "over"}
    assert listed(status="ending") == {"soon"}
    assert listed(status="supported") == {"alive", "soon", "open"}
    assert listed(status="unknown") == {"blank"}
    assert listed(category="app") == {"soon"} and listed(vendor="Acme") == {"alive"}
    assert len(listed(status="nonsense")) == 6


def test_pages_follow_each_other_and_a_foreign_cursor_starts_again(client, make_product):
    for number in range(queries.PAGE_SIZE + 3):
        make_product(f"p{number:03}")
    first = BeautifulSoup(client.get("/products").text, "html.parser")
    second = BeautifulSoup(client.get(first.select_one("a[rel=next]")["href"]).text, "html.parser")
    seen = [a["href"] for soup in (first, second) for a in soup.select("main tbody th a")]
    assert len(seen) == len(set(seen)) == queries.PAGE_SIZE + 3
    for cursor in (
        "WzEsMl0",
        "WyJhIiwgImIiXQ",
        "x",
        "W3sidCI6IjIwMjYtMDEtMDEifSwgMV0",
        paging.encode_cursor(["a\x00", 1]),
        paging.encode_cursor(["\ud800", 1]),
    ):
        assert client.get(f"/products?after={cursor}").status_code == 200
        assert client.get(f"/lifecycle?after={cursor}").status_code == 200


def test_an_alias_leads_to_its_product(client, make_product):
    make_product("go", names=[names.parse("golang")])
    assert client.get("/products/golang").headers["Location"] == "/products/go"
    for path in ("/products/nothing", "/products/%00", "/products/" + "x" * 300, "/products/A%20B"):
        assert client.get(path).status_code == 404


def test_what_ends_and_what_ended(client, make_product):
    make_product(
        "x",
        {
            "today": ends(0),
            "soon": ends(29),
            "later": ends(89),
            "far": ends(300),
            "lately": ends(-1),
            "long-ago": ends(-40),
            "open": {"security": False},
        },
    )

    def listed(path):
        tables = BeautifulSoup(client.get(path).text, "html.parser").select("table")
        return [[a.get_text().removeprefix("X ") for a in table.select("tbody a")] for table in tables]

    assert listed("/lifecycle?days=30") == [["today", "soon"], ["lately"]]
    assert listed("/lifecycle") == [["today", "soon", "later"], ["lately"]]
    assert listed("/lifecycle?days=365")[0] == ["today", "soon", "later", "far"]
    assert listed("/lifecycle?category=app") == []
    for days in ("0", "-5", "999999999999", "x"):
        assert client.get(f"/lifecycle?days={days}").status_code == 200


def test_exports_are_safe_and_whole(client, make_product):
    make_product("x", {"1": ends(5)}, name="=HYPERLINK(1)")
    for path in ("/products.csv", "/lifecycle.csv"):
        answer = client.get(path)
        [row] = csv.DictReader(io.StringIO(answer.text))
        assert row.get("name", row["title" if "title" in row else "name"]).startswith("'=")
        assert "attachment" in answer.headers["Content-Disposition"]
    assert client.get("/products.json").json[0]["name"] == "=HYPERLINK(1)"
    assert client.get("/lifecycle.json").json[0]["days_left"] == 5
    assert client.get("/products.exe").status_code == 404
    assert client.get("/products.csv?status=ended").text == "\r\n", "nothing to export is an empty file"


def test_posts_under_a_tag_of_that_name(client, make_product, make_question):
    question = make_question(tags=("debian",))
    make_product("debian")
    assert question.url in client.get("/products/debian").text


def many(make_product, count):
    for number in range(count):
        make_product(
            f"product-{number}",
            {str(n): ends(n) for n in range(1, 12)},
            names=[names.parse(f"alias {number}")],
        )


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/products", 5),
        ("/products/product-0", 10),
        ("/lifecycle", 5),
        ("/products/product-0/history", 6),
        ("/products.atom", 2),
        ("/lifecycle.ics", 2),
        ("/api/v1/products", 3),
        ("/api/v1/products/product-0", 5),
        ("/api/v1/lifecycle", 2),
    ],
)
def test_queries_do_not_grow_with_the_list(client, make_product, count_queries, path, most):
    many(make_product, 2)
    with count_queries() as few:
        assert client.get(path).status_code == 200
    for number in range(2, 12):
        make_product(f"product-{number}", {str(n): ends(n) for n in range(1, 20)})
    product = queries.full("product-0")
    for number in range(20, 40):
        actions.add_release(product, str(number), ends(number))
    with count_queries() as lots:
        assert client.get(path).status_code == 200
    selects = [s for s in lots if s.startswith("SELECT")]
    assert len(selects) == len([s for s in few if s.startswith("SELECT")]) <= most, selects


def test_long_pictures_keep_what_lives(make_product):
    product = make_product("x", {f"{n}": ends(-n if n > 3 else 100) for n in range(1, 60)})
    picture = draw(product.live_releases, TODAY)
    assert len(picture.lines) == MAX_LINES and picture.left_out == 59 - MAX_LINES
    assert {line.label for line in picture.lines} >= {"1", "2", "3"}
    for line in picture.lines:
        assert all(0 <= bar.x < bar.x + bar.width <= picture.width + 1 for bar in line.bars)


def test_the_front_page_shows_what_ends(client, make_product):
    make_product("x", {"1": ends(5)})
    assert "/products/x" in client.get("/").text and "/products/x" in client.get("/sitemap/pages.xml").text
