"""The public log as Atom; it says of hidden posts only their number."""

from flask import Blueprint, url_for
from flask_babel import gettext as _

from auth.models import Visitor
from core.formats import feeds
from moderation import queries
from moderation.views import action_words

bp = Blueprint("moderation_feeds", __name__)


@bp.get("/moderation/log.atom")
def log():
    """The newest decisions."""
    entries, words, here = [], action_words(), url_for("moderation.log")
    for row in queries.log():
        text, _url = queries.subject(row, Visitor())
        path = f"{here}#decision-{row.id}"
        entries.append(
            feeds.Entry(
                path,
                f"{words.get(row.action, row.action)}: {text}",
                path,
                row.reason,
                row.actor.display_name if row.actor else "-",
                row.created_at,
                row.created_at,
            )
        )
    return feeds.atom(_("Moderation log"), here, entries)
