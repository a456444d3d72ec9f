"""Labels of what issuers state about a vulnerability."""

from flask_babel import gettext as _

from advisories.exploitation import KEV
from bulletins import labels
from bulletins.vulnerabilities.picture import Difference


def fix(state: str) -> str:
    """The label of one of picture.FIX_STATES."""
    return {
        "fixed": _("fix available"),
        "no_fix": _("no fix, says the issuer"),
        "not_stated": _("not stated"),
        "not_affected": _("no product is affected"),
        "rejected": _("rejected"),
        "withdrawn": _("withdrawn"),
    }[state]


def product(state: str) -> str:
    """The label of one of picture.PRODUCT_STATES."""
    return {
        "affected": _("affected"),
        "affected_fixed": _("affected, fix available"),
        "fixed": _("fixed"),
        "not_affected": _("not affected"),
        "under_investigation": _("under investigation"),
    }[state]


def exploited(value: str) -> str:
    """The label of IssuerView.exploited."""
    return {"yes": _("yes"), "no": _("no, says the issuer")}.get(value, _("not stated"))


def about(difference: Difference) -> str:
    """What a difference is about."""
    return {
        "score": _("CVSS %(version)s score", version=difference.about),
        "severity": _("Severity"),
        "fix": _("Fix"),
        "product": difference.about,
        "exploited": _("Exploited"),
        "rejected": _("Rejected"),
    }[difference.kind]


def value(difference: Difference, said: str) -> str:
    """The label of a value of a difference."""
    if difference.kind == "severity":
        return labels.severity(said)
    if difference.kind == "fix":
        return fix(said)
    if difference.kind == "product":
        return product(said)
    if difference.kind == "exploited":
        return _("yes, since %(source)s lists it", source=KEV) if said == "kev" else exploited(said)
    return {"yes": _("yes"), "no": _("no")}.get(said, said)
