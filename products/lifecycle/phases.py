"""The life of a release as pure functions: in which phase it is on a day, and when that ends.

An end is a date, or only yes (it is over) or no (it is not) where nobody gave a date. The last day
still counts: support that ends on 30 June 2004 is there on that day and gone on 1 July.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum

Ends = date | bool

ACTIVE, SECURITY, EXTENSION, DISCONTINUED = "active", "security", "extension", "discontinued"
KINDS = (ACTIVE, SECURITY, EXTENSION, DISCONTINUED)
SUPPORT = (ACTIVE, SECURITY, EXTENSION)
SOON = timedelta(days=90)


class Phase(StrEnum):
    """Where a release stands."""

    UPCOMING = "upcoming"
    ACTIVE = "active"
    SECURITY = "security"
    EXTENSION = "extension"
    ENDED = "ended"
    UNKNOWN = "unknown"


class Status(StrEnum):
    """Where a product stands, over all its releases."""

    SUPPORTED = "supported"
    ENDING = "ending"
    ENDED = "ended"
    UNKNOWN = "unknown"


_ENDED_BY = {Phase.ACTIVE: (ACTIVE, SECURITY), Phase.SECURITY: (SECURITY,), Phase.EXTENSION: (EXTENSION,)}


def is_over(ends: Ends | None, day: date) -> bool | None:
    """Whether what `ends` then is over on `day`; None when nothing is known."""
    if ends is None or isinstance(ends, bool):
        return ends
    return day > ends


def phase_on(release, day: date) -> Phase:
    """The phase of a release (anything with `released_on` and a dict `ends` by kind) on `day`.

    The end of security support decides: before it a release whose active support is over gets
    security fixes only, after it only an extension remains. `discontinued` (no longer sold) says
    nothing about support.
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


def phase_end(release, day: date) -> date | None:
    """The last day of the present phase, when it is known."""
    kinds = _ENDED_BY.get(phase_on(release, day), ())
    return min((ends for kind in kinds if _is_date(ends := release.ends.get(kind))), default=None)


def latest_end(releases: Iterable) -> Ends | None:
    """When the last of the releases loses security support; no day known (False) outlasts every date."""
    ends = [end for release in releases if (end := release.ends.get(SECURITY)) is not None]
    if False in ends:
        return False
    return max((end for end in ends if _is_date(end)), default=True if ends else None)


def status_on(latest: Ends | None, next_end: date | None, day: date) -> Status:
    """A product's standing: `latest` is latest_end(), `next_end` the next end among its releases."""
    over = is_over(latest, day)
    if over is None:
        return Status.UNKNOWN
    if over:
        return Status.ENDED
    return Status.ENDING if next_end is not None and next_end <= day + SOON else Status.SUPPORTED


def _is_date(ends: Ends | None) -> bool:
    return isinstance(ends, date)
