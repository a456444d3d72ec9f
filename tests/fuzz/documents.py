"""Whole documents for the fuzzer: valid software lists, advisories and bodies with a few hostile texts in
them, many times."""

import json
from itertools import pairwise
from xml.sax.saxutils import escape

from hypothesis import strategies as st

from inventory.formats.component import FIELDS
from inventory.formats.cyclonedx import NAMESPACE

WORDS = (
    "a ",
    "Acme Reader ",
    "10.0.",
    "ﷺ",
    "-",
    "_",
    "(",
    "\\",
    "*",
    "<p>",
    "</p>",
    "<b>",
    "&nbsp;",
    "<br>",
    "é",
    "pkg:npm/",
    "%40",
    "@1",
    "?a=1&",
    "#",
    "cpe:2.3:a:",
    ":",
    "\\:",
    ".",
    "9",
    "v",
    "Service Pack 1 ",
    "\n",
    "http://a.b/",
    "CVE-2024-1",
    "CVSS:3.1/AV:N",
    "/",
    "[",
    "](",
    "\u202e",
    "\u0301",
)
TIMES = st.sampled_from([1, 3, 30, 300, 3_000, 20_000])
TEXT = st.builds(
    lambda parts, times: ("".join(parts) * times)[:2_000],
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=5),
    st.sampled_from([1, 1, 5, 50, 500]),
)


