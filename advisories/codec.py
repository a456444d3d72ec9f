"""Plain values of advisory.py as JSON keeps them, and back; what is at its default is left out."""

from collections.abc import Iterable
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints


def dump(value: Any, *, but: Iterable[str] = ()) -> Any:
    """A value as JSON; of a dataclass all fields that say something, but for those named."""
    if is_dataclass(value):
        left_out = set(but)
        return {
            f.name: dump(getattr(value, f.name))
            for f in fields(value)
            if f.name not in left_out and getattr(value, f.name) != _default(f)
        }
    if isinstance(value, (list, tuple)):
        return [dump(item) for item in value]
    if isinstance(value, dict):
        return {key: dump(item) for key, item in value.items()}
    return value.isoformat() if isinstance(value, datetime) else value


def load(kind: Any, value: Any) -> Any:
    """The inverse of dump() for a value of type `kind`; fields that `kind` has no more are dropped."""
    if is_dataclass(kind):
        hints = _hints(kind)
        return kind(**{name: load(hints[name], item) for name, item in value.items() if name in hints})
    arguments = get_args(kind)
    origin = get_origin(kind)
    if origin is UnionType:
        return None if value is None else load(arguments[0], value)
    if origin is list:
        return [load(arguments[0], item) for item in value]
    if origin is tuple:
        kinds = [arguments[0]] * len(value) if arguments[-1] is ... else arguments
        return tuple(load(each, item) for each, item in zip(kinds, value, strict=True))
    if origin is dict:
        return {key: load(arguments[1], item) for key, item in value.items()}
    return datetime.fromisoformat(value) if kind is datetime else value


_hints = cache(get_type_hints)


def _default(field: Field) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default
