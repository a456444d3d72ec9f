"""What is answered when something goes wrong: a page for people, problem details for programs."""

import logging

from flask import Flask, Response, current_app, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import Forbidden, HTTPException, SecurityError

from core.database.db import SAFE_METHODS, db
from core.database.paging import BadCursor
from core.limits import rate_limits
from core.limits.bounds import TooDeep, TooLongAddress, TooMuch
from core.limits.rate_limits import TooMany
from core.observability.logs import request_id
from core.web.conflicts import AlreadyDone
from core.web.forms import BadQuery, Invalid
from core.web.sent_forms import SentForm, page_before, sent_form

log = logging.getLogger(__name__)
WITHOUT_REPEAT = (403, 404, 405, 410)  # the same form will hardly be accepted later


def wants_json() -> bool:
    """Whether the client is a program: an API path, or a page's own script asking for JSON."""
    if request.path.startswith("/api/"):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json"


def problem(status: int, title: str, detail: str = "", **more) -> Response:
    """An RFC 9457 problem details answer."""
    body = {"type": "about:blank", "status": status, "title": title, "detail": detail, **more}
    response = current_app.json.response({k: v for k, v in body.items() if v != ""})
    response.status_code, response.mimetype = status, "application/problem+json"
    return response


def error_answer(status: int, title: str, text: str, errors: dict | None = None, **details):
    """The same error for people (a page) and programs (problem details); our own faults have a number.

    The page gives back the form that was sent, to send it again.
    """
    db.session.rollback()
    number = request_id() if status >= 500 else ""
    if wants_json():
        more = {"errors": errors} if errors else {}
        return problem(status, title, text, request_id=number, **more, **details)
    form = _form_to_give_back(status)
    return render_template(
        "error.html",
        status=status,
        title=title,
        text=text,
        number=number,
        errors=errors,
        sent=form,
        before=page_before() if form else "",
        as_question=form and _may_be_asked(status, form),
    ), status


def _form_to_give_back(status: int) -> SentForm | None:
    """The form that was sent, unless sending it again is of no use and nothing in it was typed."""
    form = sent_form()
    if form is None or (status in WITHOUT_REPEAT and not form.has_text):
        return None
    return form


def _may_be_asked(status: int, form: SentForm) -> bool:
    """Whether a text whose place is gone could become a question."""
    return (
        status in WITHOUT_REPEAT and bool(form.value("body").strip()) and form.target != url_for("forum.ask")
    )


def http_error_answer(error: HTTPException):
    """The answer to an error that has an HTTP status."""
    if error.code is not None and 300 <= error.code < 400:
        return error
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
    answer = current_app.make_response(
        error_answer(status, title, given or texts.get(status, error.description))
    )
    if status == 429 and (limit := rate_limits.in_force()):
        answer.headers["Retry-After"] = str(limit.seconds)
    for name, value in error.get_headers():  # Allow, WWW-Authenticate, Retry-After
        if name != "Content-Type":
            answer.headers[name] = value
    return answer


def _on_too_many(error: TooMany):
    wait = (
        _("Wait a few seconds, then try again.")
        if error.seconds < 10
        else _("Wait %(n)s minutes, then try again.", n=max(1, round(error.seconds / 60)))
    )
    answer = current_app.make_response(error_answer(429, _("Too many attempts"), wait))
    answer.headers["Retry-After"] = str(error.seconds)
    return answer


def _on_already_done(error: AlreadyDone):
    text, url = error.text, error.url
    if wants_json():
        return error_answer(409, _("Already decided"), text)
    db.session.rollback()
    form = sent_form()
    return render_template(
        "already_done.html", text=text, url=url, sent=form if form and form.has_text else None
    ), 409


def _on_invalid(error: Invalid):
    """422 for a body or form; 400 for a query that the API does not take: then with what it takes."""
    if isinstance(error, BadQuery):
        return error_answer(400, _("Invalid parameters"), error.text, error.errors, allowed=error.allowed)
    is_query = request.path.startswith("/api/") and request.method in SAFE_METHODS
    return error_answer(400 if is_query else 422, _("Invalid input"), error.text, error.errors)


def _on_bad_cursor(_error: BadCursor):
    text = _("This is not a `next` value of this list in this order. Leave out `after` to start again.")
    return error_answer(
        400, _("Invalid cursor"), text, {"after": [text]}, allowed={"after": _("`next` of the previous page")}
    )


def crash_answer(error: Exception):
    """500 for what nobody foresaw; the log has the details."""
    log.exception("%s failed", request.endpoint)
    return error_answer(
        500,
        _("Something went wrong"),
        _("This is our fault and has been logged. Nothing was partly saved. Try again in a moment."),
    )


def init_app(app: Flask) -> None:
    """Answer for whatever is raised while a request is answered."""
    app.register_error_handler(HTTPException, http_error_answer)
    app.register_error_handler(TooMany, _on_too_many)
    app.register_error_handler(AlreadyDone, _on_already_done)
    app.register_error_handler(Exception, crash_answer)
    app.register_error_handler(Invalid, _on_invalid)
    app.register_error_handler(BadCursor, _on_bad_cursor)
