"""The web side of the ground floor: require, parse, forms, security headers."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, islice
from urllib.parse import urlsplit

from flask import (
    Flask,
    Response,
    abort,
    current_app,
    g,
    has_request_context,
    request,
)
from flask_babel import Babel, get_locale
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFProtect
from marshmallow import EXCLUDE, Schema, ValidationError, fields
from werkzeug.exceptions import Forbidden
from werkzeug.middleware.proxy_fix import ProxyFix

from core import versions, wording
from core.bounds import MAX_ERROR_CHARACTERS, MAX_ERRORS, MAX_NAME_CHARACTERS
from core.characters import line, visible
from core.db import db
from core.json_types import wrong_types
from core.markup import Rendered, TooLong, render
from core.static_files import let_keep, static_url

csrf = CSRFProtect()
babel = Babel()
THEMES = ("light", "dark")
BLANK_START = re.compile(r"\A(?:[^\S\n]*\n)+")  # empty lines; spaces before the first word may mean code
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; manifest-src 'self'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Invalid(Exception):
    """Input that fails its schema: `errors` is {field: [sentence, …]}, at most MAX_ERRORS sentences."""

    def __init__(self, errors: dict):
        self.errors: dict[str, list[str]] = {}
        found = ((str(name)[:MAX_NAME_CHARACTERS], sentence) for name, each in errors.items()
                 for sentence in _sentences(each))
        for name, sentence in islice(found, MAX_ERRORS):
            self.errors.setdefault(name, []).append(sentence[:MAX_ERROR_CHARACTERS])
        if next(found, None):
            self.errors.setdefault("_", []).append(_("There are more errors than listed here."))
        super().__init__(self.errors)

    @property
    def text(self) -> str:
        """All sentences in one line."""
        return " ".join(chain.from_iterable(self.errors.values()))


def _sentences(found) -> Iterator[str]:
    """The messages in what marshmallow reports: a sentence, a list, or those of nested fields."""
    if isinstance(found, (dict, list, tuple)):
        for each in found.values() if isinstance(found, dict) else found:
            yield from _sentences(each)
    else:
        yield str(found)


class Markdown(fields.Field):
    """Markdown text as `Rendered` (source and safe HTML); length counted after trimming."""

    def __init__(self, *, shortest: int = 0, longest: int = 30_000, **kwargs):
        limits = {"minLength": shortest} if shortest else {}
        super().__init__(metadata={"type": "string", "format": "markdown", "maxLength": longest,
                                   **limits, **kwargs.pop("metadata", {})}, **kwargs)
        self.shortest, self.longest = shortest, longest

    def _deserialize(self, value, attr, data, **kwargs) -> Rendered:
        if not isinstance(value, str):
            raise ValidationError(_("Enter some text."))
        text = BLANK_START.sub("", visible(value)).rstrip()
        if len(text) < self.shortest:
            raise ValidationError(_("Use at least %(n)s characters. This has %(m)s.",
                                    n=self.shortest, m=len(text)))
        if len(text) > self.longest:
            raise ValidationError(_("Use at most %(n)s characters. This has %(m)s.",
                                    n=self.longest, m=len(text)))
        try:
            return render(text)
        except TooLong as error:
            raise ValidationError(str(error)) from error

    def _serialize(self, value, attr, obj, **kwargs) -> str | None:
        return getattr(value, "source", value)


class Line(fields.String):
    """One trimmed line of text; what could not be seen in it is shown (core/characters.py)."""

    def _deserialize(self, value, attr, data, **kwargs) -> str:
        return line(super()._deserialize(value, attr, data, **kwargs))


def json_object() -> dict:
    """The JSON object in the request; raises BadRequest, UnsupportedMediaType, TooMuch or Invalid."""
    body = _storable(request.get_json())
    if not isinstance(body, dict):
        raise Invalid({"_": [_("Send a single JSON object.")]})
    return body


def raw_input() -> dict:
    """The request's fields as sent, from a form (one sent twice is a list) or a JSON object alike.

    Raises what json_object() raises.
    """
    if request.is_json:
        return json_object()
    sent = request.form.to_dict(flat=False)
    return _storable({name: values if len(values) > 1 else values[0] for name, values in sent.items()})


def require_types(schema: Schema, body: dict) -> None:
    """Raise Invalid when a whole number or a boolean of a JSON body is of another type."""
    if found := wrong_types(schema, body):
        raise Invalid(found)


def _storable(value):
    """`value` with a picture for what no database stores: NUL and halves of surrogate pairs, at any depth."""
    if isinstance(value, str):
        return UNSTORABLE.sub(lambda found: visible(found[0]), value)
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    return [_storable(item) for item in value] if isinstance(value, list) else value


def parse(schema: type[Schema]) -> dict:
    """The request's fields, checked by `schema`; raises Invalid."""
    sent, made = raw_input(), schema(unknown=EXCLUDE)
    if request.is_json:
        require_types(made, sent)
    try:
        return made.load(sent)
    except ValidationError as error:
        raise Invalid(error.normalized_messages()) from error


