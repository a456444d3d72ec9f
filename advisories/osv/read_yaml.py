"""Parse OSV records in YAML, the form in which the PyPA Advisory Database keeps them. Pure; untrusted.

Values are built from the events of the parser: no tags, no aliases, bounded depth and number.
"""

import re

import yaml
from flask_babel import gettext as _

from advisories.advisory import Unusable
from advisories.parsing import MAX_DEPTH

MAX_BYTES = 4 * 1024 * 1024
MAX_EVENTS = 300_000
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_ID = re.compile(rb"^id:[ \t]{1,10}\S", re.M)
_MEMBER = re.compile(rb"^(?:modified|affected|aliases|schema_version):", re.M)


def is_yaml(data: bytes) -> bool:
    """Whether bytes look like an OSV record in YAML."""
    head = data[:200_000]
    return _ID.search(head) is not None and _MEMBER.search(head) is not None


def parse(data: bytes) -> dict:
    """The record in a file; raises Unusable. Scalars are text, or None."""
    if len(data) > MAX_BYTES:
        raise Unusable(_("larger than %(n)s MB", n=MAX_BYTES // 1024**2))
    builder = _Builder()
    try:
        for number, event in enumerate(yaml.parse(data, Loader=_LOADER)):
            if number > MAX_EVENTS:
                raise Unusable(_("more than %(n)s elements", n=f"{MAX_EVENTS:,}"))
            builder.add(event)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise Unusable(_("line %(line)s: the YAML is broken", line=line)) from error
    if not isinstance(builder.root, dict):
        raise Unusable(_("/: must be an object"))
    return builder.root


class _Builder:
    """Builds the value of the first document from events."""

    def __init__(self) -> None:
        self.root: object = None
        self._open: list[
            tuple[dict | list, list[str]]
        ] = []  # containers, and the key of a mapping that waits

    def add(self, event: object) -> None:
        """Take one event; raises Unusable for an alias or too deep a structure."""
        if isinstance(event, yaml.AliasEvent):
            raise Unusable(_("the YAML has aliases, which are refused"))
        if isinstance(event, yaml.ScalarEvent):
            self._put(None if event.implicit[0] and event.value in ("", "~", "null") else event.value)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            if len(self._open) >= MAX_DEPTH:
                raise Unusable(_("the YAML is nested too deeply"))
            value: dict | list = {} if isinstance(event, yaml.MappingStartEvent) else []
            self._put(value)
            self._open.append((value, []))
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._open.pop()

    def _put(self, value: object) -> None:
        if not self._open:
            self.root = value if self.root is None else self.root
            return
        container, key = self._open[-1]
        if isinstance(container, list):
            container.append(value)
        elif key:
            container[key.pop()] = value
        elif isinstance(value, str):
            key.append(value)
        else:
            raise Unusable(_("the YAML has a key that is not text"))
