"""The Flask subclass: URL converters for values a database can hold, bounded requests, retried views."""

import gc
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from flask import Flask, Request, current_app
from flask.globals import _cv_request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import BaseConverter, IntegerConverter, Map, PathConverter, UnicodeConverter
from werkzeug.utils import cached_property

from core.database.db import MAX_ID, db, is_conflict
from core.database.replicas import switch_to_primary
from core.limits import bounds

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MAX_ATTEMPTS = 3
RULE_VARIABLE = re.compile(r"<([^<>:]*:)?(\w+)>")  # perhaps a converter, and a name
MONITORED_PATHS = ("/healthz", "/readyz", "/metrics")  # for monitoring, which addresses a host by IP


class _Id(IntegerConverter):
    """An integer that an id column can hold; other numbers match no route (404)."""

    regex = "[0-9]{1,10}"

    def __init__(self, map: Map, **options: Any) -> None:
        super().__init__(map, **{"max": MAX_ID, **options})


class _Name(UnicodeConverter):
    """One segment of a path, without NUL, which PostgreSQL cannot store."""

    def __init__(self, map: Map, **options: Any) -> None:
        super().__init__(map, **options)
        self.regex = self.regex.replace("[^/]", r"[^/\x00]")

    def to_url(self, value: object) -> str:
        """`value` as one segment of a path, fully escaped: a tag such as c++ has one URL."""
        return quote(str(value), safe="")


class _Path(PathConverter):
    """The rest of a path, without NUL."""

    regex = r"[^/\x00][^\x00]*?"


class _Addresses(Map):
    default_converters: ClassVar[dict[str, type[BaseConverter]]] = {
        **Map.default_converters,
        "int": _Id,
        "default": _Name,
        "string": _Name,
        "path": _Path,
    }


class _Request(Request):
    """A request of bounded size (core.limits.bounds) whose query parameters hold no NUL."""

    form_data_parser_class = bounds.BoundedFormParser

    @property
    def json_module(self) -> type:
        """The decoder of JSON bodies. Flask would set the app's, which has no limits."""
        return bounds.BoundedJson

    @json_module.setter
    def json_module(self, _module: object) -> None:
        pass

    @cached_property
    def args(self) -> ImmutableMultiDict:
        """The query parameters; empty for a query string over the limits, so that its error page works."""
        if bounds.is_too_long(self.query_string):
            return ImmutableMultiDict()
        return ImmutableMultiDict(
            [(name, value.replace("\x00", "")) for name, value in super().args.items(multi=True)]
        )

    def _load_form_data(self) -> None:
        """Read the form once; a refused form counts as empty from then on."""
        try:
            super()._load_form_data()
        except HTTPException:
            self.__dict__.update(form=ImmutableMultiDict(), files=ImmutableMultiDict())
            raise


class Site(Flask):
    """The Flask application. A view that loses a race with another transaction is run again.

    So a unique name that was just taken, a tag that two requests create at once, or a deadlock ends as if one
    request had come after the other: with the view's own response. A view also runs again on the primary when
    a replica lacks a row or fails. Repeated requests may be served by response_cache.py before Flask.
    """

    request_class = _Request
    url_map_class = _Addresses

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._patterns: dict[str, tuple[set[str], str] | None] = {}  # by endpoint, see _pattern()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Accept any Host header for MONITORED_PATHS, whose responses do not depend on it."""
        if environ.get("PATH_INFO") in MONITORED_PATHS:
            environ["HTTP_HOST"] = self.config["TRUSTED_HOSTS"][0]
        return super().__call__(environ, start_response)

    def start_serving(self) -> None:
        """Start recording metrics and freeze loaded objects; call it in a web process once all is loaded.

        The garbage collector ignores frozen objects; scanning them would stop the process for an eighth of
        a second now and then (docs/performance.md).
        """
        self.extensions["history"].start()
        gc.collect()
        gc.freeze()

    def url_for(  # pyright: ignore[reportIncompatibleMethodOverride]  (positional endpoint)
        self,
        endpoint: str,
        /,
        *,
        _anchor: str | None = None,
        _method: str | None = None,
        _scheme: str | None = None,
        _external: bool | None = None,
        **values: Any,
    ) -> str:
        """The URL of a view as in Flask, but a path also without a request, as in the worker.

        A page has some two hundred URLs. Most have no other values than those of their only rule: a format
        string makes these in a quarter of the time.
        """
        context = _cv_request.get(None)  # not by the proxies, which cost as much as the rest of this
        prefix = None  # of the paths of the request's site; None without a request, or for an untrusted host
        if context is not None and context.url_adapter is not None:
            prefix = context.request.root_path
        has_options = _anchor or _method or _scheme or _external
        if not (has_options or prefix):
            try:
                found = self._patterns[endpoint]
            except KeyError:
                found = self._pattern(endpoint)
                self._patterns[endpoint] = found
            if found is not None and values.keys() == found[0] and None not in values.values():
                return found[1] % {
                    name: value if type(value) is int else quote(str(value), safe="")
                    for name, value in values.items()
                }
        if prefix is None and not has_options:
            return self.url_map.bind("").build(endpoint, values)
        return super().url_for(
            endpoint, _anchor=_anchor, _method=_method, _scheme=_scheme, _external=_external, **values
        )

    def _pattern(self, endpoint: str) -> tuple[set[str], str] | None:
        """The variables of an endpoint's only rule and its path as a format string; None if not simple."""
        rules = self.url_map._rules_by_endpoint.get(endpoint, ())
        if len(rules) != 1 or rules[0].defaults or "%" in rules[0].rule:
            return None
        parts = RULE_VARIABLE.findall(rules[0].rule)
        if any(kind not in ("", "int:", "string:") for kind, _name in parts):
            return None
        return {name for _kind, name in parts}, RULE_VARIABLE.sub(r"%(\2)s", rules[0].rule)

    def wsgi_app(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Send a cached response, or let Flask make one."""
        cached = self.extensions["response_cache"].respond(environ, start_response)
        return super().wsgi_app(environ, start_response) if cached is None else cached

    def dispatch_request(self) -> ResponseReturnValue:
        """Run the view, up to MAX_ATTEMPTS times."""
        for _attempt in range(1, MAX_ATTEMPTS):
            try:
                return super().dispatch_request()
            except DBAPIError as error:
                db.session.rollback()
                if not (switch_to_primary(error) or is_conflict(error)):
                    raise
            except NotFound:
                if not switch_to_primary():
                    raise
                db.session.rollback()
        return super().dispatch_request()


def path_to(endpoint: str, /, **values: Any) -> str:
    """The path of a view, with or without a request; for models, which do not import Flask."""
    return current_app.url_for(endpoint, **values)
