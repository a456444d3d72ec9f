"""What an advisory says, in no format: CSAF, CVRF and CVE records are read into it, CSAF written from it.

Plain values without a database. Product ids are the document's own and bind the parts of one advisory
together; times are aware UTC datetimes; empty text means that the document does not say. Texts are
Markdown without HTML. Readers name the products of a score, remedy or threat one by one: no product ids
means that the vulnerability names no product at all.
"""

from dataclasses import dataclass, field
from datetime import datetime

REMEDIES = ("vendor_fix", "workaround", "mitigation", "no_fix_planned", "none_available")
STATUSES = (
    "first_affected",
    "known_affected",
    "last_affected",
    "known_not_affected",
    "first_fixed",
    "fixed",
    "recommended",
    "under_investigation",
)
AFFECTED = ("first_affected", "known_affected", "last_affected")
FIXED = ("first_fixed", "fixed", "recommended")


@dataclass(frozen=True)
class Note:
    """A paragraph; `category` as in CSAF 2.0 section 3.1.4: summary, description, details, faq, …"""

    category: str
    text: str
    title: str = ""
    audience: str = ""


@dataclass(frozen=True)
class Reference:
    """A link; `category` is self or external."""

    url: str
    summary: str = ""
    category: str = "external"


@dataclass(frozen=True)
class ProductEntry:
    """A product as the document names it; `version` may be a range as people write it ("<= 10.5")."""

    id: str
    name: str
    vendor: str = ""
    product: str = ""
    version: str = ""
    is_range: bool = False
    cpe: str = ""
    purl: str = ""
    helpers: dict = field(default_factory=dict)  # other identification helpers of CSAF, kept as they are
    part_of: tuple[str, str, str] | None = None  # (relation, id of the component, id of the platform)
    path: tuple[tuple[str, str], ...] = ()  # branches beyond vendor, product and version


@dataclass(frozen=True)
class Score:
    """A CVSS vector, the base score that was stated, and for what; an unknown `version` is empty."""

    version: str
    vector: str
    stated: float | None = None
    product_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Remedy:
    """What to do about a vulnerability; `kind` is one of REMEDIES."""

    kind: str
    details: str
    product_ids: tuple[str, ...] = ()
    url: str = ""
    at: datetime | None = None
    restart: str = ""  # CSAF's restart_required.category: none, system, service, …; or maybe
    restart_details: str = ""
    entitlements: tuple[str, ...] = ()
    update: str = ""  # the update's own name: KB5026361
    supersedes: str = ""  # the update that it replaces
    fixed_build: str = ""


@dataclass(frozen=True)
class KnownIssue:
    """What goes wrong after an update; `update` is its own name, `details` may be empty when `url` tells."""

    update: str = ""
    details: str = ""
    url: str = ""
    product_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Involvement:
    """What a party does about a vulnerability: CSAF section 3.2.3.7."""

    party: str
    status: str
    summary: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Threat:
    """CSAF section 3.2.3.14: impact, exploit_status or target_set."""

    category: str
    details: str
    at: datetime | None = None
    product_ids: tuple[str, ...] = ()


@dataclass
class Vulnerability:
    """One weakness; `status` maps STATUSES to product ids."""

    cve: str = ""
    other_ids: list[tuple[str, str]] = field(default_factory=list)  # (system, id)
    title: str = ""
    cwe: tuple[str, str] | None = None
    notes: list[Note] = field(default_factory=list)
    status: dict[str, tuple[str, ...]] = field(default_factory=dict)
    scores: list[Score] = field(default_factory=list)
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
    is_exploited: bool = False  # by the document's own word


@dataclass(frozen=True)
class RevisionEntry:
    """One line of a document's revision history; `legacy` is the number that the issuer gave."""

    number: str
    at: datetime
    summary: str
    legacy: str = ""


@dataclass
class Advisory:
    """A whole document, or one vulnerability of a CVRF month.

    (publisher, tracking_id) is its identity. `warnings` are sentences that name the place; what cannot be
    used at all raises `Unusable` instead.
    """

    format: str  # csaf, cvrf or cve
    tracking_id: str
    title: str
    publisher: str
    publisher_namespace: str = ""
    publisher_category: str = "vendor"
    publisher_contact: str = ""
    publisher_authority: str = ""
    category: str = "csaf_security_advisory"
    status: str = "final"  # draft, interim, final
    tlp: str = ""  # WHITE, CLEAR, GREEN, AMBER, RED; empty when unlabelled
    version: str = "1"
    severity: str = ""  # critical, important, moderate, low; empty when nothing tells
    severity_text: str = ""  # the issuer's own word, when it is another one
    severity_namespace: str = ""  # where the issuer explains their words
    distribution: str = ""  # who may have it, in the issuer's words
    month: str = ""  # YYYY-MM of the issuer's patch month, when the document is one
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


class Unusable(Exception):
    """Nothing of a document can be used; the message says why and where."""
