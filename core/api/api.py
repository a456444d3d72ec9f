"""The base of the JSON API: one OpenAPI document, Bearer tokens only, problem details for errors."""

from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from typing import Any, TypeVar

from apispec import APISpec, BasePlugin
from flask import Flask, Response, current_app, request
from flask_smorest import Api, Blueprint
from marshmallow import EXCLUDE, Schema, fields, post_load, validate
from werkzeug.routing import Rule

from core.api.parameters import QUERY, Parser, Since, WholeNumber, refuse_parameters
from core.database import versions
from core.database.db import db
from core.database.paging import MAX_PAGE_SIZE, Page, PageRequest
from core.limits import rate_limits
from core.web.protection import csrf

INTRODUCTION = """\
You can read without an account. To write, create a token in *Settings, API tokens* and send it as
`Authorization: Bearer …`. Cookies are never read, and an invalid token is refused even where none is
required. Bodies are JSON; unknown fields are refused.

A list returns `items` and `next`. Send `next` back as `after`, with the same other parameters, until it is
null. `limit` (1 to 100) sets the number of items; `since` returns only items created or changed at or after
that time. An unknown parameter, a value of the wrong type or an invalid cursor returns 400, with the accepted
values in `allowed`.

Errors are problem details (RFC 9457). `errors` names the fields to correct. 429 and 503 carry `Retry-After`.
Items you do not have access to return 404. Every response states the rate limit: `RateLimit-Limit` requests
a minute, `RateLimit-Remaining` of them left, reset after `RateLimit-Reset` seconds. `RateLimit` and
`RateLimit-Policy` say the same, with the name of the limit.

You can safely send a text again if the response was lost: the same text by the same member in the same place
within a day creates one post only.

Every response to a GET has an `ETag`. Send it back as `If-None-Match`: while the response would be the same
you get 304 without a body. That of an item that can be edited begins with its version (`version` in JSON).
Send the `ETag` or the version back as `If-Match` with a change. If someone else changed the item since, you
get 412 with the current version as `ETag`, and nothing is written.
"""
READ = "read"
WRITE = "write"
OPTIONAL_TOKEN = [{}, {"token": [READ]}]  # a token also shows what only its owner may see


class Reply(Schema):
    """Base of response schemas: every field is always present; later versions may add fields."""

    class Meta:
        unknown = EXCLUDE

    def on_bind_field(self, field_name: str, field_obj: fields.Field) -> None:
        """Make every field required."""
        field_obj.required = True


class Item(Reply):
    """The fields of every item of a list, whatever its kind; `url` is its page."""

    id = fields.Integer()
    kind = fields.String()
    title = fields.String()
    url = fields.Url()
    body = fields.String()
    author = fields.String(
        allow_none=True, metadata={"description": "Username, or a name if there is no account."}
    )
    author_url = fields.Url(allow_none=True)
    score = fields.Integer()
    tags = fields.List(fields.String())
    created_at = fields.AwareDateTime()
    source = fields.Url(allow_none=True, metadata={"description": "Source of imported text."})


