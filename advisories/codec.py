"""Convert the dataclasses of advisory.py to JSON values and back; fields with default values are omitted."""

from collections.abc import Iterable
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints


def dump(value: Any, *, but: Iterable[str] = ()) -> Any:
    """Convert a value to JSON; of a dataclass, fields with default values and those in `but` are omitted."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if (known := _defaults(kind)) is not None:
        omitted = frozenset(but)
        return {
            name: item if type(item) in _PLAIN else dump(item)
            for name, default in known
            if (item := getattr(value, name)) != default and name not in omitted
        }
    if isinstance(value, (list, tuple)):
        return [dump(item) for item in value]
    if isinstance(value, dict):
        return {key: dump(item) for key, item in value.items()}
    return value.isoformat() if isinstance(value, datetime) else value


def load(kind: Any, value: Any) -> Any:
    """The inverse of dump() for a value of type `kind`; unknown fields are ignored."""
    if kind in _PLAIN:
        return value
    if isinstance(kind, type) and is_dataclass(kind):
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


_PLAIN = frozenset({str, int, float, bool, type(None)})
_hints = cache(get_type_hints)


@cache
def _defaults(kind: type) -> tuple[tuple[str, Any], ...] | None:
    """(name, default value) of the stored fields of a dataclass; None for other types."""
    if not is_dataclass(kind):
        return None
    return tuple((f.name, _default(f)) for f in fields(kind) if not f.metadata.get("is_transient"))


def _default(field: Field) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()