class Form:
    """What an HTML form shows again: `values` as typed, `errors` by field, `data` once valid."""

    def __init__(self, schema: type[Schema], **initial):
        self.schema, self.values, self.errors, self.data = schema, dict(initial), {}, {}

    def validate(self) -> bool:
        """Read the request into `data`; False leaves what was typed and says what to change."""
        self.values = raw_input()
        try:
            self.data = parse(self.schema)
        except Invalid as error:
            self.errors = error.errors
        return not self.errors

    @property
    def expected(self) -> versions.Expected:
        """The version that what is sent was made from; None when the form has no field for it."""
        return versions.expected_by_form()

    @contextmanager
    def catching(self) -> Iterator[None]:
        """Show what an action finds Invalid like what the schema finds; nothing of it is kept."""
        try:
            yield
        except Invalid as error:
            db.session.rollback()
            self.errors = error.errors

    def fail(self, field: str, message: str) -> None:
        """Add an error found after the schema (a name that is taken, a wrong password)."""
        self.errors.setdefault(field, []).append(message)


def require(allowed: bool, message: str | None = None) -> None:
    """Stop with 403 and a sentence unless `allowed`."""
    if not allowed:
        raise Forbidden(message or _("You don't have permission to do this."))


def get_or_404(thing):
    """`thing`, or the page that absent and invisible things share."""
    return abort(404) if thing is None else thing


def safe_next(url: str | None, fallback: str = "/") -> str:
    """`url` if it is a path on this site, else `fallback`; a redirect never leaves the site."""
    if not url or not url.startswith("/") or url.startswith("//"):
        return fallback
    if "\\" in url or any(ord(c) < 32 for c in url) or urlsplit(url).netloc:
        return fallback
    return url


def _secure(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if current_app.config["SESSION_COOKIE_SECURE"]:
        below = "; includeSubDomains" if current_app.config["REDOUBT_HSTS_SUBDOMAINS"] else ""
        response.headers.setdefault("Strict-Transport-Security", f"max-age=31536000{below}")
    if request.endpoint == "static":
        let_keep(response)
    else:
        personal = (g.get("private_page") or current_app.config["SESSION_COOKIE_NAME"] in request.cookies
                    or response.headers.get("Set-Cookie"))
        response.headers.setdefault("Cache-Control",
                                    "private, no-store" if personal else "private, no-cache")
        response.vary.update(["Cookie"])
    return response


def theme() -> str:
    """The colours of this request: light or dark if that was chosen, else auto."""
    chosen = request.cookies.get("theme")
    return chosen if chosen in THEMES else "auto"


def _template_values() -> dict:
    """What every template may use; mail is rendered by the worker, without a request."""
    return {"site_name": current_app.config["REDOUBT_SITE_NAME"],
            "theme": theme() if has_request_context() else "auto"}


def init_app(app: Flask) -> None:
    """Attach protection and template globals."""
    if hops := app.config["REDOUBT_PROXIES"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    csrf.init_app(app)
    babel.init_app(app)
    wording.init_app(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(static_url=static_url, get_locale=get_locale)
    app.context_processor(_template_values)
    app.after_request(_secure)