class Version(fields.String):
    """The version of a thing, as `If-Match` takes it (in quotes)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"description": self.__doc__, "example": "12-3"}, **kwargs)


class Cursor(Schema):
    """Query parameters of a list: the cursor, the number of items, and the earliest time of change.

    Loaded, `after` is a paging.Window of the three, which queries pass on to the page.
    """

    after = fields.String(
        validate=validate.Length(1), metadata={"description": "`next` of the previous page."}
    )
    limit = WholeNumber(1, MAX_PAGE_SIZE, metadata={"description": "Maximum number of items."})
    since = Since()

    @post_load
    def _page_request(self, data: dict, **_kwargs: object) -> dict:
        parts = {name: data.pop(name, None) for name in ("after", "limit", "since")}
        return {**data, "after": PageRequest(**parts)}


class OtherSite(Schema):
    """A page of another site."""

    site = fields.String()
    url = fields.Url()


class Problem(Schema):
    """RFC 9457 problem details; `errors` names the fields to correct, `allowed` what parameters may be.

    Of a thing that is not found, `candidates` are names it may have here, and `elsewhere` other sites.
    """

    type = fields.String(required=True)
    status = fields.Integer(required=True)
    title = fields.String(required=True)
    detail = fields.String()
    errors = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))
    allowed = fields.Dict(keys=fields.String(), values=fields.String())
    candidates = fields.List(fields.String())
    elsewhere = fields.List(fields.Nested(OtherSite))
    request_id = fields.String(
        metadata={"description": "For server errors: the reference number in the log."}
    )


@cache
def page_of(item: type[Schema], **more: fields.Field) -> type[Schema]:
    """The schema of a page of `item`, with the fields `more` beside `items` and `next`."""
    shape = {"items": fields.List(fields.Nested(item)), "next": fields.String(allow_none=True), **more}
    return Reply.from_dict(shape, name=f"{item.__name__}Page")


def listing(page: Page, item: Callable[[Any], object], **more: object) -> dict:
    """The response body of a list: each row of `page` is converted by `item(row)`."""
    return {"items": [item(row) for row in page], "next": page.next, **more}


T = TypeVar("T", bound=versions.Versioned)


def saved(thing: T, item: Callable[[T], dict]) -> dict:
    """Commit. Returns the response body, `item(thing)`; the response has the ETag of `thing`."""
    db.session.commit()
    return versions.with_etag(thing, item(thing))


def no_content() -> Response:
    """An empty response with status 204."""
    return Response(status=204)


class ApiBlueprint(Blueprint):
    """A package's part of `/api/v1`; exempt from CSRF because it never reads cookies."""

    ARGUMENTS_PARSER = Parser()

    def __init__(self, name: str, import_name: str, **kwargs: Any) -> None:
        super().__init__(f"api_{name}", import_name, url_prefix="/api/v1", **kwargs)
        csrf.exempt(self)
        self.before_request(_refuse_unknown_query)
        self.after_request(_vary_by_token)
        self.after_request(versions.send_etag)

    def arguments(  # pyright: ignore[reportIncompatibleMethodOverride]  (names arguments that never change)
        self, schema: type[Schema] | Schema, *, location: str = "json", **kwargs: Any
    ) -> Callable[[Callable], Callable]:
        """Decorator: the input of an operation. Errors are answered with 400 for a query, 422 for a body."""
        status = HTTPStatus.BAD_REQUEST if location == QUERY else HTTPStatus.UNPROCESSABLE_ENTITY
        decorate = super().arguments(schema, location=location, error_status_code=status, **kwargs)

        def decorator(view: Callable) -> Callable:
            wrapped = decorate(view)
            takes_query = location == QUERY or getattr(view, "takes_query", False)
            setattr(wrapped, "takes_query", takes_query)  # noqa: B010  (functions have no such attribute)
            return wrapped

        return decorator


def _refuse_unknown_query() -> None:
    view = current_app.view_functions[request.endpoint or ""]
    if not getattr(view, "takes_query", False):
        refuse_parameters()


def _vary_by_token(response: Response) -> Response:
    response.vary.add("Authorization")
    return response


def _part(blueprint_name: str) -> str:
    """The name of a part of the API in the document."""
    return blueprint_name.removeprefix("api_").capitalize()


