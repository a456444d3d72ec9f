"""What an administrator should mend: each room declares what it looks at, the doctor asks them all.

A fault keeps people from something or endangers them; a remark is worth a thought. Nothing is sent over the
network but to what the settings name, unless it is asked for by kind.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from flask_babel import gettext as _

from core.database.db import db, read_transaction
from core.registry import Registry

log = logging.getLogger(__name__)
HERE, DNS, MAIL = "here", "dns", "mail"


class Level(StrEnum):
    """How bad a finding is."""

    WELL = "well"
    REMARK = "remark"
    FAULT = "fault"


@dataclass(frozen=True)
class Finding:
    """What was looked at, how it is, and what to do about it."""

    name: str
    level: Level
    found: str
    advice: str = ""


Examination = Callable[..., Iterator[Finding]]
_checks: Registry[Examination, str] = Registry("health_checks")  # kind by check


def register_check(kind: str = HERE) -> Callable[[Examination], Examination]:
    """Decorator: a health check of this kind; its docstring names it when it cannot be done."""

    def decorate(examination: Examination) -> Examination:
        _checks.add(examination, kind)
        return examination

    return decorate


def well(name: str, found: str) -> Finding:
    """Nothing to do."""
    return Finding(name, Level.WELL, found)


def judge(name: str, found: str, *, fault: bool = False, remark: bool = False, advice: str) -> Finding:
    """A finding that is a fault, else a remark, else well: then it needs no advice."""
    level = Level.FAULT if fault else Level.REMARK if remark else Level.WELL
    return Finding(name, level, found, "" if level == Level.WELL else advice)


def examine(**kinds: dict) -> list[Finding]:
    """Everything that can be looked at here, and the `kinds` that are asked for, with their arguments."""
    found: list[Finding] = []
    for examination, kind in _checks.items():
        if kind != HERE and kind not in kinds:
            continue
        try:
            with read_transaction():
                found += examination(**kinds.get(kind, {}))
        except Exception as error:
            db.session.rollback()
            log.warning("doctor: %s failed: %s", examination.__qualname__, type(error).__name__)
            found.append(
                Finding(
                    examination.__doc__.splitlines()[0].rstrip("."),
                    Level.FAULT,
                    _("Could not be checked: %(kind)s.", kind=type(error).__name__),
                    _("Fix the problems above first, then check the log."),
                )
            )
    return found


def is_well(findings: list[Finding]) -> bool:
    """Whether nothing has to be mended; remarks may be there."""
    return all(each.level != Level.FAULT for each in findings)
