"""Whatever is done to a document, it is read with warnings or refused with a reason; nothing else happens.

And whatever could be read can be published: written, it keeps the form in which it was read.
"""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from advisories import recognise
from advisories.advisory import Unusable
from advisories.csaf import read
from advisories.csaf.write import to_bytes, write
from tests.advisories.documents import CSAF, CVE, CVRF, REJECTED, copy_of

WORDS = [
    "\x00",
    "\ud800",
    "n/a",
    "*",
    "<b>x</b>",
    "9999-12-31T23:59:59-12:00",
    "OLD",
    "PAIR",
    "NEW",
    "0001-01-01T00:00:00+14:00",
    "CVE-2026-1001",
    "Update: KB1\n\nx",
    "CVSS",
    "Known issue",
    "https://[::1",
    "cpe:/",
    "pkg:",
    "For: OLD",
    "csaf_vex",
    "other",
    "0",
    "1.0.0",
    "CWE-99999",
]
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-10, 10),
    st.integers(min_value=10**30),
    st.floats(),
    st.text(max_size=6),
    st.sampled_from(WORDS),
    st.just([]),
    st.just({}),
    st.just([[]]),
    st.just([None]),
    st.just({"": 0}),
    st.lists(st.text(max_size=3), max_size=3),
)


def places(value, path=()):
    """Every path to a value inside a document."""
    if path:
        yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*path, key))


@st.composite
def changed(draw, document):
    """A document with a few values deleted, replaced, doubled or put elsewhere."""
    mutant = copy_of(document)
    for _ in range(draw(st.integers(1, 6))):
        paths = list(places(mutant))
        if not paths:
            break
        *way, last = draw(st.sampled_from(paths))
        inner = mutant
        for key in way:
            inner = inner[key]
        kind = draw(st.sampled_from(["delete", "replace", "double", "move"]))
        if kind == "delete":
            del inner[last]
        elif kind == "double" and isinstance(inner, list):
            inner.append(copy_of({"": inner[last]})[""])
        elif kind == "move":
            *other_way, other = draw(st.sampled_from(paths))
            source = document
            try:
                for key in (*other_way, other):
                    source = source[key]
            except (KeyError, IndexError, TypeError):
                continue
            inner[last] = copy_of({"": source})[""]
        else:
            inner[last] = copy_of(draw(ODD))
    return mutant


def read_and_write(data: bytes) -> None:
    """Reads a document and, if it can be used, publishes it: twice the same bytes."""
    try:
        advisories = recognise.read(data, "mutant")
    except Unusable as error:
        assert str(error).startswith("mutant: ")  # noqa: PT017  (most documents can be read)
        return
    for advisory in advisories:
        written = to_bytes(write(advisory))
        again = read.read(json.loads(written))[0]
        assert to_bytes(write(again)) == written
        assert read.read(json.loads(written))[0] == again


@settings(max_examples=150, deadline=None)
@given(changed(CSAF))
def test_csaf(document):
    read_and_write(json.dumps(document).encode())


@settings(max_examples=150, deadline=None)
@given(st.one_of(changed(CVE), changed(REJECTED)))
def test_cve(document):
    read_and_write(json.dumps(document).encode())


PIECES = [
    "",
    "<vuln:Vulnerability>",
    "</vuln:Vulnerability>",
    "<vuln:ProductID>1</vuln:ProductID>",
    "&lt;",
    "&#0;",
    "CVE-2026-3000",
    "2026-Mar",
    "2026-03-10T08:00:00",
    "Type=",
    "<x/>",
    "\x00",
    "Known Issue",
]
OLD = [
    "CVE-2026-3000",
    "ADV260001",
    ">1</vuln:ProductID>",
    'ProductID="2"',
    "2026-03-10T08:00:00",
    "7.5",
    "Vendor Fix",
    "Known Affected",
    "2026-Mar",
    "5000001",
    "Important",
    'Type="Vendor"',
    "1.0</vuln:Number>",
    "CVSS:3.1/AV:N",
    "https://acme.example/",
    "secure@acme.example",
    "<vuln:CVE>",
    "Workaround",
]
NEW = [
    "",
    "CVE-2026-3000",
    "ADV260001",
    ">2</vuln:ProductID>",
    'ProductID="1"',
    "x",
    "NaN",
    "1e400",
    "-1",
    "2026-13-40",
    "2026-03-10",
    "Known Issue",
    "Fixed",
    "2026-Mar-B",
    "&lt;p&gt;x",
]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_cvrf(data):
    text = CVRF
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text) - 1))
        end = start + data.draw(st.integers(0, 200))
        text = text[:start] + data.draw(st.sampled_from(PIECES)) + text[end:]
    read_and_write(text.encode())


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_cvrf_that_stays_well_formed(data):
    text = CVRF
    for _ in range(data.draw(st.integers(1, 6))):
        old, new = data.draw(st.sampled_from(OLD)), data.draw(st.sampled_from(NEW))
        text = text.replace(old, new, data.draw(st.integers(1, 3)))
    read_and_write(text.encode())
