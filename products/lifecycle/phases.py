"""Life-cycle rules as pure functions: the phase of a release on a day, and when it ends.

An end is a date, or True (over) or False (not over) where no date is known. The date is the last day of
support: support that ends on 30 June 2004 exists on that day but not on 1 July.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

Ends = date | bool
HasEnds = Any  # a Release; SQLAlchemy's descriptors match no protocol with `released_on` and `ends`

ACTIVE = "active"
SECURITY = "security"
EXTENSION = "extension"
DISCONTINUED = "discontinued"
KINDS = (ACTIVE, SECURITY, EXTENSION, DISCONTINUED)
SUPPORT = (ACTIVE, SECURITY, EXTENSION)
SOON = timedelta(days=90)


class Phase(StrEnum):
    """Phase of a release."""

    UPCOMING = "upcoming"
    ACTIVE = "active"
    SECURITY = "security"
    EXTENSION = "extension"
    ENDED = "ended"
    UNKNOWN = "unknown"


class Status(StrEnum):
    """Status of a product over all its releases."""

    SUPPORTED = "supported"
    ENDING = "ending"
    ENDED = "ended"
    UNKNOWN = "unknown"


_ENDED_BY = {Phase.ACTIVE: (ACTIVE, SECURITY), Phase.SECURITY: (SECURITY,), Phase.EXTENSION: (EXTENSION,)}


def is_over(ends: Ends | None, day: date) -> bool | None:
    """Whether an end is over on `day`; None when it is unknown."""
    if ends is None or isinstance(ends, bool):
        return ends
    return day > ends


def phase_on(release: HasEnds, day: date) -> Phase:
    """The phase of a release on `day`.

    The end of security support decides: before it, a release without active support gets security fixes only;
    after it, only extended support is possible. `discontinued` (no longer sold) does not affect support.
    """
    if release.released_on is not None and day < release.released_on:
        return Phase.UPCOMING
    active, security, extension = (is_over(release.ends.get(kind), day) for kind in SUPPORT)
    if security is not True and active is False:
        return Phase.ACTIVE
    if security is False:
        return Phase.ACTIVE if active is None else Phase.SECURITY
    if extension is False:
        return Phase.EXTENSION
    if security is True or extension is True:
        return Phase.ENDED
    return Phase.UNKNOWN


def phase_end(release: HasEnds, day: date) -> date | None:
    """The last day of the current phase; None when it is unknown."""
    kinds = _ENDED_BY.get(phase_on(release, day), ())
    return min(_dates(release.ends.get(kind) for kind in kinds), default=None)


def latest_end(releases: Iterable[HasEnds]) -> Ends | None:
    """When the last release loses security support; an unknown day (False) is later than every date."""
    ends = [end for release in releases if (end := release.ends.get(SECURITY)) is not None]
    if False in ends:
        return False
    return max(_dates(ends), default=True if ends else None)


def status_on(latest: Ends | None, next_end: date | None, day: date) -> Status:
    """The status of a product; `latest` is latest_end(), `next_end` the next end of its releases."""
    over = is_over(latest, day)
    if over is None:
        return Status.UNKNOWN
    if over:
        return Status.ENDED
    return Status.ENDING if next_end is not None and next_end <= day + SOON else Status.SUPPORTED


def _dates(ends: Iterable[Ends | None]) -> list[date]:
    return [each for each in ends if isinstance(each, date)]
