"""Inboxes, queued mail and worker rounds for the tests of alerts."""

from tests.notifications.conftest import inbox, mails, rounds  # noqa: F401  (fixtures)
