"""Parsing of tags of static site generators (Hugo, Liquid, MDX), and their conversion within lines."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from flask_babel import gettext as _

CALLOUTS = frozenset(
    """
    note tip hint important warning caution danger error attention seealso info information abstract summary
    tldr
    success check done question help faq failure fail missing bug example quote cite todo new announcement
    alert notice callout admonition aside best-practice security remark positive negative primary secondary
    """.split()
)
TAB_TAGS = frozenset({"tab", "tabitem", "tab-item", "tabpanel", "codetab"})
GROUP_TAGS = frozenset(
    """
    tabs tab-set tabpane tabgroup code-group codegroup code-tabs card-deck steps step columns column row grid
    cards card tabset cardgroup codetabs section div""".split()
)
CODE_TAGS = frozenset({"highlight", "code", "codeblock"})
VOID_TAGS = frozenset(
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
KNOWN_TAGS = (
    CALLOUTS
    | TAB_TAGS
    | GROUP_TAGS
    | CODE_TAGS
    | {"details", "expand", "accordion", "collapse", "spoiler", "raw", "comment"}
)
LIQUID_NAMES = frozenset(
    """
    include include_relative hint tabs tab raw if unless else elsif for assign capture data ifversion case
    when note warning tip danger info caution callout highlight comment indented_data_reference rowheaders
    link
    post_url embed code content-ref file figure swagger youtube alert important cycle break continue render
    """.split()
)
HUGO_TAG = re.compile(
    r"\{\{[<%]\s*(?P<close>/?)\s*(?P<name>[\w./-]+?)(?P<more>(?:\s(?:(?![%>]\}\}).)*?)?)\s*(?P<void>/?)"
    r"[%>]\}\}"
)
LIQUID_TAG = re.compile(r"(?<!\{)\{%-?\s*(?P<close>end)?(?P<name>[a-z][\w-]*)(?P<more>(?:(?!%\}).)*?)-?%\}")
COMPONENT_TAG = re.compile(
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
    """A tag with its arguments; `family` is the kind of loss when the tag is unknown."""

    name: str
    values: dict[str, str] = field(default_factory=dict)
    title: str = ""
    closes: bool = False
    is_void: bool = False
    family: str = "directives"
    source: str = ""


def arguments(text: str) -> dict[str, str]:
    """`a="b" c=d` as a mapping, with names in lower case."""
    return {
        name.lower(): next((value for value in values if value), "")
        for name, *values in ARGUMENT.findall(text)
    }


def title(text: str) -> str:
    """The title of a tag: the argument title, name …, or `[words]`, or the text outside arguments."""
    values = arguments(text)
    for key in ("title", "label", "name", "header", "heading", "summary", "tabname", "value"):
        if values.get(key):
            return values[key].strip()
    if found := re.match(r"\s*\[([^\]\n]*)\]", text):
        return found[1].strip()
    rest = re.sub(r"\{[^{}]*\}", "", ARGUMENT.sub("", text)).strip(" \t}{")
    return re.sub(r"^([\"'`])(.*)\1$", r"\2", rest).strip()


def callout_kind(tag: Tag) -> str:
    """The kind of callout of a tag; empty when it is none."""
    if tag.name not in CALLOUTS:
        return ""
    if tag.name not in ("callout", "admonition", "alert", "hint", "notice", "aside"):
        return tag.name
    stated = next(
        (
            tag.values[key]
            for key in ("type", "style", "kind", "color", "variant", "status")
            if tag.values.get(key)
        ),
        "",
    )
    first = tag.title.lower().split(" ")[0].strip("\"'")
    if not stated and first in CALLOUTS:
        stated = first
        tag.title = " ".join(tag.title.split(" ")[1:]).strip("\"'` ")
    if stated in CALLOUTS:
        return stated
    return "note" if tag.name in ("callout", "admonition", "aside") else tag.name


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
    always = [(HUGO_TAG, "shortcodes"), (LIQUID_TAG, "shortcodes")]
    return [*always, (COMPONENT_TAG, "components")] if has_components else always


def alone(line: str, has_components: bool) -> tuple[str, Tag] | None:
    """(indentation, tag) of a line with one tag and nothing else; else None."""
    words = line.strip()
    if not words.startswith(("{{", "{%", "<")):
        return None
    for pattern, family in _patterns(has_components):
        found = pattern.fullmatch(words)
        if found and (pattern is not LIQUID_TAG or found["name"] in LIQUID_NAMES):
            return line[: len(line) - len(line.lstrip())], _tag(found, family)
    return None


def split_line(line: str, has_components: bool) -> list[str] | None:
    """The parts, as lines, of a line with text beside the opening or closing tag of a callout or tab."""
    words = line.strip()
    if not words.startswith(("{{", "{%", "<")) and not words.endswith(("}}", "%}", ">")):
        return None
    indent = line[: len(line) - len(line.lstrip())]
    for pattern, _family in _patterns(has_components):
        if pattern.fullmatch(words):
            return None
        opening = pattern.match(words)
        if opening is not None and (opening["close"] or not _splits(pattern, opening)):
            opening = None
        closing = next(iter([*pattern.finditer(words)][-1:]), None)
        if closing is not None and not (
            closing.end() == len(words) and closing["close"] and _splits(pattern, closing)
        ):
            closing = None
        if opening is not None or closing is not None:
            start = opening.end() if opening is not None else 0
            end = closing.start() if closing is not None else len(words)
            parts = [words[:start], words[start:end].strip(), words[end:]]
            return [indent + part for part in parts if part]
    return None


def _splits(pattern: re.Pattern, found: re.Match) -> bool:
    name = found["name"].lower()
    return (name in CALLOUTS or name in TAB_TAGS or name == "details") and (
        pattern is not LIQUID_TAG or name in LIQUID_NAMES
    )


def image_lines(tag: Tag, indent: str) -> list[str]:
    """The lines for an image: the image, and its caption unless that is its alternative text."""
    values = tag.values
    address = values.get("source") or values.get("src") or tag.title
    words = values.get("alt-text") or values.get("alt") or values.get("caption") or values.get("title") or ""
    caption = values.get("caption") or values.get("title") or ""
    shown = [f"{indent}![{words}](<{address}>)"] if address else []
    return [*shown, *(["", f"{indent}{caption}"] if caption and caption != words else [])]


def video_address(tag: Tag) -> str:
    """The URL of the video of a tag; empty when it has none."""
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


def included(
    text: str, include: Callable[[str], str | None], report_loss: Callable[[str, str, str], None]
) -> str:
    """The text with included files inserted: Docs `[!INCLUDE]`, MkDocs `--8<--`."""

    def put(name: str, source: str, indent: str = "") -> str:
        found = include(name)
        if found is None:
            report_loss("includes", source, _("file not found"))
            return ""
        return found.strip("\n").replace("\n", f"\n{indent}")

    text = INCLUDE.sub(lambda found: put(found[1], found[0]), text)
    return SNIPPET.sub(lambda found: found[1] + put(found[2].split(":")[0], found[0], found[1]), text)


def plain_inline(text: str, report_loss: Callable[[str, str, str], None], has_components: bool) -> str:
    """A text between code spans, with the tags and attributes of site generators converted or removed."""

    def drop(kind: str, why: str) -> Callable[[re.Match], str]:
        def dropped(found: re.Match) -> str:
            report_loss(kind, found[0], why)
            return ""

        return dropped

    def video(found: re.Match) -> str:
        report_loss("embeds", found[0], _("replaced by a link"))
        return f"{found[1]}[Video](<{found[2]}>)" if re.match("https?://", found[2]) else found[1]

    text = VIDEO.sub(video, text)
    if "{" in text:
        text = SITE_ROOT.sub("/", RELATIVE_URL.sub(r"\1", text))
        text = _references(text)
        text = HUGO_TAG.sub(drop("shortcodes", "unknown"), text)
        text = LIQUID_TAG.sub(
            lambda found: (
                found[0] if found["name"] not in LIQUID_NAMES else drop("shortcodes", "unknown")(found)
            ),
            text,
        )
        text = ATTRIBUTES.sub(drop("attributes", ""), text)
        text = ESCAPED.sub(r"\1\2\3", text)
    text = ICON.sub(drop("icons", ""), text)
    if has_components:
        text = JSX_COMMENT.sub(drop("comments", ""), text)
        text = COMPONENT_TAG.sub(lambda found: "" if found["close"] else _component(found, report_loss), text)
    return text


def _references(text: str) -> str:
    """Hugo's `ref` as a URL where one is expected, else as a link."""

    def written(found: re.Match) -> str:
        address = found[1] or found[2]
        before = text[: found.start()].rstrip()
        if before.endswith(("(", "<", '"', "'", "=", "]:")):
            return address
        return f"[{re.sub(r'[.]md$', '', address.split('/')[-1])}](<{address}>)"

    return REFERENCE.sub(written, text)


def _component(found: re.Match, report_loss: Callable[[str, str, str], None]) -> str:
    values = arguments(found["more"])
    if found["name"].lower() in ("image", "img") and values.get("src"):
        return f"![{values.get('alt', '')}](<{values['src']}>)"
    if found["name"] == "Link" and values.get("href"):
        report_loss("components", found[0], _("its text is kept"))
        return ""
    report_loss("components", found[0], _("its text is kept"))
    return ""
