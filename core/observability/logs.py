"""Logging: lines for people, or one JSON object per record and per request (REDOUBT_LOG).

No personal data and no secrets are logged: a request is identified by its route, never by its URL, and values
from the request are masked in everything that is logged while it is handled.
"""

import json
import logging
import re
import secrets
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import quote, unquote, urlsplit

from flask import Flask, Response, current_app, g, has_request_context, request
from sqlalchemy import event
from sqlalchemy.orm import Session

from core.config import SECRETS
from core.database.db import db
from core.database.replicas import RoutedSession
from core.observability import metrics

REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{8,64}")
MIN_MASKED_CHARACTERS = 3  # of a value in the request: shorter ones identify nobody
MASK = "***"
PASSWORD_IN_URL = re.compile(r"(?<=://)[^/@\s'\"]*@")
ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)*")
VALUES = re.compile(r"^(DETAIL|CONTEXT|LINE \d+):.*(\n +\^)?", re.M)  # PostgreSQL quotes the row
WORD = re.compile(r"[A-Za-z0-9_-]{20,}")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# gunicorn quotes the invalid request and the client, or the URL of the failed one.
GUNICORN_MESSAGES = {
    "Invalid request from": "a request could not be read",
    "Error handling request": "a request could not be answered",
}
log = logging.getLogger("redoubt.request")
security = logging.getLogger("redoubt.security")


class Formatter(logging.Formatter):
    """Turns a record into a dict without personal data; `secrets` are values of settings to mask."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        self.secrets = sorted(filter(None, secrets), key=len, reverse=True)

    def fields(self, record: logging.LogRecord) -> dict:
        """The fields of a record; `exception` has the traceback, which quotes code, not values."""
        found = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if has_request_context() and "request_id" in g:
            found["request"] = g.request_id
        if facts := getattr(record, "facts", None):
            return found | facts
        found["message"] = self.clean(record.getMessage())
        if record.exc_info:
            found["exception"] = self.clean(self.formatException(record.exc_info))
        return found

    def clean(self, text: str) -> str:
        """`text` with secrets, email addresses, tokens and values from the request masked."""
        for known in (*self.secrets, *sorted(set(_sent_values()), key=len, reverse=True)):
            text = text.replace(known, MASK)
        text = PASSWORD_IN_URL.sub(f"{MASK}@", VALUES.sub(rf"\1: {MASK}", text))
        return WORD.sub(_without_token, ADDRESS.sub(MASK, text))


class Text(Formatter):
    """A line of text; a traceback follows, indented, so that it cannot imitate another record."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text."""
        fields = self.fields(record)
        parts = [fields.pop("time"), fields.pop("level").upper(), fields.pop("logger")]
        message = _one_line(fields.pop("message", ""))
        trace = fields.pop("exception", "")
        parts += [message] if message else []
        parts += [f"{name}={_one_line(str(value))}" for name, value in fields.items()]
        return "\n    ".join([" ".join(parts), *(_one_line(line) for line in trace.split("\n") if line)])


class Json(Formatter):
    """One JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        return json.dumps(self.fields(record), ensure_ascii=True)


class Handler(logging.Handler):
    """Writes to the current sys.stderr, which tests replace."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write and flush one record."""
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except Exception:
            self.handleError(record)


def _one_line(text: str) -> str:
    return CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _without_token(word: re.Match) -> str:
    """Mask a word that looks random: with digits and letters of both cases, or long and hexadecimal."""
    text = word[0]
    looks_random = re.search("[0-9]", text) and (
        (re.search("[a-z]", text) and re.search("[A-Z]", text)) or re.fullmatch("[0-9a-f]{24,}", text)
    )
    return MASK if looks_random else text


def _sent_values() -> Iterator[str]:
    """The values in the request in the forms in which a message may have them: plain, quoted, decoded."""
    if not has_request_context():
        return
    for text in _raw_values():
        for form in {
            text,
            text.strip(),
            *(as_code(text)[1:-1] for as_code in (repr, ascii, json.dumps)),
            quote(text),
            unquote(text),
        }:
            if len(form) >= MIN_MASKED_CHARACTERS:
                yield form


def _raw_values() -> Iterator[str]:
    yield request.remote_addr or ""
    yield request.query_string.decode("latin-1")
    for name in ("Authorization", "Cookie", "X-Forwarded-For", "User-Agent", "Referer"):
        yield request.headers.get(name, "")
    yield request.headers.get("Authorization", "").partition(" ")[2]
    yield from (str(value) for value in (request.view_args or {}).values() if not isinstance(value, int))
    yield from request.cookies.values()
    yield from (value for _name, value in request.args.items(True))
    with suppress(Exception):  # a body that cannot be read has no values
        yield from (value for _name, value in request.form.items(True))
        yield from _texts(request.get_json(silent=True))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


