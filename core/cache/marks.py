"""Marks: the places of a shared text that differ between its readers.

A template writes `{% when 'edit', post %}…{% else %}…{% endwhen %}` for what depends on the reader's rights,
and `{{ value('csrf_token') }}` for what is a reader's own. Packages register what the names mean. In an
ordinary template both are evaluated at once. In a shared one (fragments.py) they become marks, and fill()
evaluates them for each reader in one pass. A mark contains a random number of this process, which leaves it
neither in a page nor in Redis, so no text that somebody types can be one.
"""

import json
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from flask import Flask
from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from markupsafe import Markup, escape

from core.registry import Registry

Condition = Callable[[Any, Any], bool]  # of the reader and the thing that the mark names, or None
Value = Callable[[Any, Any], object]
_conditions: Registry[str, Condition] = Registry("conditions")
_values: Registry[str, Value] = Registry("values")
_readers: Registry[str, Callable[[], Any]] = Registry("readers")

WHEN, ELSE, END, VALUE = "wevx"
_TOKEN = secrets.token_hex(10)
_MARK = re.compile(rf"\[{_TOKEN}:([wevx]):([a-z_]*):([0-9]*)\]")


def register_condition(name: str, condition: Condition) -> None:
    """Let templates ask `{% when name %}` or `{% when name, thing %}`: condition(reader, thing)."""
    _conditions.add(name, condition)


def register_value(name: str, function: Value) -> None:
    """Let templates write `{{ value(name) }}`: function(reader, thing) is text, or Markup."""
    _values.add(name, function)


def register_reader(function: Callable[[], Any]) -> None:
    """Set the function that returns the reader of this request, with which conditions are called."""
    _readers.add("reader", function)


class Mark(NamedTuple):
    """A mark of a shared text. `jump` is the index of what follows when a branch ends or is left out."""

    kind: str
    function: Callable[[Any, Any], Any] | None
    thing: Any
    jump: int


Segments = list[str | Mark]


def mark(kind: str, name: str = "", thing: Any = None) -> Markup:
    """A mark, as it stands in a text of this process. `thing` has an `id`, by which split() finds it."""
    return rendered(f"[{_TOKEN}:{kind}:{name}:{'' if thing is None else int(thing.id)}]")


def rendered(text: str) -> Markup:
    """A mark, or what a template made, which escaped all values in it: it must not be escaped again."""
    return Markup(text)  # noqa: S704  (the only place, see tests/test_architecture.py)


def pack(text: str) -> bytes:
    """A text with marks for another process: no token of this one."""
    return json.dumps(_MARK.split(text)).encode()


def unpack(data: bytes) -> str:
    """The text that another process packed."""
    parts = json.loads(data)
    texts, *marked = (parts[start::4] for start in range(4))
    found = [f"[{_TOKEN}:{kind}:{name}:{thing}]" for kind, name, thing in zip(*marked, strict=True)]
    return "".join(each for pair in zip(texts, [*found, ""], strict=True) for each in pair)


def split(text: str, things: Mapping[int, Any]) -> Segments:
    """The parts of a text with marks, in which the ids of `things` are replaced by these."""
    parts = _MARK.split(text)
    segments: Segments = []
    open_branches: list[int] = []  # the indexes of the WHEN or ELSE that is open, the innermost last

    def close_branch(jump: int) -> None:
        index = open_branches.pop()
        segments[index] = segments[index]._replace(jump=jump)  # pyright: ignore  (it is a Mark)

    for start in range(0, len(parts) - 3, 4):
        before, kind, name, thing_id = parts[start : start + 4]
        if before:
            segments.append(before)
        thing = things[int(thing_id)] if thing_id else None
        if kind == VALUE:
            segments.append(Mark(VALUE, _values[name], thing, 0))
            continue
        if kind == END:
            close_branch(len(segments))
            continue
        if kind == ELSE:
            close_branch(len(segments) + 1)
        open_branches.append(len(segments))
        segments.append(Mark(kind, _conditions[name] if kind == WHEN else None, thing, 0))
    segments.append(parts[-1])
    return segments


def fill(segments: Segments, reader: Any) -> str:
    """The text for a reader: their values, and of the branches those whose conditions hold."""
    parts: list[str] = []
    own: dict[Any, str] = {}  # values that are the same in the whole page
    index, end = 0, len(segments)
    while index < end:
        segment = segments[index]
        index += 1
        if isinstance(segment, str):
            parts.append(segment)
            continue
        kind, function, thing, jump = segment
        if kind == VALUE:
            text = own.get(function) if thing is None else None
            if text is None:
                text = escape(function(reader, thing))  # pyright: ignore  (only ELSE has no function)
                if thing is None:
                    own[function] = text
            parts.append(text)
        elif kind == ELSE or not function(reader, thing):  # pyright: ignore
            index = jump
    return "".join(parts)


def reader() -> Any:
    """The reader of this request."""
    return _readers["reader"]()


def holds(name: str, thing: Any = None) -> bool:
    """Whether a condition holds for the reader of this request."""
    return _conditions[name](reader(), thing)


def value(name: str, thing: Any = None) -> Markup:
    """A value of the reader of this request, escaped."""
    return escape(_values[name](reader(), thing))


class When(Extension):
    """The tag `{% when name, thing %}…{% else %}…{% endwhen %}`.

    In an environment with the attribute `is_shared` it writes marks and both branches, elsewhere it is an if.
    """

    tags = {"when"}  # noqa: RUF012  (as Jinja declares it)

    def parse(self, parser: Parser) -> nodes.Node | list[nodes.Node]:
        """The nodes of the tag."""
        line = next(parser.stream).lineno
        arguments = [parser.parse_expression()]
        if parser.stream.skip_if("comma"):
            arguments.append(parser.parse_expression())
        body = parser.parse_statements(("name:else", "name:endwhen"))
        otherwise: list[nodes.Node] = []
        if next(parser.stream).value == "else":
            otherwise = parser.parse_statements(("name:endwhen",), drop_needle=True)
        if not getattr(self.environment, "is_shared", False):
            return nodes.If(self.call_method("_holds", arguments), body, [], otherwise).set_lineno(line)
        parts = [self._mark(WHEN, *arguments), *body]
        if otherwise:
            parts += [self._mark(ELSE), *otherwise]
        return [each.set_lineno(line) for each in [*parts, self._mark(END)]]

    def _mark(self, kind: str, *arguments: nodes.Expr) -> nodes.Node:
        return nodes.Output([self.call_method("_write", [nodes.Const(kind), *arguments])])

    def _holds(self, name: str, thing: Any = None) -> bool:
        return holds(name, thing)

    def _write(self, kind: str, name: str = "", thing: Any = None) -> Markup:
        return mark(kind, name, thing)


def init_app(app: Flask) -> None:
    """Add the tag and the function to templates."""
    app.jinja_env.add_extension(When)
    app.jinja_env.globals["value"] = value
