"""Texts of the preferences and mails of security alerts."""

from flask_babel import gettext as _
from flask_babel import ngettext

from alerts.models import CADENCES, SEVERITIES
from bulletins.labels import risk_reason
from bulletins.labels import severity as rating
from bulletins.queries import AlertFacts


def severity(name: str) -> str:
    """The label of a minimum severity."""
    return {
        "critical": _("critical only"),
        "important": _("important and critical"),
        "moderate": _("moderate and above"),
        "low": _("all"),
    }[name]


def severities() -> list[tuple[str, str]]:
    """The options of the least severity, for a form."""
    return [(name, severity(name)) for name in SEVERITIES]


def cadence(name: str) -> str:
    """The label of a cadence."""
    return {
        "at-once": _("immediately, at most one email a day"),
        "daily": _("daily digest"),
        "patch-day": _("monthly, after patch day"),
    }[name]


def cadences() -> list[tuple[str, str]]:
    """The options of how often, for a form."""
    return [(name, cadence(name)) for name in CADENCES]


def reasons(facts: AlertFacts) -> str:
    """Why the risk of a bulletin changed."""
    return ", ".join(risk_reason(name) for name in facts.reasons)


def subject(fresh: list[AlertFacts], changed: list[AlertFacts]) -> str:
    """The subject of a mail about new bulletins and about those whose risk has changed."""
    if not fresh and len(changed) == 1:
        return f"{changed[0].reference}, {reasons(changed[0])}: {changed[0].title}"
    if not changed and len(fresh) == 1:
        return f"{fresh[0].reference}, {rating(fresh[0].severity)}: {fresh[0].title}"
    parts = [ngettext("%(num)s new bulletin", "%(num)s new bulletins", len(fresh))] if fresh else []
    if exploited := sum(facts.is_exploited for facts in fresh):
        parts.append(_("%(n)s exploited", n=exploited))
    if critical := sum(facts.severity == "critical" for facts in fresh):
        parts.append(_("%(n)s critical", n=critical))
    if changed:
        parts.append(ngettext("%(num)s risk changed", "%(num)s risks changed", len(changed)))
    return ", ".join(parts)
