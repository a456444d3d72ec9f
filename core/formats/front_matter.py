"""Untrusted front matter: YAML or TOML, parsed without running code, expanding aliases or converting numbers.

Only booleans, null and dates are recognised; everything else stays text, so `1.10` is not 1.1. Aliases are
refused: ten lines of them can expand to a billion values.
"""

import json
import re
import tomllib
from typing import Any

import frontmatter
import yaml
from flask_babel import gettext as _
from frontmatter.default_handlers import YAMLHandler

MAX_BYTES = 1_000_000
MAX_NODES = 100_000
MAX_DEPTH = 12
MAX_TOML_BYTES = 20_000  # the parser takes quadratic time for deep or long text
RECOGNISED_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("bool", "null", "timestamp")}


class InvalidFrontMatter(ValueError):
    """The text is not front matter that can be read; the message says why."""


_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):
    """The safe loader, without numbers and merge keys."""


_Loader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] in RECOGNISED_TAGS]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class _Handler(YAMLHandler):
    """Reads the YAML between the dashes with _Loader, after checking its size."""

    def load(self, fm: str, **kwargs: object) -> object:
        """The value of the YAML text. Raises InvalidFrontMatter or YAMLError."""
        _check_shape(fm)
        return yaml.load(fm, Loader=_Loader)  # noqa: S506  (derived from SafeLoader)


def _check_shape(text: str) -> None:
    depth = 0
    for nodes, event in enumerate(yaml.parse(text, Loader=_Loader)):
        if isinstance(event, yaml.AliasEvent):
            raise InvalidFrontMatter(_("aliases are not supported"))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH or nodes > MAX_NODES:
            raise InvalidFrontMatter(_("nested too deeply, or too many values"))


def load(raw: bytes) -> tuple[dict, str]:
    """The front matter of a file and the text below it. Raises InvalidFrontMatter."""
    if len(raw) > MAX_BYTES:
        raise InvalidFrontMatter(_("larger than %(n)s bytes", n=f"{MAX_BYTES:,}"))
    try:
        facts, text = frontmatter.parse(raw.decode("utf-8-sig"), handler=_Handler())
    except InvalidFrontMatter:
        raise
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise InvalidFrontMatter(" ".join(str(error).split())[:200]) from error
    if not facts:
        raise InvalidFrontMatter(_("there is no front matter"))
    return facts, text.replace("\x00", "")


def load_toml(text: str) -> dict:
    """TOML front matter as a dict. Raises InvalidFrontMatter."""
    if len(text.encode("utf-8", "replace")) > MAX_TOML_BYTES:
        raise InvalidFrontMatter(_("larger than %(n)s bytes", n=f"{MAX_TOML_BYTES:,}"))
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidFrontMatter(" ".join(str(error).split())[:200]) from error


def repair_yaml(text: str) -> str:
    """YAML with common mistakes corrected: tabs, and unquoted values such as `title: a: b`."""
    lines = []
    for line in text.split("\n"):
        content = line.lstrip(" \t")
        indent = line[: len(line) - len(content)].replace("\t", "  ")
        clean = indent + content.replace("\t", " ")
        pair = re.match(r"([ -]*[\w.$-]+(?: [\w.$-]+)*:)[ ]+(\S.*)$", clean)
        lines.append(
            f"{pair[1]} {json.dumps(pair[2].strip(), ensure_ascii=False)}"
            if pair and _needs_quotes(pair[2].strip())
            else clean
        )
    return "\n".join(lines)


def _needs_quotes(value: str) -> bool:
    """Whether a value on one line is text that YAML would parse as something else."""
    if value[0] in "|>#" or (value[0] in "[{" and not re.search(r"[]}]", value)):
        return False
    try:
        events = list(yaml.parse(f"a: {value}", Loader=_Loader))
        return sum(isinstance(event, yaml.ScalarEvent) for event in events) != 2 and value[0] not in "[{"
    except (yaml.YAMLError, ValueError):
        return True
