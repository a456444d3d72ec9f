"""The kinds of sources, and well-known addresses that are offered on the page."""

from dataclasses import dataclass
from types import MappingProxyType

from flask_babel import LazyString

from core.web.lazy_text import lazy_gettext as _

CSAF = "csaf"
ROLIE = "rolie"
OSV = "osv"
KEV = "kev"
EPSS = "epss"
ENDOFLIFE = "endoflife"
LISTS = (CSAF, ROLIE, OSV)  # kinds that name documents, which are fetched one by one
MIN_INTERVAL_HOURS = 1
MAX_INTERVAL_HOURS = 24 * 30


@dataclass(frozen=True)
class Kind:
    """A kind of source: its name, what its address leads to, and the hours between two runs."""

    label: str | LazyString
    hint: str | LazyString
    interval_hours: int


KINDS = MappingProxyType(
    {
        CSAF: Kind(
            _("CSAF provider"),
            _("The address of a provider-metadata.json. Its open ROLIE feeds or folders are read."),
            6,
        ),
        ROLIE: Kind(_("ROLIE feed"), _("The address of one ROLIE feed in JSON."), 6),
        OSV: Kind(_("OSV folder"), _("The address of a folder with modified_id.csv and OSV records."), 6),
        KEV: Kind(_("CISA KEV"), _("The catalogue of known exploited vulnerabilities, JSON or CSV."), 6),
        EPSS: Kind(_("FIRST EPSS"), _("The daily scores of all CVEs, CSV or compressed CSV."), 24),
        ENDOFLIFE: Kind(_("endoflife.date"), _("A zip archive of the files of endoflife.date (.md)."), 24),
    }
)


@dataclass(frozen=True)
class Suggestion:
    """A well-known address, offered but never fetched before an administrator adds it."""

    kind: str
    name: str
    url: str


SUGGESTIONS = (
    Suggestion(
        KEV,
        "CISA KEV",
        "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
    ),
    Suggestion(EPSS, "FIRST EPSS", "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"),
    Suggestion(
        ENDOFLIFE,
        "endoflife.date",
        "https://codeload.github.com/endoflife-date/endoflife.date/zip/refs/heads/master",
    ),
    Suggestion(CSAF, "CERT-Bund", "https://wid.cert-bund.de/.well-known/csaf/provider-metadata.json"),
    Suggestion(
        CSAF,
        "Red Hat",
        "https://access.redhat.com/.well-known/csaf/provider-metadata.json",
    ),
    Suggestion(
        CSAF,
        "Siemens ProductCERT",
        "https://cert-portal.siemens.com/productcert/csaf/provider-metadata.json",
    ),
    Suggestion(OSV, "OSV: PyPI", "https://osv-vulnerabilities.storage.googleapis.com/PyPI/"),
)
