"""`/api/docs`: the OpenAPI document as an HTML page."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from flask import Blueprint, Flask, render_template
from flask_babel import gettext as _

from core.api.api import INTRODUCTION, api
from core.mail.mail import site_url
from core.markup.markup import render

bp = Blueprint("api_docs", __name__)
EXAMPLE_NUMBER = 42  # in the URLs of examples

PARTS = (  # of the API, the most used first; others follow by name
    "Questions",
    "Posts",
    "Articles",
    "Bulletins",
    "Vulnerabilities",
    "Products",
    "Calendar",
    "Search",
    "Inventory",
    "Inbox",
    "Alerts",
    "Users",
    "Moderation",
    "Status",
)


@dataclass(frozen=True)
class Field:
    """One field of a body, a query or a response."""

    name: str
    type: str
    required: bool
    text: str


@dataclass(frozen=True)
class Operation:
    """One operation; `scope` is the scope its token needs, empty for none."""

    id: str
    method: str
    path: str
    summary: str
    scope: str
    query: list[Field]
    body: list[Field]
    status: str
    answer: str
    example: str


@bp.get("/api/docs")
def docs() -> str:
    """All operations with their fields and an example, then the schemas of the responses."""
    document = api.document.to_dict()
    return render_template(
        "core/api_docs.html",
        introduction=render(INTRODUCTION).html,
        groups=groups(document),
        shapes=shapes(document),
    )


def groups(document: dict) -> list[tuple[str, str, list[Operation]]]:
    """(name, description, operations) of every part of the API, in the order of PARTS."""
    found = {tag["name"]: (tag["name"], tag["description"], []) for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                parameters = methods.get("parameters", []) + operation.get("parameters", [])
                found[operation["tags"][0]][2].append(
                    _operation(document, path, method.upper(), operation, parameters)
                )
    return sorted(found.values(), key=lambda group: (_position(group[0]), group[0]))


def _position(part: str) -> int:
    return PARTS.index(part) if part in PARTS else len(PARTS)


def shapes(document: dict) -> dict[str, list[Field]]:
    """The fields of every schema that responses refer to, without pages of lists, by schema name."""
    wanted: dict[str, None] = {"Problem": None}
    for methods in document["paths"].values():
        for method, operation in methods.items():
            if method != "parameters":
                wanted |= dict.fromkeys(_names(document, _answer(operation)[1]))
    return {
        name: _fields(_schemas(document)[name]) for name in sorted(wanted) if not name.endswith("ItemPage")
    }


def _schemas(document: dict) -> dict:
    return document["components"]["schemas"]


def _names(document: dict, schema: dict | list) -> Iterator[str]:
    """The names of the schemas that `schema` refers to, directly or indirectly."""
    for each in schema.values() if isinstance(schema, dict) else schema:
        if isinstance(each, (dict, list)):
            yield from _names(document, each)
        elif isinstance(each, str) and each.startswith("#/components/schemas/"):
            name = each.rpartition("/")[2]
            yield name
            yield from _names(document, _schemas(document)[name])


def _operation(document: dict, path: str, method: str, operation: dict, parameters: list) -> Operation:
    scopes = next((way["token"] for way in operation["security"] if way), [])
    status, schema = _answer(operation)
    content = operation.get("requestBody", {}).get("content", {})
    body = next((_resolve(document, each["schema"]) for each in content.values()), {})
    scope = "" if {} in operation["security"] else scopes[0]
    query = [
        _field(p["name"], p["schema"], p.get("required", False), p.get("description", ""))
        for p in parameters
        if p["in"] == "query"
    ]
    return Operation(
        operation["operationId"],
        method,
        path,
        operation.get("summary", ""),
        scope,
        query,
        _fields(body),
        status,
        _type(schema) if schema else "",
        _example(method, path, parameters, scope, body),
    )


def _answer(operation: dict) -> tuple[str, dict]:
    """Status and schema of the response to a successful request."""
    status = next((str(code) for code in operation["responses"] if str(code).startswith("2")), "200")
    content = operation["responses"].get(status, {}).get("content", {})
    return status, next((each["schema"] for each in content.values() if "schema" in each), {})


def _resolve(document: dict, schema: dict) -> dict:
    return _schemas(document)[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def _fields(schema: dict) -> list[Field]:
    required = schema.get("required", [])
    return [
        _field(name, each, name in required, each.get("description", ""))
        for name, each in schema.get("properties", {}).items()
    ]


def _field(name: str, schema: dict, required: bool, text: str) -> Field:
    return Field(name, _type(schema), required, " ".join(filter(None, [text, _limits(schema)])))


def _type(schema: dict) -> str:
    """The type of a value, for people."""
    if "$ref" in schema:
        return schema["$ref"].rpartition("/")[2]
    if "anyOf" in schema:
        return _(" or ").join(_type(each) for each in schema["anyOf"])
    kinds = schema.get("type", "object")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    words = [
        _("list of %(what)s", what=_type(schema["items"])) if kind == "array" else kind for kind in kinds
    ]
    return _(" or ").join(words) + (f" ({schema['format']})" if "format" in schema else "")


def _limits(schema: dict) -> str:
    if "enum" in schema:
        return _("One of: %(values)s.", values=", ".join(str(each) for each in schema["enum"]))
    shortest = schema.get("minLength", 0)
    longest = schema.get("maxLength")
    if longest:
        return _("%(shortest)s to %(longest)s characters.", shortest=shortest, longest=longest)
    if "maxItems" in schema:
        return _("%(fewest)s to %(most)s items.", fewest=schema.get("minItems", 0), most=schema["maxItems"])
    return ""


def _example(method: str, path: str, parameters: list, scope: str, body: dict) -> str:
    """The operation as a curl command for a POSIX shell."""
    query = []
    for each in parameters:
        name = each["name"]
        value = quote(str(_value(each["schema"], name.upper())))
        path = path.replace(f"{{{name}}}", value)
        if each["in"] == "query" and each.get("required"):
            query.append(f"{name}={value}")
    words = ["curl" + (f" -X {method}" if method != "GET" else "")]
    if scope:
        words.append('-H "Authorization: Bearer $TOKEN"')
    if body:
        words += _sent(body)
    words.append(shlex.quote(f"{site_url()}{path}" + ("?" + "&".join(query) if query else "")))
    return (" " if len(words) < 3 else " \\\n  ").join(words)


def _sent(body: dict) -> list[str]:
    """The options of curl for a body: its required fields as JSON, or a file."""
    fields = body.get("properties")
    if fields is None:
        return ["-T FILE"]
    names = body.get("required") or list(fields)[:1]
    sent = {name: _value(fields[name], "…") for name in fields if name in names}
    return ["-H 'Content-Type: application/json'", "-d " + shlex.quote(json.dumps(sent, ensure_ascii=False))]


def _value(schema: dict, otherwise: str) -> object:
    """An example value: that of the schema, else the last choice, else a value of the type."""
    kinds = schema.get("type", "string")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    plain = {"integer": EXAMPLE_NUMBER, "boolean": True, "array": []}.get(kind, otherwise)
    return schema.get("example", schema.get("enum", [plain])[-1])


def init_app(app: Flask) -> None:
    """Serve the page."""
    app.register_blueprint(bp)
