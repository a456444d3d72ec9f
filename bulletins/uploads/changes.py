"""The differences between two states of an advisory, for the preview of an import. Pure functions."""

from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel import gettext as _

from advisories.advisory import Advisory, Vulnerability

MAX_NAMES = 20  # of one line
MAX_CHARACTERS = 200  # of one value
PARTS = ("status", "scores", "remedies", "threats", "flags", "exploitation", "is_exploited", "notes")


@dataclass(frozen=True)
class Change:
    """One difference: what changes, from what, to what; either may be empty."""

    what: str
    before: str = ""
    after: str = ""


def list_changes(before: Advisory, after: Advisory) -> list[Change]:
    """The differences in title, severity, status, version, products, vulnerabilities, texts and links."""
    labels = {
        "title": _("Title"),
        "severity": _("Severity"),
        "status": _("Status"),
        "version": _("Version"),
        "tlp": _("TLP"),
    }
    found = [
        Change(label, str(getattr(before, name))[:MAX_CHARACTERS], str(getattr(after, name))[:MAX_CHARACTERS])
        for name, label in labels.items()
        if getattr(before, name) != getattr(after, name)
    ]
    found += _sets(_("Products"), {p.name for p in before.products}, {p.name for p in after.products})
    old = {_name(each): each for each in before.vulnerabilities}
    new = {_name(each): each for each in after.vulnerabilities}
    found += _sets(_("Vulnerabilities"), old.keys(), new.keys())
    found += _within(old, new)
    if before.products != after.products and {p.name for p in before.products} == {
        p.name for p in after.products
    }:
        found.append(Change(_("Products"), "", _("versions or identifiers change")))
    found += _texts(before, after)
    return found


def _name(vulnerability: Vulnerability) -> str:
    other = ", ".join(value for _system, value in vulnerability.other_ids)
    return vulnerability.cve or vulnerability.title or other or "–"


def _sets(what: str, before: Iterable[str], after: Iterable[str]) -> list[Change]:
    gone, new = set(before) - set(after), set(after) - set(before)
    return [Change(what, _listed(gone), _listed(new))] if gone or new else []


def _listed(names: set[str]) -> str:
    shown = ", ".join(name[:MAX_CHARACTERS] for name in sorted(names)[:MAX_NAMES])
    more = len(names) - MAX_NAMES
    return _("%(names)s and %(n)s more", names=shown, n=f"{more:,}") if more > 0 else shown


def _within(old: dict[str, Vulnerability], new: dict[str, Vulnerability]) -> list[Change]:
    """What changes within the vulnerabilities that both states have, in the order of the new one."""
    labels = {
        "status": _("affected and fixed products"),
        "scores": _("scores"),
        "remedies": _("remedies"),
        "threats": _("threats"),
        "flags": _("reasons why products are not affected"),
        "exploitation": _("exploitation"),
        "is_exploited": _("exploited"),
        "notes": _("texts"),
    }
    found = []
    for name, vulnerability in new.items():
        earlier = old.get(name)
        if earlier is None or earlier == vulnerability:
            continue
        parts = [
            labels[part] for part in PARTS if getattr(earlier, part) != getattr(vulnerability, part)
        ] or [_("details")]
        found.append(Change(name[:MAX_CHARACTERS], "", _("changed: %(parts)s", parts=", ".join(parts))))
    if len(found) > MAX_NAMES:
        rest = len(found) - MAX_NAMES
        found[MAX_NAMES:] = [Change(_("Vulnerabilities"), "", _("%(n)s more are changed", n=f"{rest:,}"))]
    return found


def _texts(before: Advisory, after: Advisory) -> list[Change]:
    labels = {
        "notes": _("Texts"),
        "references": _("References"),
        "history": _("Revision history"),
        "acknowledgments": _("Acknowledgments"),
    }
    return [
        Change(label, str(len(getattr(before, name))), str(len(getattr(after, name))))
        for name, label in labels.items()
        if getattr(before, name) != getattr(after, name)
    ]