def request_id() -> str:
    """The id of this request: that of a trusted proxy if it is valid, else a new one."""
    if "request_id" not in g:
        g.request_id = id_from(current_app, request.headers.get("X-Request-ID", ""))
    return g.request_id


def id_from(app: Flask, given: str) -> str:
    """The id `given` by a trusted proxy if it is valid; else a new one."""
    is_valid = app.config["REDOUBT_PROXIES"] and REQUEST_ID.fullmatch(given)
    return given if is_valid else secrets.token_hex(8)


def _begin() -> None:
    request_id()


def _end(response: Response) -> Response:
    response.headers["X-Request-ID"] = request_id()
    log_facts(current_app, lambda: _facts(response))
    return response


def log_facts(app: Flask, facts: Callable[[], dict], logger: logging.Logger = log) -> None:
    """Log the facts of a request or a security event, if the log format is JSON."""
    if app.config["REDOUBT_LOG"] == "json":
        record = logging.LogRecord(logger.name, logging.INFO, "", 0, "", None, None)
        record.facts = facts()
        logger.handle(record)


def log_security_on_commit(facts: dict) -> None:
    """Log a security event when the current transaction is committed; not if it is rolled back."""
    session = db.session()
    session.info.setdefault("security_events", []).append((session.get_nested_transaction(), facts))


def _log_committed(session: Session) -> None:
    events = session.info.pop("security_events", [])
    savepoint = session.get_nested_transaction()
    if savepoint is not None:  # the transaction around it may still be rolled back
        parent = savepoint.parent
        outer = parent if parent is not None and parent.nested else None
        session.info["security_events"] = [
            (outer if inner is savepoint else inner, facts) for inner, facts in events
        ]
        return
    for _savepoint, facts in events:
        log_security(facts)


def log_security(facts: dict) -> None:
    """Log a security event now."""
    log_facts(current_app, lambda: facts, security)


def _drop_rolled_back(session: Session) -> None:
    events = session.info.pop("security_events", [])
    savepoint = session.get_nested_transaction()
    if savepoint is not None:
        session.info["security_events"] = [
            (inner, facts) for inner, facts in events if inner is not savepoint
        ]


def _facts(response: Response) -> dict:
    """The facts of a request that are logged: nothing about its sender or its values."""
    cost = metrics.tally()
    rule = request.url_rule
    facts = {
        "method": request.method if rule else "",
        "endpoint": request.endpoint or metrics.NO_ROUTE,
        "route": rule.rule if rule else "",
        "status": response.status_code,
        "ms": round(cost.seconds * 1000, 1),
        "queries": cost.queries,
        "query_ms": round(cost.query_seconds * 1000, 1),
        "bytes": response.content_length or 0,
    }
    return facts | ({"page": cost.page} if cost.page else {})


def _secrets(app: Flask) -> Iterator[str]:
    """The values of secret settings; of a URL the password."""
    yield app.config["SECRET_KEY"]
    for name in SECRETS:
        value = app.config[name]
        for text in value if isinstance(value, tuple) else (value,):
            secret = (urlsplit(text).password or "") if "://" in text else text
            yield from {secret, unquote(secret)}


def _without_quotes(record: logging.LogRecord) -> bool:
    """Logging filter: replace messages of gunicorn that quote the request."""
    for beginning, replacement in GUNICORN_MESSAGES.items():
        if str(record.msg).startswith(beginning):
            record.msg = replacement
            record.args = None
    return True


def init_app(app: Flask) -> None:
    """Log to standard error in the format of REDOUBT_LOG, and give every request an id."""
    root = logging.getLogger()
    handler = Handler()
    handler.setFormatter((Json if app.config["REDOUBT_LOG"] == "json" else Text)(_secrets(app)))
    root.handlers = [each for each in root.handlers if not isinstance(each, Handler)] + [handler]
    root.setLevel(logging.INFO)
    server = logging.getLogger("gunicorn.error")  # of this web process; the master process has its own
    server.handlers = []
    server.propagate = True
    server.addFilter(_without_quotes)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    app.before_request(_begin)
    app.after_request(_end)
    for name, listener in (("after_commit", _log_committed), ("after_rollback", _drop_rolled_back)):
        if not event.contains(RoutedSession, name, listener):
            event.listen(RoutedSession, name, listener)
