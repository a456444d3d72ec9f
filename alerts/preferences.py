"""A member's alerts on the settings page of notifications."""

from typing import NamedTuple

from alerts import labels, queries
from alerts.models import Subscription
from auth.current_user import current_user


class Preferences(NamedTuple):
    """A member's alerts, or None, and the options of the form."""

    alerts: Subscription | None
    severities: list[tuple[str, str]]
    cadences: list[tuple[str, str]]


def for_page() -> Preferences:
    """The alerts of the logged-in member."""
    return Preferences(queries.of_member(current_user), labels.severities(), labels.cadences())
