"""Health checks: every package registers its own; `flask doctor`, /admin and the API run them all.

An error keeps people from something or endangers them; a warning should be considered. Checks of the kind
LOCAL open no connections but to services that the settings name; other kinds run only on request.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from flask_babel import gettext as _

from core.database.db import db, read_transaction
from core.registry import Registry

log = logging.getLogger(__name__)
LOCAL = "here"
DNS = "dns"
MAIL = "mail"


class Level(StrEnum):
    """How bad a finding is. The values are part of the JSON output."""

    OK = "well"
    WARNING = "remark"
    ERROR = "fault"


@dataclass(frozen=True)
class Finding:
    """The result of a check: what was checked, what was found, and what to do about it."""

    name: str
    level: Level
    found: str
    advice: str = ""


Check = Callable[..., Iterator[Finding]]
_checks: Registry[Check, str] = Registry("health_checks")  # kind by check


def register_check(kind: str = LOCAL) -> Callable[[Check], Check]:
    """Decorator: register a health check of this kind; the first line of its docstring is its name."""

    def decorate(check: Check) -> Check:
        _checks.add(check, kind)
        return check

    return decorate


def ok(name: str, found: str) -> Finding:
    """A finding with nothing to do."""
    return Finding(name, Level.OK, found)


def finding(name: str, found: str, *, error: bool = False, warning: bool = False, advice: str) -> Finding:
    """A finding with the highest level that applies; without an error or a warning the advice is omitted."""
    level = Level.ERROR if error else Level.WARNING if warning else Level.OK
    return Finding(name, level, found, "" if level == Level.OK else advice)


def run_checks(**kinds: dict) -> list[Finding]:
    """The findings of all LOCAL checks and of the given `kinds`, each with the arguments of its checks."""
    found: list[Finding] = []
    for check, kind in _checks.items():
        if kind != LOCAL and kind not in kinds:
            continue
        try:
            with read_transaction():
                found += check(**kinds.get(kind, {}))
        except Exception as error:
            db.session.rollback()
            log.warning("doctor: %s failed: %s", check.__qualname__, type(error).__name__)
            found.append(
                Finding(
                    (check.__doc__ or check.__qualname__).splitlines()[0].rstrip("."),
                    Level.ERROR,
                    _("Could not be checked: %(kind)s.", kind=type(error).__name__),
                    _("Fix the problems above first, then check the log."),
                )
            )
    return found


def has_no_errors(findings: list[Finding]) -> bool:
    """Whether no finding is an error; there may be warnings."""
    return all(each.level != Level.ERROR for each in findings)
