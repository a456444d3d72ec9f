"""CycloneDX in both forms, read and matched; hostile documents cost little and say why."""

import json
from contextlib import nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory import matching
from inventory.formats import component
from inventory.formats.component import BadDocument, Component
from inventory.formats.recognise import read as read_document
from products import names


def read(raw):
    return list(read_document(raw).components)


XML = """<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.5"><metadata>
<tools><components><component><name>a tool</name></component></components></tools>
<component type="application"><name>our app</name><version>1</version></component></metadata>
<components><component><group>org.acme</group><name>outer</name><version>2</version>
<purl>pkg:maven/org.acme/outer@2</purl><components><component><name>inner</name><cpe>cpe:2.3:a:b:c</cpe>
</component></components></component></components></bom>"""
EXPECTED = [
    Component("our app", "", "1"),
    Component("outer", "org.acme", "2", "pkg:maven/org.acme/outer@2"),
    Component("inner", cpe="cpe:2.3:a:b:c"),
]


def test_xml_and_json_say_the_same():
    document = {
        "bomFormat": "CycloneDX",
        "metadata": {
            "tools": {"components": [{"name": "a tool"}]},
            "component": {"name": "our app", "version": "1"},
        },
        "components": [
            {
                "name": "outer",
                "group": "org.acme",
                "version": "2",
                "purl": "pkg:maven/org.acme/outer@2",
                "components": [{"name": "inner", "cpe": "cpe:2.3:a:b:c"}],
            }
        ],
    }
    assert read(XML.encode()) == read(json.dumps(document).encode()) == EXPECTED
    assert read(b"\xef\xbb\xbf" + json.dumps(document).encode()) == EXPECTED


ENTITY = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
HOSTILE = {
    "entities": XML.replace("<bom", ENTITY + "<bom").replace("our app", "&b;"),
    "file": XML.replace("<bom", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><bom').replace(
        "our app", "&e;"
    ),
    "doctype": XML.replace("<bom", "<!DOCTYPE bom><bom"),
    "deep xml": "<a>" * 100_000,
    "deep json": '{"bomFormat": "CycloneDX", "components": ' + "[" * 100_000,
    "deep objects": '{"bomFormat": "CycloneDX", "x": ' + '{"a":' * 5000 + "1" + "}" * 5001,
    "half": XML[:300],
    "other xml": "<html/>",
    "other json": '{"bomFormat": "x"}',
    "spdx": '{"spdxVersion": "2"}',
    "list": "[]",
    "nothing": "",
    "binary": "PK\x03\x04",
    "number": '{"bomFormat": ' + "9" * 5000 + "}",
    "encoding": '<?xml version="1.0" encoding="no-such"?><bom/>',
    "too many": json.dumps(
        {"bomFormat": "CycloneDX", "components": [{"name": str(n)} for n in range(200_001)]}
    ),
    "too large": " " * (component.MAX_FILE_BYTES + 1),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_documents_are_refused(app, name):
    with app.test_request_context(), pytest.raises(BadDocument) as error:
        read(HOSTILE[name].encode())
    assert str(error.value) and "Traceback" not in str(error.value) and "/etc" not in str(error.value)


def test_odd_types_count_as_absent():
    odd = {
        "bomFormat": "CycloneDX",
        "metadata": [],
        "components": [
            None,
            1,
            "x",
            [],
            {"name": 5},
            {"name": ["a"], "purl": "pkg:npm/x"},
            {"name": "ok", "components": "no"},
            {"name": "long" * 1000, "version": {}},
        ],
    }
    found = read(json.dumps(odd).encode())
    assert [component.name[:4] for component in found] == ["", "ok", "long"]
    assert len(found[2].name) == component.MAX_FIELD_LENGTH


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["components", "name", "purl", "cpe", "metadata", "component", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["components", "metadata", "x"]), JSON))
def test_no_document_of_that_format_is_an_error(document):
    """Whatever it holds; only components that are no list are refused, as the API's document says."""
    is_refused = not isinstance(document.get("components", []), list)
    with pytest.raises(BadDocument) if is_refused else nullcontext():
        read(json.dumps({"bomFormat": "CycloneDX", **document}).encode())


