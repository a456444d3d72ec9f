"""What phases and ends are called, for pages, feeds and calendars alike."""

from datetime import date

from flask_babel import gettext as _
from flask_babel import ngettext

from products.lifecycle.phases import Ends, is_over


def phase(name: str) -> str:
    """A Phase in a word or two."""
    return {
        "upcoming": _("not released yet"),
        "active": _("supported"),
        "security": _("security fixes only"),
        "extension": _("extended support only"),
        "ended": _("ended"),
        "unknown": _("unknown"),
    }[name]


def status(name: str) -> str:
    """A product's Status."""
    return {
        "supported": _("supported"),
        "ending": _("ending soon"),
        "ended": _("ended"),
        "unknown": _("unknown"),
    }[name]


def kind(name: str) -> str:
    """A kind of support."""
    return {
        "active": _("Active support"),
        "security": _("Security support"),
        "extension": _("Extended support"),
        "discontinued": _("End of sale"),
    }[name]


def headline(release, name: str) -> str:
    """`Windows 10 22H2: security support ends`, the title of a calendar's or feed's entry."""
    what = {
        "active": _("active support ends"),
        "security": _("security support ends"),
        "extension": _("extended support ends"),
        "discontinued": _("is no longer sold"),
    }[name]
    return f"{release.title}: {what}"


def category(name: str) -> str:
    """A category in the plural; one that is not known here as it is written."""
    return {
        "app": _("Applications"),
        "database": _("Databases"),
        "device": _("Devices"),
        "framework": _("Frameworks"),
        "lang": _("Languages"),
        "library": _("Libraries"),
        "os": _("Operating systems"),
        "server-app": _("Server applications"),
        "service": _("Services"),
        "standard": _("Standards"),
    }.get(name, name)


def field(name: str) -> str:
    """A fact of a product or release, for its history."""
    facts = {
        "name": _("Name"),
        "vendor": _("Vendor"),
        "category": _("Category"),
        "tags": _("Tags"),
        "description": _("Description"),
        "policy_url": _("Policy"),
        "version_command": _("Version command"),
        "phase_names": _("Names of phases"),
        "names": _("Other names and identifiers"),
        "label": _("Label"),
        "codename": _("Code name"),
        "released_on": _("Released"),
        "lts": _("Long-term"),
        "latest": _("Latest version"),
        "latest_on": _("Latest version released"),
        "link": _("Link"),
    }
    return facts.get(name) or kind(name)


def verb(name: str) -> str:
    """What was done, in the history."""
    return {
        "added": _("added"),
        "edited": _("changed"),
        "removed": _("deleted"),
        "restored": _("restored"),
        "undone": _("reverted"),
        "decided": _("imported value used"),
    }[name]


def written(value: object) -> str:
    """A fact of the history in words."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        return ", ".join(f"{kind(key)}: {text}" for key, text in value.items())
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value if value is not None else "")


def distance(day: date, today: date) -> str:
    """`in 12 days`, `today`, `3 years ago`."""
    days = (day - today).days
    if days == 0:
        return _("today")
    number = abs(days)
    if number < 120:
        span = ngettext("%(num)s day", "%(num)s days", number)
    elif number < 731:
        span = ngettext("%(num)s month", "%(num)s months", round(number / 30.44))
    else:
        span = ngettext("%(num)s year", "%(num)s years", round(number / 365.25))
    return _("in %(span)s", span=span) if days > 0 else _("%(span)s ago", span=span)


def ends(value: Ends | None, today: date) -> str:
    """When something ends, without a date to show: whether it is over."""
    over = is_over(value, today)
    return (
        _("unknown") if over is None else _("Ended (date unknown)") if over else _("Supported (no end date)")
    )
