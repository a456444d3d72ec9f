"""Say what a JSON or XML document is that holds no advisory, what would be taken, and how to convert it."""

from collections.abc import Callable

from flask_babel import gettext as _

Document = dict


def taken() -> str:
    """The formats that are read."""
    return _(
        "CSAF 2.0, CVRF 1.1 and 1.2 (XML or Microsoft's JSON), CVE JSON 5, GCVE, NVD JSON 2.0, OSV, OpenVEX "
        "and CycloneDX with vulnerabilities, each also in a JSON list, JSON Lines, gzip or zip"
    )


def of_json(document: Document) -> str:
    """The reason for refusing a JSON document."""
    for is_kind, reason in _KINDS:
        if is_kind(document):
            return reason()
    members = ", ".join(sorted(str(key)[:30] for key in list(document)[:8]))
    return _(
        "/: this JSON is no advisory of a known format (its members: %(members)s). Taken are %(formats)s",
        members=members or "-",
        formats=taken(),
    )


def of_xml(name: str) -> str:
    """The reason for refusing an XML document whose root element is `name`."""
    if name == "bom":
        return _(
            "/bom: CycloneDX is read as JSON: convert it (cyclonedx convert --output-format json). "
            "A list of software without vulnerabilities goes to My products"
        )
    if name in ("oval_definitions", "Benchmark", "data-stream-collection"):
        return _(
            "/%(name)s: this is OVAL or SCAP: take the issuer's CSAF or OSV documents instead", name=name
        )
    if name == "nvd":
        return _("/nvd: this is an old feed of NVD: take the JSON 2.0 of the same CVEs from nvd.nist.gov")
    if name in ("feed", "rss", "html"):
        return _(
            "/%(name)s: this is a web page or a news feed: save the document that it links to", name=name
        )
    return _("/%(name)s: this XML is not a CVRF document. Taken are %(formats)s", name=name, formats=taken())


def of_text(start: bytes) -> str:
    """The reason for refusing something that is neither JSON nor XML."""
    first_line = start.partition(b"\n")[0].lower()
    if b"epss" in first_line or first_line.startswith((b"#model_version", b"cveid,")):
        return _("this is a list of EPSS or KEV: flask bulletin enrich --epss FILE or --kev FILE takes it")
    if start.startswith(b"```toml"):
        return _("this is RustSec's own form: take the OSV record of the same id (rustsec.org, osv.dev)")
    return _(
        "neither JSON nor XML. Taken are %(formats)s. A list of installed software goes to My products",
        formats=taken(),
    )


def _has(*keys: str) -> Callable[[Document], bool]:
    return lambda document: all(key in document for key in keys)


def _is_kev(document: Document) -> bool:
    items = document.get("vulnerabilities")
    return "catalogVersion" in document or (
        isinstance(items, list) and bool(items) and isinstance(items[0], dict) and "cveID" in items[0]
    )


_KINDS: list[tuple[Callable[[Document], bool], Callable[[], str]]] = [
    (
        lambda document: (
            isinstance(document.get("status"), dict)
            and "exploited" in document["status"]
            and isinstance(document.get("vulnerability"), dict)
        ),
        lambda: _(
            "this is an assertion of exploitation (GCVE BCP-07), not an advisory: "
            "flask bulletin enrich --exploited FILE takes it"
        ),
    ),
    (
        _is_kev,
        lambda: _(
            "this is a catalogue of exploited vulnerabilities: flask bulletin enrich --kev FILE takes it"
        ),
    ),
    (
        lambda document: document.get("bomFormat") == "CycloneDX",
        lambda: _(
            "/vulnerabilities: missing. This is a list of software, which goes to My products; "
            "as an advisory, CycloneDX is taken when it has vulnerabilities"
        ),
    ),
    (
        lambda document: "spdxVersion" in document or "spdx" in str(document.get("@context"))[:200],
        lambda: _("this is SPDX, a list of software: it goes to My products"),
    ),
    (
        _has("CVE_Items"),
        lambda: _(
            "this is NVD JSON 1.1, which ended in 2023: take JSON 2.0 of the same CVEs from nvd.nist.gov"
        ),
    ),
    (
        lambda document: "data_type" in document and "CVE_data_meta" in document,
        lambda: _(
            "this is CVE JSON 4: take the record in CVE JSON 5 from cve.org or the cvelistV5 repository"
        ),
    ),
    (
        lambda document: (
            isinstance(document.get("service"), dict)
            or (isinstance(document.get("feed"), dict) and "entry" in document["feed"])
        ),
        lambda: _("this is a ROLIE feed: it only lists documents. Download those and import them"),
    ),
    (
        lambda document: "metadata_version" in document or "aggregator_version" in document,
        lambda: _(
            "this describes a CSAF provider: it only names addresses. Download its documents and import them"
        ),
    ),
    (
        lambda document: "$schema" in document and ("properties" in document or "$defs" in document),
        lambda: _("this is a JSON schema, the description of a format"),
    ),
    (
        lambda document: "$schema" in document and "runs" in document,
        lambda: _("this is SARIF, the result of a scan: advisories are taken, not findings"),
    ),
    (
        lambda document: "SchemaVersion" in document and "Results" in document,
        lambda: _(
            "this is a report of Trivy: create it again with --format cyclonedx, "
            "or import the advisories themselves"
        ),
    ),
    (
        lambda document: "matches" in document and "descriptor" in document,
        lambda: _(
            "this is a report of Grype: create it again with -o cyclonedx-json, "
            "or import the advisories themselves"
        ),
    ),
    (
        lambda document: "@odata.context" in document and "value" in document,
        lambda: _(
            "this is a list of Microsoft's updates: take the document of a month, "
            "https://api.msrc.microsoft.com/cvrf/v3.0/cvrf/YYYY-Mon with Accept: application/json"
        ),
    ),
]
