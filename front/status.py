"""What an administrator wants to know, for the page /admin and the command `flask doctor`."""

import os
import shutil
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import func, select

from auth.models import User
from core import schema
from core.db import db
from core.models import Event, OutgoingMail
from posts.models import Post


@dataclass(frozen=True)
class Check:
    """One finding: what was looked at, whether it is well, and what to do if not."""

    name: str
    ok: bool
    advice: str


def counts() -> list[tuple[str, int]]:
    """Sizes that tell how the site is doing."""
    posts = dict(db.session.execute(select(Post.kind, func.count()).where(Post.is_public)
                                    .group_by(Post.kind)).all())
    waiting = db.session.scalar(select(func.count()).where(Event.done_at.is_(None)))
    unsent = db.session.scalar(select(func.count()).where(OutgoingMail.sent_at.is_(None),
                                                          OutgoingMail.failed_at.is_(None)))
    failed = db.session.scalar(select(func.count()).where(OutgoingMail.failed_at.is_not(None)))
    members = db.session.scalar(select(func.count()).select_from(User))
    return [(_("Members"), members), (_("Questions"), posts.get("question", 0)),
            (_("Answers"), posts.get("answer", 0)), (_("Articles"), posts.get("article", 0)),
            (_("Comments"), posts.get("comment", 0)), (_("Events waiting"), waiting),
            (_("Mail waiting"), unsent), (_("Mail given up"), failed)]


def checks() -> list[Check]:
    """Look at settings, files, schema and disk."""
    config, instance = current_app.config, current_app.config["REDOUBT_INSTANCE"]
    secret = instance / "secret_key"
    mode_ok = not secret.exists() or (os.stat(secret).st_mode & 0o077) == 0
    database = instance / "redoubt.db"
    database_ok = not database.exists() or (os.stat(database).st_mode & 0o077) == 0
    free = shutil.disk_usage(instance).free
    return [
        Check(_("Database schema"), schema.is_current(), _("Run any flask command to migrate.")),
        Check(_("Site address"), bool(config["REDOUBT_SITE_URL"]),
              _("Set REDOUBT_SITE_URL to the https address people use.")),
        Check(_("HTTPS cookies"), config["SESSION_COOKIE_SECURE"],
              _("Use an https address in REDOUBT_SITE_URL.")),
        Check(_("Mail"), bool(config["REDOUBT_MAIL_URL"]),
              _("Mail goes to files in the outbox; set REDOUBT_MAIL_URL.")),
        Check(_("Request limits"), config["REDOUBT_RATE_LIMITS"],
              _("Set REDOUBT_RATE_LIMITS=on.")),
        Check(_("Secret key file"), mode_ok, _("Make instance/secret_key readable by its owner only.")),
        Check(_("Database file"), database_ok, _("Make the database file readable by its owner only.")),
        Check(_("Disk"), free > 500_000_000, _("Less than 500 MB are free.")),
        *_of_several_hosts(),
    ]


def _of_several_hosts() -> list[Check]:
    """What hosts must share; nothing where no setting names another host for cache or reads."""
    config = current_app.config
    cache = urlsplit(config["REDOUBT_REDIS_URL"]).hostname or "localhost"
    if cache in ("localhost", "127.0.0.1", "::1") and not config["REDOUBT_REPLICA_URLS"]:
        return []
    return [
        Check(_("One database for all hosts"), db.engine.dialect.name == "postgresql",
              _("A SQLite file belongs to one host: set REDOUBT_DATABASE_URL to PostgreSQL.")),
        Check(_("One key for all hosts"), bool(config["REDOUBT_SECRET_KEY"]),
              _("Each host makes its own and knows nobody who logged in elsewhere: set REDOUBT_SECRET_KEY.")),
        Check(_("One index for all hosts"), not (config["REDOUBT_INSTANCE"] / "index").exists(),
              _("An index in files belongs to one host, and one worker writes it: let PostgreSQL search, "
                "then remove the folder index.")),
    ]
