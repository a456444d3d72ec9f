"""What the settings page of notifications shows of a member's alerts."""

from typing import NamedTuple

from alerts import labels, queries
from alerts.models import CADENCES, SEVERITIES, Subscription
from auth.current_user import current_user


class Preferences(NamedTuple):
    """A member's alerts, or None, and what the form offers."""

    alerts: Subscription | None
    words: object
    severities: tuple[str, ...]
    cadences: tuple[str, ...]


def for_page() -> Preferences:
    """The alerts of the member who is logged in."""
    return Preferences(queries.of_member(current_user), labels, SEVERITIES, CADENCES)
