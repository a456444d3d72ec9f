"""Format-independent model of advisories, read from CSAF, CVRF and CVE records and written to CSAF.

Plain values without a database. Product ids are those of the document; times are aware UTC datetimes; empty
text means that the document does not state a value. Texts are Markdown without HTML. Readers list the
products of a score, remedy or threat explicitly: no product ids means that the vulnerability names no
product at all.
"""

from dataclasses import dataclass, field
from datetime import datetime

REMEDIES = (
    "vendor_fix",
    "workaround",
    "mitigation",
    "no_fix_planned",
    "none_available",
    "fix_planned",  # CSAF 2.1: announced, not there yet
    "optional_patch",  # CSAF 2.1: for products that need none
)
STATUSES = (
    "first_affected",
    "known_affected",
    "last_affected",
    "known_not_affected",
    "first_fixed",
    "fixed",
    "recommended",
    "under_investigation",
    "unknown",  # CSAF 2.1: the issuer does not know, and does not look into it
)
ORIGINS = ("version_range", "status", "cvss", "solution", "patch_reference")
AFFECTED = ("first_affected", "known_affected", "last_affected")
FIXED = ("first_fixed", "fixed", "recommended")


TRANSIENT = {"is_transient": True}  # metadata of a field that codec.dump() leaves out


@dataclass(frozen=True)
class Note:
    """A paragraph; `category` as in CSAF 2.0 section 3.1.4: summary, description, details, faq and so on."""

    category: str
    text: str
    title: str = ""
    audience: str = ""
    product_ids: tuple[str, ...] = ()  # of the products that it is about; none: of all


@dataclass(frozen=True)
class Reference:
    """A link; `category` is self or external."""

    url: str
    summary: str = ""
    category: str = "external"


@dataclass(frozen=True)
class ProductEntry:
    """A product as the document names it; `version` may be a range ("<= 10.5")."""

    id: str
    name: str
    vendor: str = ""
    product: str = ""
    version: str = ""
    is_range: bool = False
    cpe: str = ""
    purl: str = ""
    helpers: dict = field(default_factory=dict)  # other identification helpers of CSAF, unchanged
    part_of: tuple[str, str, str] | None = None  # (relation, id of the component, id of the platform)
    path: tuple[tuple[str, str], ...] = ()  # branches beyond vendor, product and version
    subpaths: tuple[tuple[str, str], ...] = ()  # CSAF 2.1: further (relation, platform) after part_of
    vers: str = ""  # the range of versions as a VERS URI ("vers:semver/>=1.0|<2.0"), if it can be compared


@dataclass(frozen=True)
class Score:
    """A CVSS vector and the base score that the document states (0 to 10); an unknown `version` is empty."""

    version: str
    vector: str
    stated: float | None = None
    product_ids: tuple[str, ...] = ()
    source: str = ""  # URL of the party that scored, if it was not the issuer


@dataclass(frozen=True)
class Metric:
    """A metric beside CVSS that a document states (CSAF 2.1): `kind` is epss, ssvc or severity.

    `text` is the value: a probability from 0 to 1, "Exploitation: Active; Automatable: Yes", or one of the
    ratings critical, high, medium, low, none. `percentile` is that of EPSS.
    """

    kind: str
    text: str
    percentile: str = ""
    at: datetime | None = None
    source: str = ""  # URL of the party that measured, if it was not the issuer
    product_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Remedy:
    """A remediation of a vulnerability; `kind` is one of REMEDIES."""

    kind: str
    details: str
    product_ids: tuple[str, ...] = ()
    url: str = ""
    at: datetime | None = None
    restart: str = ""  # CSAF's restart_required.category: none, system, service, …; or maybe
    restart_details: str = ""
    entitlements: tuple[str, ...] = ()
    update: str = ""  # identifier of the update: KB5026361
    supersedes: str = ""  # identifier of the superseded update
    fixed_build: str = ""
    origin: str = ""  # what it was derived from, one of ORIGINS; empty when the issuer states it as a remedy


