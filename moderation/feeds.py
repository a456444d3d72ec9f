"""The public log as an Atom feed; hidden posts are only a number in it."""

from flask import Blueprint, Response, url_for
from flask_babel import gettext as _

from auth.models import Visitor
from core.formats import feeds
from moderation import queries
from moderation.labels import action_labels

bp = Blueprint("moderation_feeds", __name__)


@bp.get("/moderation/log.atom")
def log() -> Response:
    """The newest decisions."""
    entries = []
    labels = action_labels()
    here = url_for("moderation.log")
    for row in queries.log():
        text, _url = queries.subject(row, Visitor())
        path = f"{here}#decision-{row.id}"
        entries.append(
            feeds.Entry(
                path,
                f"{labels.get(row.action, row.action)}: {text}",
                path,
                row.reason,
                row.actor.display_name if row.actor else "-",
                row.created_at,
                row.created_at,
            )
        )
    return feeds.atom(_("Moderation log"), here, entries)
