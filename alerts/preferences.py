"""What the settings page of notifications shows of a member's alerts."""

from typing import NamedTuple

from alerts import labels, queries
from alerts.models import Subscription
from auth.current_user import current_user


class Preferences(NamedTuple):
    """A member's alerts, or None, and what the form offers."""

    alerts: Subscription | None
    severities: list[tuple[str, str]]
    cadences: list[tuple[str, str]]


def for_page() -> Preferences:
    """The alerts of the member who is logged in."""
    return Preferences(queries.of_member(current_user), labels.severities(), labels.cadences())
