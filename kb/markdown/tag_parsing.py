"""Tags of static site generators: Hugo's shortcodes, Liquid, MDX components; and what stands within lines."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

CALLOUTS = frozenset(
    """
    note tip hint important warning caution danger error attention seealso info information abstract summary
    tldr
    success check done question help faq failure fail missing bug example quote cite todo new announcement
    alert notice callout admonition aside best-practice security remark positive negative primary secondary
    """.split()
)
TABS = frozenset({"tab", "tabitem", "tab-item", "tabpanel", "codetab"})
GROUPS = frozenset(
    """
    tabs tab-set tabpane tabgroup code-group codegroup code-tabs card-deck steps step columns column row grid
    cards card tabset cardgroup codetabs section div""".split()
)
CODE = frozenset({"highlight", "code", "codeblock"})
VOID = frozenset(
    {
        "figure",
        "img",
        "image",
        "youtube",
        "vimeo",
        "video",
        "include",
        "readfile",
        "snippet",
        "embed",
        "include_relative",
        "import",
    }
)
KNOWN = (
    CALLOUTS
    | TABS
    | GROUPS
    | CODE
    | {"details", "expand", "accordion", "collapse", "spoiler", "raw", "comment"}
)
LIQUID = frozenset(
    """
    include include_relative hint tabs tab raw if unless else elsif for assign capture data ifversion case
    when note warning tip danger info caution callout highlight comment indented_data_reference rowheaders
    link
    post_url embed code content-ref file figure swagger youtube alert important cycle break continue render
    """.split()
)
HUGO = re.compile(
    r"\{\{[<%]\s*(?P<close>/?)\s*(?P<name>[\w./-]+?)(?P<more>(?:\s(?:(?![%>]\}\}).)*?)?)\s*(?P<void>/?)"
    r"[%>]\}\}"
)
LIQUID_TAG = re.compile(r"(?<!\{)\{%-?\s*(?P<close>end)?(?P<name>[a-z][\w-]*)(?P<more>(?:(?!%\}).)*?)-?%\}")
COMPONENT = re.compile(
    r"<(?P<close>/?)(?P<name>[A-Z][\w.]*)(?P<more>(?:\s(?:[^<>\"'{}]|\"[^\"]*\"|'[^']*'"
    r"|\{(?:[^{}]|\{[^{}]*\})*\})*)?)(?P<void>/?)>"
)
ARGUMENT = re.compile(r"([\w-]+)\s*=\s*(?:\{\s*)?(?:\"([^\"]*)\"|'([^']*)'|`([^`]*)`|([^\s{}\"',>]+))")
REFERENCE = re.compile(
    r"\{\{[<%]\s*(?:rel)?ref\s+(?:path=)?[\"'`]?([^\"'`\s]+)[\"'`]?[^{}]*?[%>]\}\}"
    r"|\{%-?\s*(?:link|post_url)\s+([^\s%]+)\s*-?%\}"
)
SITE_ROOT = re.compile(
    r"\{\{-?\s*(?:site\.(?:baseurl|url)|base_path|\.Site\.BaseURL)\s*(?:\|[^{}]*)?-?\}\}/?"
)
RELATIVE_URL = re.compile(
    r"\{\{-?\s*[\"']([^\"']+)[\"']\s*\|\s*(?:relative_url|absolute_url|relURL|absURL)\s*-?\}\}"
)
INCLUDE = re.compile(r"\[!INCLUDE\s*\[[^\]]*\]\s*\(\s*<?([^)>\s]+)>?\s*(?:\"[^\"]*\")?\)\s*\]", re.I)
VIDEO = re.compile(r"^([ \t>]*)\[!VIDEO\s+([^\]\s]+)[^\]]*\]", re.I | re.M)
SNIPPET = re.compile(r"^([ \t]*);*-{1,2}8<-{1,2}[ \t]+[\"']([^\"'\n]+)[\"'][ \t]*$", re.M)
ATTRIBUTES = re.compile(r"(?:(?<=[)\]*_~])|^)[ \t]?\{:?[ \t]*(?:[#.][\w-]|[\w-]+=)[^{}\n]*\}")
ICON = re.compile(r":(?:material|octicons|fontawesome|simple)-[a-z0-9-]+:")
JSX_COMMENT = re.compile(r"\{/\*.*?\*/\}", re.S)
ESCAPED = re.compile(r"(\{\{[<%])/\*(.*?)\*/([%>]\}\})", re.S)


@dataclass
class Tag:
    """A tag with its arguments; `family` is the kind of loss when nobody knows it."""

    name: str
    values: dict[str, str] = field(default_factory=dict)
    title: str = ""
    closes: bool = False
    is_void: bool = False
    family: str = "directives"
    source: str = ""


def arguments(text: str) -> dict[str, str]:
    """`a="b" c=d` as a mapping; names in lower case."""
    return {
        name.lower(): next((value for value in values if value), "")
        for name, *values in ARGUMENT.findall(text)
    }


def title(text: str) -> str:
    """The words that stand for the whole: a title, a name, `[words]`, or what is no argument."""
    values = arguments(text)
    for key in ("title", "label", "name", "header", "heading", "summary", "tabname", "value"):
        if values.get(key):
            return values[key].strip()
    if found := re.match(r"\s*\[([^\]\n]*)\]", text):
        return found[1].strip()
    rest = re.sub(r"\{[^{}]*\}", "", ARGUMENT.sub("", text)).strip(" \t}{")
    return re.sub(r"^([\"'`])(.*)\1$", r"\2", rest).strip()


def callout_kind(tag: Tag) -> str:
    """What kind of callout a tag is, or nothing."""
    if tag.name not in CALLOUTS:
        return ""
    if tag.name not in ("callout", "admonition", "alert", "hint", "notice", "aside"):
        return tag.name
    said = next(
        (
            tag.values[key]
            for key in ("type", "style", "kind", "color", "variant", "status")
            if tag.values.get(key)
        ),
        "",
    )
    first = tag.title.lower().split(" ")[0].strip("\"'")
    if not said and first in CALLOUTS:
        said, tag.title = first, " ".join(tag.title.split(" ")[1:]).strip("\"'` ")
    return (
        said if said in CALLOUTS else "note" if tag.name in ("callout", "admonition", "aside") else tag.name
    )


def _tag(found: re.Match, family: str) -> Tag:
    more = found["more"].strip()
    name = found["name"].lower()
    return Tag(
        name,
        arguments(more),
        title(more),
        bool(found["close"]),
        bool(found.groupdict().get("void")),
        family,
        found[0],
    )


def _patterns(has_components: bool) -> list[tuple[re.Pattern, str]]:
    always = [(HUGO, "shortcodes"), (LIQUID_TAG, "shortcodes")]
    return [*always, (COMPONENT, "components")] if has_components else always


def alone(line: str, has_components: bool) -> tuple[str, Tag] | None:
    """(indentation, tag) of a line that holds one tag and nothing else."""
    words = line.strip()
    if not words.startswith(("{{", "{%", "<")):
        return None
    for pattern, family in _patterns(has_components):
        found = pattern.fullmatch(words)
        if found and (pattern is not LIQUID_TAG or found["name"] in LIQUID):
            return line[: len(line) - len(line.lstrip())], _tag(found, family)
    return None


def split_line(line: str, has_components: bool) -> list[str] | None:
    """A line that opens and closes one callout or tab, or does one of both beside text, as several lines."""
    words = line.strip()
    if not words.startswith(("{{", "{%", "<")) and not words.endswith(("}}", "%}", ">")):
        return None
    indent = line[: len(line) - len(line.lstrip())]
    for pattern, family in _patterns(has_components):
        if pattern.fullmatch(words):
            return None
        opening, closing = pattern.match(words), next(iter([*pattern.finditer(words)][-1:]), None)
        first = opening is not None and _splits(pattern, opening, family) and not opening["close"]
        last = (
            closing is not None
            and closing.end() == len(words)
            and bool(closing["close"])
            and _splits(pattern, closing, family)
        )
        if first or last:
            start = opening.end() if first else 0
            end = closing.start() if last else len(words)
            parts = [words[:start], words[start:end].strip(), words[end:]]
            return [indent + part for part in parts if part]
    return None


def _splits(pattern: re.Pattern, found: re.Match, family: str) -> bool:
    name = found["name"].lower()
    return (name in CALLOUTS or name in TABS or name == "details") and (
        pattern is not LIQUID_TAG or name in LIQUID
    )


def video_address(tag: Tag) -> str:
    """Where the video of a tag can be seen; empty when it does not say."""
    name = (
        tag.values.get("id")
        or tag.values.get("src")
        or tag.values.get("source")
        or tag.values.get("url")
        or tag.title
    )
    if re.match(r"https?://", name):
        return name
    hosts = {"youtube": "https://www.youtube.com/watch?v=", "vimeo": "https://vimeo.com/"}
    return hosts[tag.name] + name if name and tag.name in hosts and re.fullmatch(r"[\w-]+", name) else ""


def included(text: str, include: Callable[[str], str | None], lose: Callable[[str, str, str], None]) -> str:
    """The text with the files in it that it names: Docs `[!INCLUDE]`, MkDocs `--8<--`."""

    def put(name: str, source: str, indent: str = "") -> str:
        found = include(name)
        if found is None:
            lose("includes", source, "the file is not there")
            return ""
        return found.strip("\n").replace("\n", f"\n{indent}")

    text = INCLUDE.sub(lambda found: put(found[1], found[0]), text)
    return SNIPPET.sub(lambda found: found[1] + put(found[2].split(":")[0], found[0], found[1]), text)


def plain_inline(text: str, lose: Callable[[str, str, str], None], has_components: bool) -> str:
    """A text between code spans without tags and attributes that only a generator understands."""

    def drop(kind: str, why: str) -> Callable[[re.Match], str]:
        def dropped(found: re.Match) -> str:
            lose(kind, found[0], why)
            return ""

        return dropped

    def video(found: re.Match) -> str:
        lose("embeds", found[0], "a link stands for it")
        return f"{found[1]}[Video](<{found[2]}>)" if re.match("https?://", found[2]) else found[1]

    text = VIDEO.sub(video, text)
    if "{" in text:
        text = SITE_ROOT.sub("/", RELATIVE_URL.sub(r"\1", text))
        text = _references(text)
        text = HUGO.sub(drop("shortcodes", "unknown"), text)
        text = LIQUID_TAG.sub(
            lambda found: found[0] if found["name"] not in LIQUID else drop("shortcodes", "unknown")(found),
            text,
        )
        text = ATTRIBUTES.sub(drop("attributes", ""), text)
        text = ESCAPED.sub(r"\1\2\3", text)
    text = ICON.sub(drop("icons", ""), text)
    if has_components:
        text = JSX_COMMENT.sub(drop("comments", ""), text)
        text = COMPONENT.sub(lambda found: "" if found["close"] else _component(found, lose), text)
    return text


def _references(text: str) -> str:
    """Hugo's `ref`: an address where one is expected, else a link."""

    def written(found: re.Match) -> str:
        address = found[1] or found[2]
        before = text[: found.start()].rstrip()
        if before.endswith(("(", "<", '"', "'", "=", "]:")):
            return address
        return f"[{re.sub(r'[.]md$', '', address.split('/')[-1])}](<{address}>)"

    return REFERENCE.sub(written, text)


def _component(found: re.Match, lose: Callable[[str, str, str], None]) -> str:
    values = arguments(found["more"])
    if found["name"].lower() in ("image", "img") and values.get("src"):
        return f"![{values.get('alt', '')}](<{values['src']}>)"
    if found["name"] == "Link" and values.get("href"):
        lose("components", found[0], "its text stays")
        return ""
    lose("components", found[0], "its text stays")
    return ""
