"""Error responses: a page for people, problem details for programs."""

import logging
from typing import Any

from flask import Flask, Response, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import Forbidden, HTTPException, SecurityError

from core.database.db import SAFE_METHODS, db
from core.database.paging import InvalidCursor
from core.limits import rate_limits
from core.limits.bounds import TooDeep, TooLongAddress, TooMuch
from core.limits.rate_limits import TooMany
from core.observability.logs import request_id
from core.web.conflicts import AlreadyDone
from core.web.forms import BadQuery, Invalid
from core.web.sent_forms import SentForm, referring_page, sent_form

log = logging.getLogger(__name__)
FINAL_STATUSES = (403, 404, 405, 410)  # sending the same form again is hardly ever of use


def wants_json() -> bool:
    """Whether the client is a program: an API path, or a page's own script asking for JSON."""
    if request.path.startswith("/api/"):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json"


def problem(status: int, title: str, detail: str = "", **more: object) -> Response:
    """An RFC 9457 problem details response with the members `more`."""
    body = {"type": "about:blank", "status": status, "title": title, "detail": detail, **more}
    response: Any = current_app.json.response({k: v for k, v in body.items() if v != ""})
    response.status_code = status
    response.mimetype = "application/problem+json"
    return response


def error_response(
    status: int, title: str, text: str, errors: dict | None = None, **details: object
) -> ResponseReturnValue:
    """An error as a page or as problem details; from status 500 on with the request id.

    The page shows the form that was sent, to send it again. Rolls back.
    """
    db.session.rollback()
    number = request_id() if status >= 500 else ""
    if wants_json():
        more = {"errors": errors} if errors else {}
        return problem(status, title, text, request_id=number, **more, **details)
    form = _form_to_return(status)
    return render_template(
        "error.html",
        status=status,
        title=title,
        text=text,
        number=number,
        errors=errors,
        sent=form,
        before=referring_page() if form else "",
        as_question=form and _may_become_question(status, form),
    ), status


def _form_to_return(status: int) -> SentForm | None:
    """The form that was sent, unless sending it again is of no use and it has no typed text."""
    form = sent_form()
    if form is None or (status in FINAL_STATUSES and not form.has_text):
        return None
    return form


def _may_become_question(status: int, form: SentForm) -> bool:
    """Whether a text whose thread is gone could become a question."""
    return (
        status in FINAL_STATUSES and bool(form.value("body").strip()) and form.target != url_for("forum.ask")
    )


def http_error_response(error: HTTPException) -> ResponseReturnValue:
    """The response to an error with an HTTP status."""
    if error.code is not None and 300 <= error.code < 400:
        return error.get_response()
    texts = {
        400: _("The request could not be read. Go back and try again."),
        404: _("This page does not exist, or you don't have access to it."),
        405: _("This page does not support that kind of request."),
        413: _("This is too large. Send less at once."),
        429: _("Too many requests. Wait a moment and try again."),
    }
    titles = {
        400: _("Bad request"),
        403: _("Access denied"),
        404: _("Page not found"),
        405: _("Request not supported"),
        413: _("Too large"),
        429: _("Too many requests"),
    }
    given = error.description if isinstance(error, (Forbidden, TooMuch, TooDeep, TooLongAddress)) else None
    if isinstance(error, SecurityError):
        given = _(
            "This site is not available under this host name. Use its own address (administrators set "
            "it with REDOUBT_SITE_URL)."
        )
    status = error.code or 500
    title = error.name if wants_json() else titles.get(status, error.name)
    text = given or texts.get(status) or error.description or ""
    response = current_app.make_response(error_response(status, title, text))
    if status == 429 and (limit := rate_limits.current_limit()):
        response.headers["Retry-After"] = str(limit.seconds)
    for name, value in error.get_headers():  # Allow, WWW-Authenticate, Retry-After
        if name != "Content-Type":
            response.headers[name] = value
    return response


def _on_too_many(error: TooMany) -> Response:
    wait = (
        _("Wait a few seconds, then try again.")
        if error.seconds < 10
        else _("Wait %(n)s minutes, then try again.", n=max(1, round(error.seconds / 60)))
    )
    response = current_app.make_response(error_response(429, _("Too many attempts"), wait))
    response.headers["Retry-After"] = str(error.seconds)
    return response


def _on_already_done(error: AlreadyDone) -> ResponseReturnValue:
    text = error.text
    if wants_json():
        return error_response(409, _("Already decided"), text)
    db.session.rollback()
    form = sent_form()
    return render_template(
        "already_done.html", text=text, url=error.url, sent=form if form and form.has_text else None
    ), 409


def _on_invalid(error: Invalid) -> ResponseReturnValue:
    """422 for a body or form; 400 for wrong query parameters of the API, with the allowed values."""
    if isinstance(error, BadQuery):
        return error_response(400, _("Invalid parameters"), error.text, error.errors, allowed=error.allowed)
    is_query = request.path.startswith("/api/") and request.method in SAFE_METHODS
    return error_response(400 if is_query else 422, _("Invalid input"), error.text, error.errors)


def _on_invalid_cursor(_error: InvalidCursor) -> ResponseReturnValue:
    text = _("This is not a `next` value of this list in this order. Leave out `after` to start again.")
    return error_response(
        400, _("Invalid cursor"), text, {"after": [text]}, allowed={"after": _("`next` of the previous page")}
    )


def crash_response(error: Exception) -> ResponseReturnValue:
    """500 for an unexpected exception, which is logged."""
    log.exception("%s failed", request.endpoint)
    return error_response(
        500,
        _("Something went wrong"),
        _("This is our fault and has been logged. Nothing was partly saved. Try again in a moment."),
    )


def init_app(app: Flask) -> None:
    """Register the error handlers."""
    app.register_error_handler(HTTPException, http_error_response)
    app.register_error_handler(TooMany, _on_too_many)
    app.register_error_handler(AlreadyDone, _on_already_done)
    app.register_error_handler(Exception, crash_response)
    app.register_error_handler(Invalid, _on_invalid)
    app.register_error_handler(InvalidCursor, _on_invalid_cursor)