class _Conventions(BasePlugin):
    """Adds to every operation what follows from its URL rule: id, tag, security, error responses."""

    def operation_helper(
        self, path: str | None = None, operations: dict | None = None, *, rule: Rule, **kwargs: Any
    ) -> None:
        """Complete `operations` of the URL rule `rule` in place."""
        blueprint_name, _dot, name = rule.endpoint.partition(".")
        for method, operation in (operations or {}).items():
            operation["operationId"] = name
            operation["tags"] = [_part(blueprint_name)]
            security = operation.setdefault("security", OPTIONAL_TOKEN)
            failures = {
                HTTPStatus.BAD_REQUEST,
                HTTPStatus.UNAUTHORIZED,
                HTTPStatus.REQUEST_URI_TOO_LONG,
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                HTTPStatus.TOO_MANY_REQUESTS,
                HTTPStatus.INTERNAL_SERVER_ERROR,
                HTTPStatus.SERVICE_UNAVAILABLE,
            }
            if {"token": [WRITE]} in security:
                failures |= {HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT}
            if rule.arguments:
                failures.add(HTTPStatus.NOT_FOUND)
                if {"token": [WRITE]} in security:
                    failures.add(HTTPStatus.PRECONDITION_FAILED)
            if "requestBody" in operation:
                failures.add(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
            for answer in operation.setdefault("responses", {}).values():
                if isinstance(answer, dict):
                    answer.setdefault("headers", {}).update(_LIMIT_HEADERS)
            others = {HTTPStatus.NOT_MODIFIED} if method == "get" else set()
            for status in sorted(failures | others):
                operation["responses"].setdefault(int(status), status.name)


class _RedoubtApi(Api):
    """flask-smorest without its error responses (core.web has its own) and its page numbers."""

    ERROR_SCHEMA = Problem
    DEFAULT_ERROR_RESPONSE_NAME = None

    def register_blueprint(self, blp: ApiBlueprint) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Serve and document the part of a package."""
        if self._app is None:
            raise RuntimeError("init_app() has to be called first")
        self._app.register_blueprint(blp)
        blp.register_views_in_doc(self, self._app, self.document, name=blp.name, parameters=None)
        self.document.tag({"name": _part(blp.name), "description": blp.description})

    @property
    def document(self) -> APISpec:
        """The OpenAPI document. Raises RuntimeError before init_app()."""
        if self.spec is None:
            raise RuntimeError("init_app() has to be called first")
        return self.spec

    def _register_error_handlers(self) -> None:
        pass

    def _register_pagination_header(self) -> None:
        pass

    def _register_responses(self) -> None:
        for status in HTTPStatus:
            if status == HTTPStatus.NOT_MODIFIED:
                self.document.components.response(
                    status.name, {"description": status.phrase, "headers": _LIMIT_HEADERS}, lazy=True
                )
            elif status >= HTTPStatus.BAD_REQUEST:
                self.document.components.response(
                    status.name,
                    {
                        "description": status.phrase,
                        "headers": {**_HEADERS.get(status, {}), **_LIMIT_HEADERS},
                        "content": {"application/problem+json": {"schema": Problem}},
                    },
                    lazy=True,
                )


_LIMIT_HEADERS = {
    name: {"schema": {"type": kind}, "description": text}
    for name, kind, text in (
        ("RateLimit-Limit", "integer", "Allowed requests per minute."),
        ("RateLimit-Remaining", "integer", "Requests left."),
        ("RateLimit-Reset", "integer", "Seconds until the limit is reset."),
        ("RateLimit-Policy", "string", "The limit by name (IETF draft): q requests in w seconds."),
        ("RateLimit", "string", "What is left of the limit: r requests, t seconds until it is reset."),
    )
}
_HEADERS = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": {"schema": {"type": "string"}}},
    HTTPStatus.PRECONDITION_FAILED: {"ETag": {"schema": {"type": "string"}}},
    HTTPStatus.TOO_MANY_REQUESTS: {"Retry-After": {"schema": {"type": "integer"}}},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": {"schema": {"type": "integer"}}},
}
api = _RedoubtApi(spec_kwargs={"extra_plugins": [_Conventions()]})


def _add_limit_headers(response: Response) -> Response:
    """Add the limit under which the request was counted; API responses are never cached."""
    if request.path.startswith("/api/") and (limit := rate_limits.current_limit()):
        response.headers.update(limit.headers)
    return response


def register_api(blueprint: ApiBlueprint) -> None:
    """Add a package's endpoints to the API and its document. Call it in the package's init_app()."""
    api.register_blueprint(blueprint)


def init_app(app: Flask) -> None:
    """Serve `/api/v1/openapi.json`; add headers with the limit in force to API responses."""
    app.config.update(
        API_TITLE=app.config["REDOUBT_SITE_NAME"],
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api/v1",
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "info": {"description": INTRODUCTION},
            "servers": [{"url": "/"}],
            "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        },
    )
    api.init_app(app)
    app.after_request(_add_limit_headers)