@dataclass(frozen=True)
class KnownIssue:
    """A known issue of an update with the identifier `update`; `details` may be empty if there is a `url`."""

    update: str = ""
    details: str = ""
    url: str = ""
    product_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Involvement:
    """Involvement of a party: CSAF section 3.2.3.7."""

    party: str
    status: str
    summary: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Threat:
    """A threat of category impact, exploit_status or target_set: CSAF section 3.2.3.14."""

    category: str
    details: str
    at: datetime | None = None
    product_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Exploitation:
    """A statement that a vulnerability is exploited: who says it, since when (None if unknown), and where."""

    source: str  # "CISA KEV", "VulnCheck KEV", or the name of the publisher of the document
    at: datetime | None = None
    url: str = ""
    details: str = ""


@dataclass
class Vulnerability:
    """One vulnerability; `status` maps STATUSES to product ids."""

    cve: str = ""
    other_ids: list[tuple[str, str]] = field(default_factory=list)  # (system, id)
    title: str = ""
    cwe: tuple[str, str] | None = None
    other_cwes: list[tuple[str, str]] = field(default_factory=list)  # further ones
    notes: list[Note] = field(default_factory=list)
    status: dict[str, tuple[str, ...]] = field(default_factory=dict)
    scores: list[Score] = field(default_factory=list)
    metrics: list[Metric] = field(default_factory=list)
    remedies: list[Remedy] = field(default_factory=list)
    threats: list[Threat] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    flags: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)  # (VEX justification, products)
    known_issues: list[KnownIssue] = field(default_factory=list)
    involvements: list[Involvement] = field(default_factory=list)
    acknowledgments: list[dict] = field(default_factory=list)
    discovered_at: datetime | None = None
    released_at: datetime | None = None
    is_rejected: bool = False
    is_exploited: bool = False  # as the document states
    exploitation: list[Exploitation] = field(default_factory=list)  # every source that the document names


@dataclass(frozen=True)
class RevisionEntry:
    """One entry of a revision history; `legacy` is the number that the issuer used."""

    number: str
    at: datetime
    summary: str
    legacy: str = ""


@dataclass(frozen=True)
class Original:
    """The document as its issuer published it: `data` is its JSON, compressed with zlib.

    `size` is that of the JSON in bytes; the hashes are of the JSON, in hexadecimal.
    """

    data: bytes
    size: int
    sha256: str
    sha512: str
    version: str  # of CSAF: 2.0 or 2.1


@dataclass
class Advisory:
    """A whole document, or one vulnerability of a CVRF patch month.

    (publisher, tracking_id) is the identity. `warnings` are messages with the location; documents that cannot
    be used at all raise `Unusable` instead. No part of the content, neither compared nor stored with it, are
    `original`, the document itself, where it can be published again, and `html`, the rendered texts.
    """

    format: str  # csaf, cvrf, cve, osv, openvex, cyclonedx, nvd, gcve or msrc
    tracking_id: str
    title: str
    publisher: str
    publisher_namespace: str = ""
    publisher_category: str = "vendor"
    publisher_contact: str = ""
    publisher_authority: str = ""
    category: str = "csaf_security_advisory"
    status: str = "final"  # draft, interim, final, withdrawn
    tlp: str = ""  # WHITE, CLEAR, GREEN, AMBER, AMBER+STRICT, RED; empty when unlabelled
    version: str = "1"
    severity: str = ""  # critical, important, moderate, low; empty if unknown
    severity_text: str = ""  # the issuer's term, if different
    severity_namespace: str = ""  # URL where the issuer explains their terms
    distribution: str = ""  # distribution text of the issuer
    sharing_group: str = ""  # name or id of the group that the document is for; empty for everybody
    license: str = ""  # SPDX licence expression
    month: str = ""  # YYYY-MM if the document is a patch month
    language: str = ""
    initial_release_at: datetime | None = None
    current_release_at: datetime | None = None
    history: list[RevisionEntry] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    acknowledgments: list[dict] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    products: list[ProductEntry] = field(default_factory=list)
    vulnerabilities: list[Vulnerability] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    html: dict[str, str] = field(default_factory=dict, compare=False, repr=False, metadata=TRANSIENT)
    original: Original | None = field(default=None, compare=False, repr=False, metadata=TRANSIENT)


class Unusable(Exception):
    """A document that cannot be used; the message has the reason and the location."""
