"""Labels of severities, statuses and remedies, for pages, feeds and calendars."""

from flask_babel import gettext as _

from bulletins import fixes
from bulletins.models import Bulletin


def severity(name: str) -> str:
    """The label of a severity; "not rated" for an empty one."""
    return {
        "critical": _("critical"),
        "important": _("important"),
        "moderate": _("moderate"),
        "low": _("low"),
    }.get(name, _("not rated"))


def status(name: str) -> str:
    """The label of a product status (fixes.ProductStatus)."""
    return {
        "affected": _("affected"),
        "fixed": _("fixed"),
        "not_affected": _("not affected"),
        "under_investigation": _("under investigation"),
        "unknown": _("not known"),
    }.get(name, _("listed only"))


def remedy(name: str) -> str:
    """The label of a kind of remedy."""
    return {
        "vendor_fix": _("vendor fix"),
        "workaround": _("workaround"),
        "mitigation": _("mitigation"),
        "no_fix_planned": _("no fix planned"),
        "none_available": _("no fix yet"),
        "fix_planned": _("fix planned"),
        "optional_patch": _("optional patch"),
    }.get(name, name)


def restart(name: str) -> str:
    """What must be restarted after an update; empty when unknown."""
    return {
        "none": _("no restart"),
        "machine": _("restart the machine"),
        "system": _("restart the system"),
        "service": _("restart the service"),
        "maybe": _("may require a restart"),
        "vulnerable_component": _("restart the component"),
        "zone": _("restart the zone"),
        "parent": _("restart the parent process"),
        "connected": _("restart connected systems"),
        "dependencies": _("restart dependent components"),
    }.get(name, "")


def fix(bulletin: Bulletin) -> str:
    """Whether a bulletin has fixes, for a line of a list: in "no fix" the issuer says that there is none."""
    if bulletin.fix_state == fixes.NO_FIX:
        return _("no fix for some") if bulletin.has_fix else _("no fix")
    if bulletin.fix_state == fixes.NOT_STATED:
        return _("fix not stated for some") if bulletin.has_fix else _("fix not stated")
    return fix_state(bulletin.fix_state)


def fix_state(name: str) -> str:
    """The label of one of fixes.FIX_STATES."""
    return {
        "fixed": _("fix available"),
        "no_fix": _("no fix"),
        "not_stated": _("fix not stated"),
    }.get(name, _("nothing to fix"))


def origin(name: str) -> str:
    """Where a derived fix comes from (advisory.ORIGINS); empty for one that the issuer states."""
    return {
        "version_range": _("from the version range"),
        "status": _("from the product status"),
        "cvss": _("from the CVSS score (official fix)"),
        "solution": _("from the solution"),
        "patch_reference": _("from a link to a patch"),
    }.get(name, "")


def document_status(name: str) -> str:
    """The label of the status of a document (Advisory.status); empty for a final one."""
    return {
        "interim": _("interim"),
        "draft": _("draft of the issuer"),
        "withdrawn": _("withdrawn"),
    }.get(name, "")


def part(name: str) -> str:
    """The label of one of digests.PARTS."""
    return {
        "title": _("title"),
        "severity": _("severity"),
        "body": _("text"),
        "content": _("products and vulnerabilities"),
        "references": _("references"),
        "status": _("status"),
        "label": _("TLP label"),
        "acknowledgments": _("acknowledgments"),
    }[name]


def risk_reason(name: str) -> str:
    """The label of a reason for an alert about a changed risk."""
    return {
        "exploited": _("now exploited"),
        "withdrawn": _("withdrawn by its issuer"),
        "severity": _("severity raised"),
        "fix_available": _("a fix is available"),
        "fix_withdrawn": _("its fix was withdrawn"),
        "failures_reported": _("members report failures of the update"),
    }[name]


def verdict(state: str) -> str:
    """What a bulletin says of an installed version."""
    return {"affected": _("affected"), "not_affected": _("not affected")}.get(state, _("unknown"))


def correction_kind(kind: str) -> str:
    """The label of a kind of correction."""
    return {
        "other": _("Not the same product"),
        "same": _("The same product under another name"),
        "range": _("Other versions are affected"),
    }[kind]


def correction_status(status: str) -> str:
    """The label of what became of a correction."""
    return {
        "proposed": _("to decide"),
        "approved": _("approved"),
        "refused": _("refused"),
        "undone": _("undone"),
    }[status]
