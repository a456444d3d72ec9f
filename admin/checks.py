"""What several hosts must share."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import func, select

from auth.models import User
from core.checks.health import Finding, judge, register_check
from core.database.db import db

DEMO = "demo_"  # how the names of all demo members begin (demo/content/members.yaml)


@register_check()
def hosts() -> Iterator[Finding]:
    """Several hosts."""
    config = current_app.config
    cache = urlsplit(config["REDOUBT_REDIS_URL"]).hostname or "localhost"
    if cache in ("localhost", "127.0.0.1", "::1") and not config["REDOUBT_REPLICA_URLS"]:
        return  # no setting names another host
    kind = db.engine.dialect.name
    yield judge(
        _("One database for all hosts"),
        kind,
        fault=kind != "postgresql",
        advice=_("A SQLite file works on one host only: set REDOUBT_DATABASE_URL to PostgreSQL."),
    )
    key = config["REDOUBT_SECRET_KEY"]
    yield judge(
        _("One key for all hosts"),
        _("set") if key else _("a file on this host"),
        fault=not key,
        advice=_("Each host has its own key and rejects sessions of the others: set REDOUBT_SECRET_KEY."),
    )
    files = config["REDOUBT_SEARCH"] == "whoosh" or kind != "postgresql"
    yield judge(
        _("One index for all hosts"),
        _("files on this host") if files else "PostgreSQL",
        fault=files,
        advice=_(
            "A file index works on one host with one worker: set REDOUBT_SEARCH=auto, then "
            "run flask search rebuild."
        ),
    )


@register_check()
def demonstration() -> Iterator[Finding]:
    """Demo community."""
    if urlsplit(current_app.config["REDOUBT_SITE_URL"]).scheme != "https":
        return
    count = db.session.scalar(select(func.count()).where(User.username.startswith(DEMO, autoescape=True)))
    if count:
        yield judge(
            _("Demo community"),
            _("%(n)s accounts", n=count),
            remark=True,
            advice=_(
                "Do not run a real site with demo accounts: start with an empty instance, or "
                "remove their roles (flask user promote NAME member)."
            ),
        )
