"""Summaries of the changes between two states of an advisory, for revisions. Pure functions."""

from advisories.advisory import Advisory, Vulnerability

PARTS = (("Title", "title"), ("Text", "notes"), ("References", "references"))


def describe_changes(before: Advisory, after: Advisory) -> str:
    """The changes of title, text, severity, products and vulnerabilities, in sentences; no others."""
    found = []
    if before.severity != after.severity:
        found.append(f"Severity {before.severity or 'unrated'} → {after.severity or 'unrated'}")
    found += _counted("product", {p.id for p in before.products}, {p.id for p in after.products})
    old = {_name(each): each for each in before.vulnerabilities}
    new = {_name(each): each for each in after.vulnerabilities}
    found += _counted("vulnerability", set(old), set(new))
    shared = [(old[name], new[name]) for name in old.keys() & new.keys()]
    if before.status != after.status:
        found.append(f"Status {before.status} → {after.status}")
    for label, field in (
        ("Status", "status"),
        ("Remedies", "remedies"),
        ("Scores", "scores"),
        ("Known issues", "known_issues"),
        ("Exploitation", "exploitation"),
        ("CWE", "cwe"),
        ("Other names", "other_ids"),
    ):
        if any(getattr(earlier, field) != getattr(later, field) for earlier, later in shared):
            found.append(f"{label} changed")
    found += [f"{label} changed" for label, field in PARTS if getattr(before, field) != getattr(after, field)]
    return ". ".join(found)


def _name(vulnerability: Vulnerability) -> str:
    return vulnerability.cve or vulnerability.title or str(vulnerability.other_ids)


def _counted(noun: str, before: set, after: set) -> list[str]:
    plural = {"product": "products", "vulnerability": "vulnerabilities"}[noun]
    return [
        f"{number} {noun if number == 1 else plural} {verb}"
        for verb, number in (("added", len(after - before)), ("removed", len(before - after)))
        if number
    ]
