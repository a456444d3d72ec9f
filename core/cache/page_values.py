"""The values of every page that are its reader's own: token, messages, drafts and address (marks.py)."""

from flask import get_flashed_messages, get_template_attribute, request
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape

from core.cache.marks import register_value
from core.web.sent_forms import accepted_drafts


def _messages(_reader: object, _thing: object) -> Markup:
    """The messages for the next page of this browser."""
    found = get_flashed_messages(with_categories=True)
    if not found:
        return escape("")
    alert = get_template_attribute("macros/ui.html", "alert")
    return escape("").join(alert(kind, text) for kind, text in found)


register_value("messages", _messages)
register_value("csrf_token", lambda _reader, _thing: generate_csrf())
register_value("accepted_drafts", lambda _reader, _thing: accepted_drafts())
register_value("address", lambda _reader, _thing: request.full_path if request.query_string else request.path)