def within(make, count: int, max_characters: int) -> list:
    """What `make` gives for each number, as many as `max_characters` leave space for."""
    each = max(1, len(json.dumps(make(0))))
    return [make(number) for number in range(min(count, max_characters // each))]


def json_list(max_characters: int) -> st.SearchStrategy[str]:
    """Software lists in JSON: components with the same fields and a number in each."""

    def build(fields: dict[str, str], count: int, depth: int) -> str:
        components = within(
            lambda number: {name: f"{text}{number}" for name, text in fields.items()}, count, max_characters
        )
        for _level in range(depth):
            components = [{"name": "outer", "components": components}]
        return json.dumps({"bomFormat": "CycloneDX", "components": components})[: max_characters + 5_000]

    return st.builds(
        build,
        st.dictionaries(st.sampled_from(FIELDS), TEXT, min_size=1),
        TIMES,
        st.sampled_from([0, 0, 1, 50, 400]),
    )


def xml_list(max_characters: int) -> st.SearchStrategy[str]:
    """Software lists in XML."""

    def build(fields: dict[str, str], count: int, attributes: int, depth: int) -> str:
        inner = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in fields.items())
        inner += "<a " + " ".join(f'b{number}=""' for number in range(attributes)) + "/>"
        one = f"<component>{inner}</component>"
        many = one * min(count, max_characters // len(one) + 1)
        for _level in range(depth):
            many = f"<component><components>{many}</components></component>"
        return f'<bom xmlns="{NAMESPACE}1.5"><components>{many}</components></bom>'

    return st.builds(
        build,
        st.dictionaries(st.sampled_from(FIELDS), TEXT.filter(str.isprintable), min_size=1),
        TIMES,
        TIMES,
        st.sampled_from([0, 0, 5, 28, 40]),
    )


def csaf(max_characters: int) -> st.SearchStrategy[str]:
    """CSAF documents: products in branches, in groups, in relationships; notes and remedies about them."""

    def build(text: str, products: int, vulnerabilities: int, notes: int, depth: int) -> str:
        names = within(lambda number: f"{text[:50]}{number}", products, max_characters // 6)
        branches = [
            {
                "category": "product_version",
                "name": f"{text}{number}"[:60],
                "product": {"product_id": name, "name": text[:80]},
            }
            for number, name in enumerate(names)
        ]
        for _level in range(depth):
            branches = [{"category": "product_family", "name": text[:40], "branches": branches}]
        related = [
            {
                "category": "installed_on",
                "product_reference": name,
                "relates_to_product_reference": other,
                "full_product_name": {"product_id": f"{name} on", "name": "a"},
            }
            for name, other in pairwise(names)
        ]
        one = {
            "notes": [{"category": "description", "text": text}] * min(notes, 30),
            "product_status": {"known_affected": names[:1_000], "fixed": names[:1_000]},
            "remediations": [{"category": "vendor_fix", "details": text, "group_ids": ["g"]}]
            * min(notes, 30),
        }
        return json.dumps(
            {
                "document": {
                    "csaf_version": "2.0",
                    "category": "csaf_base",
                    "title": text,
                    "publisher": {"category": "vendor", "name": "a", "namespace": "https://a.b"},
                    "tracking": {
                        "id": "A",
                        "version": "1",
                        "status": "final",
                        "initial_release_date": "2024-01-01T00:00:00Z",
                        "current_release_date": "2024-01-01T00:00:00Z",
                    },
                },
                "product_tree": {
                    "branches": branches,
                    "relationships": related,
                    "product_groups": [{"group_id": "g", "product_ids": names}],
                },
                "vulnerabilities": within(
                    lambda number: {"cve": f"CVE-2024-{1000 + number}", **one},
                    vulnerabilities,
                    max_characters,
                ),
            }
        )

    return st.builds(build, TEXT, TIMES, TIMES, TIMES, st.sampled_from([0, 1, 50, 200]))


def cvrf(max_characters: int) -> st.SearchStrategy[str]:
    """CVRF documents."""

    def build(text: str, products: int, vulnerabilities: int, notes: int, depth: int) -> str:
        text = escape("".join(c for c in text if c.isprintable()), {"'": "&apos;", '"': "&quot;"})
        tree = "".join(
            f"<FullProductName ProductID='{number}'>{text[:80]}</FullProductName>"
            for number in range(min(products, max_characters // 150))
        )
        tree = f"<Branch Type='Product Family' Name='{text[:40]}'>" * depth + tree + "</Branch>" * depth
        one_note = f"<Note Type='Description'>{text}</Note>"
        note = f"<Notes>{one_note * min(notes, 30)}</Notes>"
        status = "".join(f"<ProductID>{number}</ProductID>" for number in range(min(products, 500)))
        one = (
            f"<Vulnerability><CVE>CVE-2024-%d</CVE>{note}<ProductStatuses><Status Type='Known Affected'>"
            f"{status}</Status></ProductStatuses></Vulnerability>"
        ).replace("%d", "\0")
        many = "".join(
            one.replace("\0", str(1000 + number))
            for number in range(min(vulnerabilities, max_characters // len(one)))
        )
        return (
            f'<cvrfdoc xmlns="http://www.icasi.org/CVRF/schema/cvrf/1.1"><DocumentTitle>{text}</DocumentTitle>'
            f"<ProductTree>{tree}</ProductTree>{many}</cvrfdoc>"
        )

    return st.builds(build, TEXT, TIMES, TIMES, TIMES, st.sampled_from([0, 1, 40, 100]))


def body(max_characters: int) -> st.SearchStrategy[str]:
    """JSON bodies: known fields with odd values, unknown fields, lists and objects inside one another."""
    inner = st.recursive(
        st.none() | st.booleans() | st.integers() | TEXT,
        lambda inner: (
            st.builds(lambda each, times: [each] * min(times, 3_000), inner, TIMES)
            | st.dictionaries(TEXT, inner, max_size=4)
        ),
        max_leaves=4,
    )
    known = st.dictionaries(st.sampled_from(["email", "products", "scope", "minimum", "cadence"]), inner)

    def build(fields: dict, unknown: int, value) -> str:
        return json.dumps({**fields, **{f"k{number}": value for number in range(unknown)}})[:max_characters]

    return st.builds(
        build, known, st.sampled_from([0, 0, 1, 30, 900, 20_000]), st.sampled_from([1, "a", [], {"a": 1}])
    )


def records(max_characters: int) -> st.SearchStrategy[str]:
    """OSV, NVD, OpenVEX, CycloneDX and Microsoft's JSON with many products, versions and statements."""

    def build(kind: str, text: str, count: int, times: int) -> str:
        size = max_characters // 2
        versions = within(lambda number: f"{number}.{text[:20]}", count, size)
        if kind == "osv":
            events = [{"introduced" if number % 2 else "fixed": each} for number, each in enumerate(versions)]
            ranges = [{"type": "ECOSYSTEM", "events": events}]
            package = {"ecosystem": "Debian:12", "name": text[:60]}
            affected = [{"package": package, "ranges": ranges}, {"package": package, "versions": versions}]
            document: object = {
                "id": "OSV-1",
                "schema_version": "1.7.0",
                "details": text,
                "affected": affected,
                "upstream": [f"CVE-2024-{number:04}" for number in range(times)],
            }
        elif kind == "nvd":
            matches = [
                {"vulnerable": True, "criteria": "cpe:2.3:a:a:b:*:*:*:*:*:*:*:*", "versionEndExcluding": each}
                for each in versions
            ]
            document = {
                "id": "CVE-2024-0001",
                "descriptions": [],
                "configurations": [{"nodes": [{"cpeMatch": matches}]}],
            }
        elif kind == "openvex":
            statements = [
                {"vulnerability": {"name": text[:30]}, "status": "affected", "products": [{"@id": f"{each}"}]}
                for each in versions
            ]
            document = {
                "@context": "https://openvex.dev/ns",
                "@id": "a",
                "author": "b",
                "statements": statements,
            }
        elif kind == "cyclonedx":
            components = [{"bom-ref": each, "name": text[:40], "version": each} for each in versions]
            affects = [{"ref": each, "versions": [{"range": f"vers:deb/<{each}"}]} for each in versions]
            entries = [{"id": f"A-{number}", "affects": affects[:1_000]} for number in range(min(times, 300))]
            document = {
                "bomFormat": "CycloneDX",
                "specVersion": "1.6",
                "components": components,
                "vulnerabilities": entries or [{"id": "A", "affects": affects}],
            }
        else:
            names = [{"ProductID": each, "Value": text[:60]} for each in versions]
            found = [
                {"CVE": f"CVE-2024-{number:04}", "ProductStatuses": [{"ProductID": versions[:500]}]}
                for number in range(min(times, 200))
            ]
            document = {
                "DocumentTracking": {"Identification": {"ID": {"Value": "2026-Nov"}}},
                "ProductTree": {"FullProductName": names},
                "Vulnerability": found,
            }
        return json.dumps(document)

    kinds = st.sampled_from(["osv", "nvd", "openvex", "cyclonedx", "msrc"])
    return st.builds(build, kinds, TEXT, TIMES, st.sampled_from([0, 1, 30, 1_000]))


def record_lists(max_characters: int) -> st.SearchStrategy[str]:
    """Lists and lines of small records."""

    def build(text: str, count: int, has_lines: bool) -> str:
        many = within(
            lambda number: {"id": f"OSV-{number}", "affected": [], "details": text}, count, max_characters
        )
        return "\n".join(map(json.dumps, many)) if has_lines else json.dumps(many)

    return st.builds(build, TEXT, TIMES, st.booleans())
