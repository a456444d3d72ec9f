"""Forms that were submitted after their session had ended, stored for a day for their account.

A signed hidden field names the account that the page was rendered for (form_accounts.py). After logging in,
that account finds the text in a form to submit again; no other account sees it (docs/decisions/0529).
"""

from flask import Flask

from auth.unsent import tasks, views  # noqa: F401  (tasks registers a task)


def init_app(app: Flask) -> None:
    """Attach the page and the error handlers."""
    views.init_app(app)
