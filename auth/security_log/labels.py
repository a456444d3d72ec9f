"""Labels of security events."""

import re

from flask_babel import gettext as _

from auth.models import User
from auth.security_log.kinds import KINDS
from auth.security_log.models import SecurityEvent, SecurityOrigin

# In this order: many User-Agents also name other browsers.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari", "Safari"),
    ("curl", "curl"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def what(event: SecurityEvent) -> str:
    """The label of the kind of an event."""
    return str(KINDS[event.kind].label) if event.kind in KINDS else event.kind


def facts(event: SecurityEvent) -> str:
    """The plain facts of an event on one line."""
    labels = {
        "role": _("role"),
        "before": _("before"),
        "after": _("after"),
        "scope": _("scope"),
        "days": _("days"),
        "post": _("post"),
        "number": _("revision"),
        "route": _("page"),
        "method": _("method"),
        "command": _("command"),
        "act": _("act"),
    }
    return ", ".join(f"{labels.get(name, name)}: {value}" for name, value in event.facts.items())


def by(event: SecurityEvent, reader: User) -> str:
    """The actor of an event, as shown to the member whose account it is."""
    if event.actor_id is None:
        return _("a server administrator") if event.means == "shell" else _("someone not logged in")
    return _("you") if event.actor_id == reader.id else _("a moderator or administrator")


def means(event: SecurityEvent) -> str:
    """The label of the means: browser, API, shell or task."""
    return {
        "page": _("browser"),
        "api": _("API"),
        "shell": _("server shell"),
        "task": _("scheduled task"),
    }.get(event.means, event.means)


def place(event: SecurityEvent) -> str:
    """The origin: "Firefox on Windows, 203.0.113.7"; only the means once the address is deleted."""
    if event.origin is None:
        return means(event)
    return ", ".join(filter(None, (program(event.origin) or means(event), event.origin.address)))


def program(origin: SecurityOrigin) -> str:
    """Browser and system of a User-Agent; the first word of other programs."""
    browser = _first_match(BROWSERS, origin.program)
    system = _first_match(SYSTEMS, origin.program)
    if browser and system:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or re.split(r"[ /(]", origin.program)[0][:30]


def _first_match(names: tuple[tuple[str, str], ...], program: str) -> str:
    return next((name for token, name in names if token in program), "")
