"""Security events in words."""

import re

from flask_babel import gettext as _

from auth.models import User
from auth.security_log.kinds import KINDS
from auth.security_log.models import SecurityEvent, SecurityOrigin

# Looked for in this order: many programs name others whose pages they can read.
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
    """What happened: the label of its kind."""
    return str(KINDS[event.kind].label) if event.kind in KINDS else event.kind


def facts(event: SecurityEvent) -> str:
    """The plain facts of an event on one line."""
    said = {
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
    return ", ".join(f"{said.get(name, name)}: {value}" for name, value in event.facts.items())


def by(event: SecurityEvent, reader: User) -> str:
    """Who did it, for the member whose account it is."""
    if event.actor_id is None:
        return _("a server administrator") if event.means == "shell" else _("someone not logged in")
    return _("you") if event.actor_id == reader.id else _("a moderator or administrator")


def means(event: SecurityEvent) -> str:
    """The way it was done."""
    return {
        "page": _("browser"),
        "api": _("API"),
        "shell": _("server shell"),
        "task": _("scheduled task"),
    }.get(event.means, event.means)


def place(event: SecurityEvent) -> str:
    """Where it came from: "Firefox on Windows, 203.0.113.7"; after the address is deleted only the means."""
    if event.origin is None:
        return means(event)
    return ", ".join(filter(None, (program(event.origin) or means(event), event.origin.address)))


def program(origin: SecurityOrigin) -> str:
    """A User-Agent in words: the browser and the system; of other programs the first word."""
    found = [
        next((name for mark, name in marks if mark in origin.program), "") for marks in (BROWSERS, SYSTEMS)
    ]
    if all(found):
        return _("%(browser)s on %(system)s", browser=found[0], system=found[1])
    return found[0] or found[1] or re.split(r"[ /(]", origin.program)[0][:30]
