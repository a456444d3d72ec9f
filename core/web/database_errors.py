"""What people are told when the database fails them: try again (409), come back (503), our fault (500).

503 is for a database that cannot be reached, or takes nothing because its disk is full or it may only read.
The answer then asks nothing of it; who wrote something gets that back, to send it again. It ends by itself:
connections that have failed so are not used again.
"""

import logging
import sqlite3

from flask import Flask, Response, current_app, make_response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from core.database import schema
from core.database.db import SAFE_METHODS, db, is_conflict, read_only
from core.web.error_answers import crash_answer, error_answer, problem, wants_json
from core.web.sent_forms import sent_form
from core.web.theme import theme

log = logging.getLogger(__name__)
RETRY_AFTER = 30  # seconds
OUTAGE_ADVICE = lazy_gettext(
    "Start it, or correct REDOUBT_DATABASE_URL. A passfile is read only if it is "
    "owned by the site's user and has mode 0600."
)
READ_ONLY_TRANSACTION = "25006"
# PostgreSQL's classes of errors (its manual, appendix A): connection lost, no resources (a full disk too),
# server stopping or starting, failure of its system
AWAY = ("08", "53", "57P", "58", READ_ONLY_TRANSACTION)
SQLITE_AWAY = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
}
SQLITE_STALE = SQLITE_AWAY - {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL}


def is_outage(error: BaseException) -> bool:
    """Whether the database is gone or takes no writes at present: to come back later is all one can do."""
    if isinstance(error, NoConnectionFree):
        return True
    return isinstance(error, DBAPIError) and (
        error.connection_invalidated or _is_away(error.orig, SQLITE_AWAY)
    )


def _is_away(error: BaseException | None, sqlite: set[int]) -> bool:
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in sqlite
    state = getattr(error, "sqlstate", None)
    if state is None:  # libpq itself: refused, or broken off
        return type(error).__name__ == "OperationalError"
    return state.startswith(AWAY)


def outage_reason(error: DBAPIError) -> str:
    """The driver's own words for an administrator, in one sentence."""
    said = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
    return _("The database can't be used: %(why)s.", why=said[0].rstrip("."))


def _is_empty() -> bool:
    """Whether there is no schema yet: the worker, or any command, will make it.

    Asked beside a request that may hold the writer's turn, so it must not wait for that.
    """
    try:
        with read_only():
            return schema.present() is None
    except (DBAPIError, NoConnectionFree) as error:
        return is_outage(error)


def _distrust(context: ExceptionContext) -> None:
    """A connection to a server or file that went away, or became read-only, stays so when that is over."""
    if not _is_away(context.original_exception, SQLITE_STALE):
        return
    if context.connection is not None and isinstance(context.original_exception, sqlite3.Error):
        context.connection.connection.driver_connection.rollback()  # collected late, it would hold its lock
    context.is_disconnect = True


def database_error_answer(error: DBAPIError | NoConnectionFree):
    """409 for who lost a race again and again (site.py), 503 in an outage; anything else is our fault."""
    if is_conflict(error):
        return error_answer(
            409, _("Edit conflict"), _("Someone else changed this at the same time. Try again.")
        )
    return outage_answer(error) if is_outage(error) or _is_empty() else crash_answer(error)


def outage_answer(error: Exception) -> Response:
    """503, with what was typed."""
    log.error(
        "%s %s: the database is away: %s", request.method, request.endpoint, getattr(error, "orig", error)
    )  # not the path, not the statement: secrets and texts are in them
    db.session.rollback()
    title, text = _words()
    if wants_json():
        answer = problem(503, title, text)
    else:
        template = current_app.jinja_env.get_template("unavailable.html")  # no context processor: they ask it
        answer = make_response(
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
    answer.headers["Retry-After"] = str(RETRY_AFTER)
    answer.cache_control.no_store = True
    return answer


def _words() -> tuple[str, str]:
    if request.method in SAFE_METHODS:
        return (
            _("Temporarily unavailable"),
            _("The site can't reach its database. Reload this page in a minute."),
        )
    return _("Not saved"), _(
        "The site can't save anything right now. Nothing was partly saved. Send it again in a minute."
    )


def init_app(app: Flask) -> None:
    """Answer for the database where it cannot."""
    app.register_error_handler(DBAPIError, database_error_answer)
    app.register_error_handler(NoConnectionFree, database_error_answer)
    with app.app_context():
        event.listen(db.engine, "handle_error", _distrust)
