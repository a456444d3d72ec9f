"""Flask as this site needs it: addresses a database can look up, and a second try for who lost a race."""

import gc
import re
from urllib.parse import quote

from flask import Flask, Request, current_app, has_request_context, request
from sqlalchemy.exc import DBAPIError
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import IntegerConverter, Map, PathConverter, UnicodeConverter
from werkzeug.utils import cached_property

from core.database.db import MAX_ID, db, is_conflict
from core.database.replicas import ask_primary
from core.limits import bounds

TRIES = 3
PART = re.compile(r"<([^<>:]*:)?(\w+)>")  # of a rule: perhaps a converter, and a name
WATCHED = ("/healthz", "/readyz", "/metrics")  # asked by machines that know a host by its address


class _Id(IntegerConverter):
    """A number that a column can hold; at any other there is nothing (404)."""

    regex = "[0-9]{1,10}"

    def __init__(self, map: Map, **options):
        super().__init__(map, **{"max": MAX_ID, **options})


class _Name(UnicodeConverter):
    """A part of a path; PostgreSQL stores no NUL, so nothing has such a name."""

    def __init__(self, map: Map, **options):
        super().__init__(map, **options)
        self.regex = self.regex.replace("[^/]", r"[^/\x00]")

    def to_url(self, value: object) -> str:
        """`value` as one part of a path, all its marks escaped: a tag such as c++ has one address."""
        return quote(str(value), safe="")


class _Path(PathConverter):
    """The rest of a path, without NUL."""

    regex = r"[^/\x00][^\x00]*?"


class _Addresses(Map):
    default_converters = {
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
        """What decodes a JSON body; Flask would set the app's decoder, which knows no bounds."""
        return bounds.BoundedJson

    @json_module.setter
    def json_module(self, _module) -> None:
        pass

    @cached_property
    def args(self) -> ImmutableMultiDict:
        """The query parameters; of a query that is refused, none: its error page can ask for them."""
        if bounds.is_too_long(self.query_string):
            return ImmutableMultiDict()
        return ImmutableMultiDict(
            [(name, value.replace("\x00", "")) for name, value in super().args.items(multi=True)]
        )

    def _load_form_data(self) -> None:
        """Reads the form once; one that was refused counts as empty from then on."""
        try:
            super()._load_form_data()
        except HTTPException:
            self.__dict__.update(form=ImmutableMultiDict(), files=ImmutableMultiDict())
            raise


class Site(Flask):
    """Views run again when another request's change was faster than theirs.

    So a name taken a moment ago, a tag that two people make at once or a deadlock ends as it would
    have, had one come after the other: with the view's own answer. What a replica has not, or cannot
    answer, is asked of the primary in the same way. What was asked before may be ready (response_cache.py).
    """

    request_class = _Request
    url_map_class = _Addresses

    def __call__(self, environ, start_response):
        """What watches the hosts knows no name of the site, and gets nothing that depends on one."""
        if environ.get("PATH_INFO") in WATCHED:
            environ["HTTP_HOST"] = self.config["TRUSTED_HOSTS"][0]
        return super().__call__(environ, start_response)

    def begin(self) -> None:
        """To be called in a process that serves, when all is loaded: its history is noted from now on.

        Python's collector leaves alone what is loaded; it would look at all of it now and then, and nobody
        is served for an eighth of a second (docs/performance.md).
        """
        self.extensions["history"].start()
        gc.collect()
        gc.freeze()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._patterns: dict[str, tuple[set[str], str] | None] = {}  # by endpoint, as _pattern() makes them

    def url_for(
        self,
        endpoint: str,
        /,
        *,
        _anchor: str | None = None,
        _method: str | None = None,
        _scheme: str | None = None,
        _external: bool | None = None,
        **values,
    ) -> str:
        """The address of a view: Flask's own, but a path also where there is no request, as in the worker.

        A page makes some two hundred addresses. Most hold nothing but the names and numbers of their one
        rule: those are filled into its pattern, in a quarter of the time.
        """
        is_asked, has_options = has_request_context(), _anchor or _method or _scheme or _external
        if not (has_options or (is_asked and request.root_path)):
            try:
                found = self._patterns[endpoint]
            except KeyError:
                found = self._patterns[endpoint] = self._pattern(endpoint)
            if found is not None and values.keys() == found[0] and None not in values.values():
                return found[1] % {
                    name: value if type(value) is int else quote(str(value), safe="")
                    for name, value in values.items()
                }
        if not (is_asked or has_options):
            return self.url_map.bind("").build(endpoint, values)
        return super().url_for(
            endpoint, _anchor=_anchor, _method=_method, _scheme=_scheme, _external=_external, **values
        )

    def _pattern(self, endpoint: str) -> tuple[set[str], str] | None:
        """The names in an endpoint's rule, and its path with gaps; None where there is more to it."""
        rules = self.url_map._rules_by_endpoint.get(endpoint, ())
        if len(rules) != 1 or rules[0].defaults or "%" in rules[0].rule:
            return None
        parts = PART.findall(rules[0].rule)
        if any(kind not in ("", "int:", "string:") for kind, _name in parts):
            return None
        return {name for _kind, name in parts}, PART.sub(r"%(\2)s", rules[0].rule)

    def wsgi_app(self, environ, start_response):
        ready = self.extensions["ready_pages"].answer(environ, start_response)
        return super().wsgi_app(environ, start_response) if ready is None else ready

    def dispatch_request(self):
        for _attempt in range(1, TRIES):
            try:
                return super().dispatch_request()
            except DBAPIError as error:
                db.session.rollback()
                if not (ask_primary(error) or is_conflict(error)):
                    raise
            except NotFound:
                if not ask_primary():
                    raise
                db.session.rollback()
        return super().dispatch_request()


def path_to(endpoint: str, /, **values) -> str:
    """The path of a view, for models, which know no Flask; with a request and without one."""
    return current_app.url_for(endpoint, **values)
