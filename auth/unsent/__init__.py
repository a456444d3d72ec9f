"""Forms that arrived after their session had ended: kept for a day, for the account that typed them.

A form names the account that its page was made for (`marks`). Who logs in with that account finds the text in
a form to send again; no other account sees it (docs/decisions/0529).
"""

from flask import Flask

from auth.unsent import tasks, views  # noqa: F401  (tasks declare themselves)


def init_app(app: Flask) -> None:
    """Attach the page, and answer for forms that nobody logged in has sent."""
    views.init_app(app)
