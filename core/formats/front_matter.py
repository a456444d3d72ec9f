"""Front matter from outside: YAML or TOML that can neither run, nor swell, nor change what was written.

Only yes/no, nothing and dates are recognised; all else stays text, so `1.10` is not 1.1.
Aliases are refused: ten lines of them can stand for a billion values.
"""

import json
import re
import tomllib

import frontmatter
import yaml
from flask_babel import gettext as _
from frontmatter.default_handlers import YAMLHandler

MAX_BYTES, MAX_NODES, MAX_DEPTH = 1_000_000, 100_000, 12
MAX_TOML_BYTES = 20_000  # its parser takes time with the square of a deep or long text
KEPT = {f"tag:yaml.org,2002:{name}" for name in ("bool", "null", "timestamp")}


class Refused(ValueError):
    """The text is not plain front matter; the message says why."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """The safe loader, without numbers and merge keys."""


_Loader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] in KEPT]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class _Handler(YAMLHandler):
    """Reads the part between the dashes with our loader, after a look at its shape."""

    def load(self, fm: str, **kwargs) -> object:
        _look(fm)
        return yaml.load(fm, Loader=_Loader)


def _look(text: str) -> None:
    depth = 0
    for nodes, event in enumerate(yaml.parse(text, Loader=_Loader)):
        if isinstance(event, yaml.AliasEvent):
            raise Refused(_("aliases are not supported"))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH or nodes > MAX_NODES:
            raise Refused(_("nested too deeply, or too many values"))


def load(raw: bytes) -> tuple[dict, str]:
    """(front matter, text below it) of a file. Raises Refused."""
    if len(raw) > MAX_BYTES:
        raise Refused(_("larger than %(n)s bytes", n=f"{MAX_BYTES:,}"))
    try:
        facts, text = frontmatter.parse(raw.decode("utf-8-sig"), handler=_Handler())
    except Refused:
        raise
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise Refused(" ".join(str(error).split())[:200]) from error
    if not facts:
        raise Refused(_("there is no front matter"))
    return facts, text.replace("\x00", "")


def load_toml(text: str) -> dict:
    """TOML front matter as a mapping. Raises Refused."""
    if len(text.encode("utf-8", "replace")) > MAX_TOML_BYTES:
        raise Refused(_("larger than %(n)s bytes", n=f"{MAX_TOML_BYTES:,}"))
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused(" ".join(str(error).split())[:200]) from error


def mended(text: str) -> str:
    """YAML in which what people write although it is none says what they mean: tabs, `title: a: b`."""
    lines = []
    for line in text.split("\n"):
        indent = re.match(r"[ \t]*", line)[0]
        line = indent.replace("\t", "  ") + line[len(indent) :].replace("\t", " ")
        pair = re.match(r"([ -]*[\w.$-]+(?: [\w.$-]+)*:)[ ]+(\S.*)$", line)
        lines.append(
            f"{pair[1]} {json.dumps(pair[2].strip(), ensure_ascii=False)}"
            if pair and _needs_quotes(pair[2].strip())
            else line
        )
    return "\n".join(lines)


def _needs_quotes(value: str) -> bool:
    """Whether a value on one line is a sentence that YAML would read as something else."""
    if value[0] in "|>#" or (value[0] in "[{" and not re.search(r"[]}]", value)):
        return False
    try:
        events = list(yaml.parse(f"a: {value}", Loader=_Loader))
        return sum(isinstance(event, yaml.ScalarEvent) for event in events) != 2 and value[0] not in "[{"
    except (yaml.YAMLError, ValueError):
        return True
