"""A document with thousands of products: a small page, the affected and the fixed ones first."""

import pytest

from advisories import advisory as adv
from bulletins import product_queries
from tests.bulletins.conftest import fix

PRODUCTS = 3_000
MAX_BYTES = 300_000


@pytest.fixture
def long(make_advisory, store):
    """A bulletin with PRODUCTS products: the last are affected and fixed, all others are not."""
    entries = [
        adv.ProductEntry(f"P{n}", f"Acme package-{n} for a system with a long name", "Acme", "", f"{n}.0")
        for n in range(PRODUCTS)
    ]
    ids = [each.id for each in entries]
    hole = adv.Vulnerability(
        cve="CVE-2026-1001",
        status={
            "known_not_affected": tuple(ids[:-300]),
            "fixed": tuple(ids[-300:-150]),
            "known_affected": tuple(ids[-150:]),
        },
        remedies=[fix(*ids[-300:], update=f"U{n}") for n in range(60)],
        notes=[adv.Note("details", f"{n} " * 400) for n in range(40)],
    )
    more = [
        adv.Vulnerability(
            cve=f"CVE-2026-{2000 + n}",
            status={"known_affected": (ids[-1],)},
            notes=[adv.Note("description", "word " * 600)],
        )
        for n in range(120)
    ]
    return store(make_advisory(products=entries, vulnerabilities=[hole, *more])).bulletin


def test_the_page_is_small_and_shows_what_matters_first(client, long):
    answer = client.get(long.url)
    assert len(answer.data) < MAX_BYTES
    text = answer.text
    assert f"The first affected and fixed products of {PRODUCTS} are shown" in text
    table = text[text.index('id="products"') :]
    affected, fixed = (table.index(f"Acme package-{PRODUCTS - n} for") for n in (150, 300))  # the first ones
    assert affected < fixed
    assert "Acme package-0 for" not in text
    assert "Details of the first" in text


def test_every_product_can_be_reached(client, long):
    text = client.get(f"{long.url}?q=package-7%20for").text
    assert "Acme package-7 for" in text and "Acme package-70 for" not in text
    assert "Acme package-0 for" in client.get(f"{long.url}?status=not_affected").text
    assert "No product matches" in client.get(f"{long.url}?q=nothing").text
    wanted, seen = product_queries.parse_filter("all", "", ""), []
    while True:
        page = product_queries.page(long.id, wanted)
        seen += [row.key for row in page.rows]
        if page.next is None:
            break
        wanted = product_queries.parse_filter("all", "", page.next)
    assert len(seen) == len(set(seen)) == PRODUCTS
    statuses = [
        row.status for row in product_queries.page(long.id, product_queries.parse_filter("all", "", "")).rows
    ]
    assert set(statuses) == {"affected"}


@pytest.mark.parametrize(
    "query",
    [
        "status=x",
        "products=9",
        "products=1-",
        "products=9-9-9",
        "q=%25%00",
        "products=99999999999999999999-1",
    ],
)
def test_nonsense_is_ignored(client, long, query):
    assert client.get(f"{long.url}?{query}").status_code == 200


def test_a_short_list_has_no_filter(client, make_advisory, store):
    text = client.get(store(make_advisory()).bulletin.url).text
    assert "product-text" not in text and "Acme Reader 10" in text