@pytest.fixture
def catalogue(make_product):
    make_product(
        "windows",
        {
            "10-22h2": {"label": "10 22H2", "latest": "10.0.19045"},
            "11-24h2": {"label": "11 24H2", "latest": "10.0.26100"},
        },
        name="Microsoft Windows",
        vendor="Microsoft",
        names=[names.parse("cpe:2.3:o:microsoft:windows")],
    )
    make_product(
        "redis", {"7.2": {"latest": "7.2.4"}}, name="Redis", names=[names.parse("pkg:docker/library/redis")]
    )
    make_product(
        "django", {"4.2": {"latest": "4.2.9"}}, name="Django", names=[names.parse("pkg:pypi/django")]
    )
    make_product("angular", {"17": {"latest": "17.0.1"}}, name="Angular")
    make_product("go", {"1.22": {"latest": "1.22.1"}}, name="Go", names=[names.parse("golang")])


def found(*components):
    result = matching.match(components)
    return [
        (m.product.slug, m.release.cycle if m.release else None, m.how, m.is_sure) for m in result.found
    ], [c.name for c in result.unmatched]


@pytest.mark.parametrize(
    ("component", "expected"),
    [
        (Component("x", purl="pkg:pypi/Django@4.2.1?a=b"), ("django", "4.2", "purl", True)),
        (Component("x", version="4.2.1", purl="pkg:pypi/django"), ("django", "4.2", "purl", True)),
        (
            Component("x", cpe="cpe:2.3:o:microsoft:windows:10.0.19045.1:*:*:*:*:*:*:*"),
            ("windows", "10-22h2", "cpe", True),
        ),
        (
            Component("x", cpe="cpe:2.3:o:microsoft:windows_10_22h2:-:*:*:*:*:*:*:*"),
            ("windows", "10-22h2", "cpe-name", True),
        ),
        (Component("Windows 10 Version 22H2 for x64-based Systems"), ("windows", "10-22h2", "name", True)),
        (Component("Microsoft Windows", version="10.0.26100.1742"), ("windows", "11-24h2", "name", True)),
        (Component("Golang", version="go1.22.3"), ("go", None, "name", True)),
        (Component("GO", version="1.22.3"), ("go", "1.22", "name", True)),
        (Component("redis", version="4.0.0", purl="pkg:npm/redis@4.0.0"), ("redis", None, "name", False)),
        (Component("django", purl="not a purl", version="4.2"), ("django", "4.2", "name", True)),
    ],
)
def test_matched_by_purl_then_cpe_then_name(app, catalogue, component, expected):
    assert found(component) == ([expected], [])


@pytest.mark.parametrize(
    "component",
    [
        Component("angular-animate", version="1.8.2"),
        Component("left-pad", purl="pkg:npm/left-pad@1"),
        Component("Windows Admin Center", version="2.0"),
        Component("goaccess", version="1.0"),
        Component("", purl="pkg:npm/y"),
        Component("—"),
        Component("x", cpe="cpe:/bad", purl="pkg:///"),
    ],
)
def test_what_is_not_known_is_listed(app, catalogue, component):
    assert found(component) == ([], [component.name])


def test_components_of_one_release_are_put_together(app, catalogue):
    result = matching.match(
        [Component("a", purl="pkg:pypi/django@4.2.1"), Component("b", purl="pkg:pypi/django@4.2.2")]
    )
    assert [len(match.components) for match in result.found] == [2]


def test_what_is_sure_takes_a_guess_in(app, catalogue):
    guess, sure = Component("django", purl="pkg:npm/django@4.2"), Component("b", purl="pkg:pypi/django@4.2.2")
    for pair in ((guess, sure), (sure, guess)):
        assert found(*pair) == ([("django", "4.2", "purl", True)], [])


def test_matching_takes_few_queries(app, catalogue, count_queries):
    components = [Component(f"thing {n} of many", purl=f"pkg:npm/t{n}@1") for n in range(400)]
    with count_queries() as statements:
        matching.match([*components, Component("Redis", version="7.2.1")])
    assert len([s for s in statements if s.startswith("SELECT")]) <= 6
