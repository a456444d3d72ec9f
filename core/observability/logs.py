"""What is logged: lines for people, or one JSON object per record and per request (REDOUBT_LOG).

Nothing personal and no secret: a request is named by its route, never by its address, and what somebody sent
is taken out of every text that is logged while it is answered.
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
MIN_MASKED_CHARACTERS, MASK = 3, "***"  # of what was sent: shorter words say nothing about anybody
PASSWORD_IN_URL = re.compile(r"(?<=://)[^/@\s'\"]*@")
ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)*")
VALUES = re.compile(r"^(DETAIL|CONTEXT|LINE \d+):.*(\n +\^)?", re.M)  # PostgreSQL repeats what was in the row
WORD = re.compile(r"[A-Za-z0-9_-]{20,}")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# gunicorn quotes what it could not read, and from where; or the address at which all broke.
GUNICORN_MESSAGES = {
    "Invalid request from": "a request could not be read",
    "Error handling request": "a request could not be answered",
}
log, security = logging.getLogger("redoubt.request"), logging.getLogger("redoubt.security")


class Formatter(logging.Formatter):
    """A record as a dict of what may be known; `secrets` are values of settings that never show."""

    def __init__(self, secrets: Iterable[str]):
        super().__init__()
        self.secrets = sorted(filter(None, secrets), key=len, reverse=True)

    def fields(self, record: logging.LogRecord) -> dict:
        """What is said of a record; `exception` has the traceback, which quotes code, not values."""
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
        """`text` without secrets, mail addresses, what looks like a token, and what the request brought."""
        for known in (*self.secrets, *sorted(set(_sent_values()), key=len, reverse=True)):
            text = text.replace(known, MASK)
        text = PASSWORD_IN_URL.sub(f"{MASK}@", VALUES.sub(rf"\1: {MASK}", text))
        return WORD.sub(_without_token, ADDRESS.sub(MASK, text))


class Text(Formatter):
    """A line; a traceback follows, indented, so that nothing in it looks like a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        fields = self.fields(record)
        parts = [fields.pop("time"), fields.pop("level").upper(), fields.pop("logger")]
        message, trace = _one_line(fields.pop("message", "")), fields.pop("exception", "")
        parts += [message] if message else []
        parts += [f"{name}={_one_line(str(value))}" for name, value in fields.items()]
        return "\n    ".join([" ".join(parts), *(_one_line(line) for line in trace.split("\n") if line)])


class Json(Formatter):
    """One JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(self.fields(record), ensure_ascii=True)


class Handler(logging.Handler):
    """Writes to what is standard error at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except Exception:
            self.handleError(record)


def _one_line(text: str) -> str:
    return CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _without_token(word: re.Match) -> str:
    """Random text has digits and letters of both cases, or is long and hexadecimal; names are neither."""
    text = word[0]
    looks_random = re.search("[0-9]", text) and (
        (re.search("[a-z]", text) and re.search("[A-Z]", text)) or re.fullmatch("[0-9a-f]{24,}", text)
    )
    return MASK if looks_random else text


def _sent_values() -> Iterator[str]:
    """What the request brought, as it would stand in a message: also quoted, also decoded."""
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
    with suppress(Exception):  # a body that cannot be read brought nothing
        yield from (value for _name, value in request.form.items(True))
        yield from _texts(request.get_json(silent=True))


def _texts(value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


def request_id() -> str:
    """The id of this request: that of a trusted proxy when it is a plain word, else a new one."""
    if "request_id" not in g:
        g.request_id = id_from(current_app, request.headers.get("X-Request-ID", ""))
    return g.request_id


def id_from(app: Flask, given: str) -> str:
    """The id `given` by a proxy if there is one and it is sane; else a new one."""
    is_sane = app.config["REDOUBT_PROXIES"] and REQUEST_ID.fullmatch(given)
    return given if is_sane else secrets.token_hex(8)


def _begin() -> None:
    request_id()


def _end(response: Response) -> Response:
    response.headers["X-Request-ID"] = request_id()
    log_facts(current_app, lambda: _facts(response))
    return response


def log_facts(app: Flask, facts: Callable[[], dict], logger: logging.Logger = log) -> None:
    """Log what is known of a request (or a security event), where these are logged."""
    if app.config["REDOUBT_LOG"] == "json":
        record = logging.LogRecord(logger.name, logging.INFO, "", 0, "", None, None)
        record.facts = facts()
        logger.handle(record)


def log_security_on_commit(facts: dict) -> None:
    """Log a security event as soon as the present transaction is committed; never if it is undone."""
    session = db.session()
    session.info.setdefault("security_events", []).append((session.get_nested_transaction(), facts))


def _log_committed(session: Session) -> None:
    events, savepoint = session.info.pop("security_events", []), session.get_nested_transaction()
    if savepoint is not None:  # what is around it may still be undone
        outer = savepoint.parent if savepoint.parent.nested else None
        session.info["security_events"] = [
            (outer if inner is savepoint else inner, facts) for inner, facts in events
        ]
        return
    for _savepoint, facts in events:
        log_security(facts)


def log_security(facts: dict) -> None:
    """Log a security event at once."""
    log_facts(current_app, lambda: facts, security)


def _drop_rolled_back(session: Session) -> None:
    events, savepoint = session.info.pop("security_events", []), session.get_nested_transaction()
    if savepoint is not None:
        session.info["security_events"] = [
            (inner, facts) for inner, facts in events if inner is not savepoint
        ]


def _facts(response: Response) -> dict:
    """What is told of a request; who sent it and what is not."""
    cost, rule = metrics.tally(), request.url_rule
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
    """The secrets among the settings: whole, or of an address the password."""
    yield app.config["SECRET_KEY"]
    for name in SECRETS:
        value = app.config[name]
        for text in value if isinstance(value, tuple) else (value,):
            secret = (urlsplit(text).password or "") if "://" in text else text
            yield from {secret, unquote(secret)}


def _without_quotes(record: logging.LogRecord) -> bool:
    """Log that gunicorn met a bad request, not what stood in it."""
    for beginning, said in GUNICORN_MESSAGES.items():
        if str(record.msg).startswith(beginning):
            record.msg, record.args = said, None
    return True


def init_app(app: Flask) -> None:
    """Log to standard error in the form that is set, and give every request its id."""
    root, handler = logging.getLogger(), Handler()
    handler.setFormatter((Json if app.config["REDOUBT_LOG"] == "json" else Text)(_secrets(app)))
    root.handlers = [each for each in root.handlers if not isinstance(each, Handler)] + [handler]
    root.setLevel(logging.INFO)
    server = logging.getLogger("gunicorn.error")  # as a process that serves logs it; its master has its own
    server.handlers, server.propagate = [], True
    server.addFilter(_without_quotes)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    app.before_request(_begin)
    app.after_request(_end)
    for name, listener in (("after_commit", _log_committed), ("after_rollback", _drop_rolled_back)):
        if not event.contains(RoutedSession, name, listener):
            event.listen(RoutedSession, name, listener)
