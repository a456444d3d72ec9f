"""What changed from one state of an advisory to the next, in a sentence for its revision. Pure."""

from advisories.advisory import Advisory

_PARTS = (("Title", "title"), ("Text", "notes"), ("References", "references"))


def describe_changes(before: Advisory, after: Advisory) -> str:
    """The changes that people look for; other ones are not named."""
    found = []
    if before.severity != after.severity:
        found.append(f"Severity {before.severity or 'unrated'} → {after.severity or 'unrated'}")
    found += _counted("product", {p.id for p in before.products}, {p.id for p in after.products})
    old, new = ({_name(v): v for v in advisory.vulnerabilities} for advisory in (before, after))
    found += _counted("vulnerability", set(old), set(new))
    shared = [(old[name], new[name]) for name in old.keys() & new.keys()]
    for label, field in (
        ("Status", "status"),
        ("Remedies", "remedies"),
        ("Scores", "scores"),
        ("Known issues", "known_issues"),
    ):
        if any(getattr(was, field) != getattr(now, field) for was, now in shared):
            found.append(f"{label} changed")
    found += [
        f"{label} changed" for label, field in _PARTS if getattr(before, field) != getattr(after, field)
    ]
    return ". ".join(found)


def _name(vulnerability) -> str:
    return vulnerability.cve or vulnerability.title or str(vulnerability.other_ids)


def _counted(noun: str, before: set, after: set) -> list[str]:
    plural = {"product": "products", "vulnerability": "vulnerabilities"}[noun]
    return [
        f"{number} {noun if number == 1 else plural} {verb}"
        for verb, number in (("added", len(after - before)), ("removed", len(before - after)))
        if number
    ]
