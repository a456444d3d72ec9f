"""Read assertions of exploitation (https://gcve.eu/bcp/gcve-bcp-07/, versions 1 to 3). Pure; untrusted."""

from flask_babel import gettext as _

from advisories.advisory import Exploitation, Unusable, Vulnerability
from advisories.parsing import Log, Node
from advisories.records import identify

SOURCES = {"cisa-kev": "CISA KEV", "cisa": "CISA KEV"}
EXPLOITED_REASONS = ("", "confirmed", "historical", "unknown")  # not: suspected, disputed


def is_assertion(document: dict) -> bool:
    """Whether a parsed document is an assertion."""
    inner = document.get("vulnerability")
    status = document.get("status")
    return (
        isinstance(inner, dict)
        and isinstance(inner.get("vulnId"), str)
        and isinstance(status, dict)
        and "exploited" in status
    )


def read(document: dict, log: Log | None = None) -> Vulnerability:
    """Read an assertion as a vulnerability with its identifiers and `exploitation`, one entry per source.

    `is_exploited` says whether exploitation is asserted: not when it is only suspected, or disputed. Raises
    Unusable without an identifier.
    """
    root = Node(document, "", log or Log())
    named = root["vulnerability"]
    name = named.line("vulnId")
    if not name:
        raise Unusable(_("/vulnerability/vulnId: missing"))
    found = Vulnerability(title=name)
    identify(found, (_cve_of(name), *map(_cve_of, named.lines("altId"))))
    status = root["status"]
    reason = status.line("status_reason").lower()
    found.is_exploited = status["exploited"].value is True and reason in EXPLOITED_REASONS
    if not found.is_exploited:
        return found
    times = root["timestamps"]
    at = next(
        (
            at
            for node, key in (
                (times, "asserted_at"),
                (times, "first_seen_at"),
                (status, "status_updated_at"),
            )
            if (at := node.time(key, zone_is_utc=True))
        ),
        None,
    )
    url = next((url for node in root["references"] if (url := node.url("url"))), "")
    for node in root["evidence"]:
        if source := node.line("source"):
            signals = node["signal"]
            words = (node.line("signal"),) if isinstance(signals.value, str) else node.lines("signal")
            details = ", ".join(word.replace("_", " ") for word in (node.line("type"), *words) if word)
            entry = Exploitation(SOURCES.get(source.lower(), source), at, url, details)
            if entry not in found.exploitation:
                found.exploitation.append(entry)
    if not found.exploitation:
        gna = root["gcve"]["gna"].value
        source = f"GCVE GNA {gna}" if isinstance(gna, int) and not isinstance(gna, bool) else "GCVE"
        found.exploitation.append(Exploitation(source, at, url))
    return found


def _cve_of(name: str) -> str:
    """GCVE-0-2026-1 as CVE-2026-1, which it means; other identifiers unchanged."""
    return f"CVE-{name[7:]}" if name.upper().startswith("GCVE-0-") else name
