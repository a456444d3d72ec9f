"""Reading and matching a software list costs what its size allows, whatever is in it: counted, not timed."""

import io
import json

import pytest

from inventory import matching
from inventory.formats import component, cyclonedx
from inventory.formats.component import BadDocument, Component
from inventory.matching import MAX_COMPARISONS, TooManyComparisons, match
from inventory.release_versions import Releases
from products.models import Release
from tests.inventory.test_sbom import read


def xml(inner: str) -> bytes:
    return f'<bom xmlns="{cyclonedx.NAMESPACE}1.5">{inner}</bom>'.encode()


OVER = {
    "empty elements": xml("<a/>" * 2_000_000),
    "attributes": xml("<a " + " ".join(f'a{n:x}=""' for n in range(700_000)) + "/>"),
    "attributes with spaces": xml("<a " + " ".join(f"a{n:x} = ''" for n in range(500_000)) + "/>"),
    "namespaces": xml("<a " + " ".join(f'xmlns:a{n:x}="u"' for n in range(500_000)) + "/>"),
    "names": xml("".join(f"<a{n:x}/>" for n in range(900_000))),
    "components": xml("<components>" + "<component/>" * 200_001 + "</components>"),
    "depth": xml("<components><component>" * 40),
    "lists": b'{"bomFormat":"CycloneDX","x":[' + b"[]," * 2_000_000 + b"[]]}",
    "objects": b'{"bomFormat":"CycloneDX","x":[' + b'{"a":1},' * 900_000 + b"{}]}",
}


@pytest.mark.parametrize("name", OVER)
def test_what_is_over_a_bound_is_refused_with_a_sentence(app, name):
    assert len(OVER[name]) <= component.MAX_FILE_BYTES
    with app.test_request_context(), pytest.raises(BadDocument, match=r"more than|nested"):
        read(OVER[name])


def test_xml_stops_at_the_element_over_the_bound(app, monkeypatch):
    seen = []
    start = cyclonedx._XmlReader.start
    monkeypatch.setattr(cyclonedx._XmlReader, "start", lambda *args: (seen.append(1), start(*args)))
    with app.test_request_context(), pytest.raises(BadDocument):
        read(OVER["empty elements"])
    assert len(seen) == cyclonedx.MAX_ELEMENTS + 1


def test_xml_within_the_bounds_is_read(app):
    inner = "".join(
        f"<component><name>lib {n}</name><version>1.{n}</version><group/><hashes><hash alg='MD5'>"
        f"{n}</hash></hashes></component>"
        for n in range(20_000)
    )
    found = read(xml(f"<components>{inner}</components>"))
    assert len(found) == 20_000 and found[7] == Component("lib 7", version="1.7")


def test_text_inside_other_elements_is_no_field():
    found = read(
        xml(
            "<components><component><evidence><name>not this</name></evidence><name>this</name>"
            "<name>nor that</name></component></components>"
        )
    )
    assert found == [Component("this")]


@pytest.mark.long
@pytest.mark.parametrize("long", ["word " * 70, "ﷺ" * 70, "x" * 400], ids=["words", "grows", "one word"])
def test_twenty_thousand_long_names_take_few_queries(make_product, count_queries, long):
    make_product()
    components = [Component(f"{n} {long}", version="1") for n in range(20_000)]
    with count_queries() as statements:
        found = match(components, max_comparisons=MAX_COMPARISONS)
    assert len(found.unmatched) == 20_000 and len(statements) <= 4


def test_looking_up_all_names_or_some_finds_the_same(make_product):
    make_product("debian", {"12": {"latest": "12.1"}})
    for n in range(30):
        make_product(f"product-{n}")
    one = [Component("Debian", version="12.1"), Component("nothing")]
    few, many = match(one), match(one + [Component(f"nothing {n}") for n in range(50)])
    assert [(each.product.slug, each.release.cycle) for each in few.found] == [("debian", "12")]
    assert [(each.product.slug, each.release.cycle) for each in many.found] == [("debian", "12")]


def test_a_version_is_compared_only_with_releases_like_it():
    releases = Releases(
        [Release(cycle=str(n), label=str(n), latest=f"{n}.1", codename="") for n in range(2_000)]
    )
    assert releases.of_version("1234.5").cycle == "1234"
    assert releases.named("version 77 of it")[0].cycle == "77"
    assert releases.comparisons <= 4


def test_comparing_has_a_budget(make_product):
    make_product("acme-reader", {f"r{n}": {"latest": f"10.{n}"} for n in range(300)}, name="Acme Reader")
    components = [Component("Acme Reader", version=f"10.{n}.1") for n in range(1_500)]
    assert len(match(components[:500], max_comparisons=MAX_COMPARISONS).found)
    with pytest.raises(TooManyComparisons):
        match(components, max_comparisons=MAX_COMPARISONS)


def test_a_member_is_told_what_was_too_much(app, member, login, as_token, monkeypatch, make_product):
    make_product("acme-reader", {f"r{n}": {"latest": f"10.{n}"} for n in range(20)}, name="Acme Reader")
    monkeypatch.setattr(matching, "MAX_COMPARISONS", 10)
    document = json.dumps(
        {
            "bomFormat": "CycloneDX",
            "components": [{"name": "Acme Reader", "version": f"10.{n}.1"} for n in range(10)],
        }
    )
    browser = login(member)
    upload = {"sbom": (io.BytesIO(document.encode()), "sbom.json")}
    sent = browser.post("/settings/products/sbom", data=upload)
    assert sent.status_code == 302 and "/my/uploads/" in sent.headers["Location"], "the worker has more time"
    answer = app.test_client().post(
        "/api/v1/users/me/products/match",
        data=document,
        headers=as_token(member, "read"),
        content_type="application/json",
    )
    assert answer.status_code == 422 and "Split it into smaller files" in answer.json["errors"]["_"][0]
