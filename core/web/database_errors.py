"""Responses to database errors: conflict (409), outage (503), or a bug (500).

503 is for a database that cannot be reached, or is read-only, also because its disk is full. The page then
uses no query, and shows the form that was sent. Failed connections are not used again, so the site recovers
by itself.
"""

import logging
import sqlite3
from typing import Any

from flask import Flask, Response, current_app, make_response, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from core.database import schema
from core.database.db import SAFE_METHODS, db, is_conflict, read_only
from core.web.error_responses import crash_response, error_response, problem, wants_json
from core.web.sent_forms import sent_form
from core.web.theme import theme

log = logging.getLogger(__name__)
RETRY_AFTER_SECONDS = 30
OUTAGE_ADVICE = lazy_gettext(
    "Start it, or correct REDOUBT_DATABASE_URL. A passfile is read only if it is "
    "owned by the site's user and has mode 0600."
)
READ_ONLY_TRANSACTION = "25006"
# Classes of PostgreSQL errors (manual, appendix A): connection lost, no resources (also a full disk), server
# stopping or starting, system error
OUTAGE_STATES = ("08", "53", "57P", "58", READ_ONLY_TRANSACTION)
SQLITE_OUTAGE_CODES = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
}
SQLITE_DISCONNECT_CODES = SQLITE_OUTAGE_CODES - {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL}


def is_outage(error: BaseException) -> bool:
    """Whether the database is unavailable or takes no writes, so that only a later retry can succeed."""
    if isinstance(error, NoConnectionFree):
        return True
    return isinstance(error, DBAPIError) and (
        error.connection_invalidated or _is_outage_code(error.orig, SQLITE_OUTAGE_CODES)
    )


def _is_outage_code(error: BaseException | None, sqlite: set[int]) -> bool:
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in sqlite
    state = getattr(error, "sqlstate", None)
    if state is None:  # an error of libpq or psycopg itself: connection refused, lost or not made in time
        return type(error).__name__ in ("OperationalError", "ConnectionTimeout")
    return state.startswith(OUTAGE_STATES)


def outage_reason(error: DBAPIError) -> str:
    """The driver's message, for administrators, in one sentence."""
    lines = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
    return _("The database can't be used: %(why)s.", why=lines[0].rstrip("."))


def _is_empty() -> bool:
    """Whether the database has no schema yet, which the worker or a command will create.

    The current request may hold SQLite's write lock, so this must not wait for it.
    """
    try:
        with read_only():
            return schema.current_revision() is None
    except (DBAPIError, NoConnectionFree) as error:
        return is_outage(error)


def _mark_disconnected(context: ExceptionContext) -> None:
    """Discard the connection after an outage: it would stay broken or read-only when the outage is over."""
    if not _is_outage_code(context.original_exception, SQLITE_DISCONNECT_CODES):
        return
    if context.connection is not None and isinstance(context.original_exception, sqlite3.Error):
        raw: Any = context.connection.connection.driver_connection
        raw.rollback()  # otherwise it would hold its lock until it is garbage-collected
    context.is_disconnect = True


def database_error_response(error: DBAPIError | NoConnectionFree) -> ResponseReturnValue:
    """409 after repeated conflicts (site.py), 503 in an outage, else 500."""
    if is_conflict(error):
        return error_response(
            409, _("Edit conflict"), _("Someone else changed this at the same time. Try again.")
        )
    return outage_response(error) if is_outage(error) or _is_empty() else crash_response(error)


def outage_response(error: Exception) -> Response:
    """A 503 page with the form that was sent, or problem details."""
    log.error(
        "%s %s: the database is away: %s", request.method, request.endpoint, getattr(error, "orig", error)
    )  # without path and statement: they may hold secrets and texts
    db.session.rollback()
    title, text = _outage_text()
    if wants_json():
        response = problem(503, title, text)
    else:
        template = current_app.jinja_env.get_template(
            "unavailable.html"
        )  # without context processors, which use the database
        response = make_response(
            template.render(
                title=title,
                text=text,
                sent=sent_form(ask_owner=False),
                request=request,
                theme=theme(),
                site_name=current_app.config["REDOUBT_SITE_NAME"],
            ),
            503,
        )
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    response.cache_control.no_store = True
    return response


def _outage_text() -> tuple[str, str]:
    if request.method in SAFE_METHODS:
        return (
            _("Temporarily unavailable"),
            _("The site can't reach its database. Reload this page in a minute."),
        )
    return _("Not saved"), _(
        "The site can't save anything right now. Nothing was partly saved. Send it again in a minute."
    )


def init_app(app: Flask) -> None:
    """Register the error handlers."""
    app.register_error_handler(DBAPIError, database_error_response)
    app.register_error_handler(NoConnectionFree, database_error_response)
    with app.app_context():
        event.listen(db.engine, "handle_error", _mark_disconnected)
