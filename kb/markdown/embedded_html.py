"""Converts HTML inside Markdown to Markdown; elements without counterpart are reported as losses.

Unknown elements are kept as text, because `<user>` in a text is a placeholder, not HTML.
"""

import re
from collections.abc import Callable

from flask_babel import gettext as _

from core.markup.html_to_markdown import convert
from kb.markdown.links import CODE_SPAN, beside_spans, outside_code, outside_fences, replaced

ReportLoss = Callable[[str, str, str], None]
ANCHOR_ELEMENT = beside_spans(
    r"<a\b[^<>]{0,300}?\bhref\s*=\s*(?:(?P<quote>[\"'])(?P<href>[^\"'<>]+)(?P=quote)|(?P<plain>[^\s\"'<>]+))"
    r"[^<>]{0,300}>(?P<inner>(?:(?!</?a\b).){0,2000})</a>"
)
OUTSIDE_SPANS = beside_spans(rf"(?:(?!{CODE_SPAN.replace('ticks', 'more')}).)+")
HTML_BLOCK = re.compile(
    r"^(?P<before>[ \t]*(?:>[ \t]?)*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?)"
    r"<(?P<name>table|ul|ol|dl|pre|blockquote|h[1-6])\b[^<>]*>",
    re.M | re.I,
)
COMMENT_START = re.compile("<!--")
COMMENT_BLOCK = re.compile("^ {0,3}<!--", re.M)
RAW_BLOCK = re.compile(r"^ {0,3}<(script|style)\b[^<>]*>", re.M | re.I)
ANCHOR_BEFORE_HEADING = re.compile(
    r"^(?:<a\s+(?:name|id)=[\"']?([\w.:-]{1,80})[\"']?\s*(?:/>|>\s*</a>)\s*)+"
    r"(#{1,6}[ \t][^\n]*)$",
    re.M | re.I,
)
ANCHOR_IN_HEADING = re.compile(
    r"^(#{1,6}[ \t][^\n]*?)<a\s+(?:name|id)=[\"']?([\w.:-]{1,80})[\"']?\s*"
    r"(?:/>|>\s*</a>)([^\n]*)$",
    re.M | re.I,
)
EMBED_ELEMENT = re.compile(
    r"<(iframe|video|audio|embed|object)\b([^<>]*)>(?:(?:(?!</?\1\b).)*</\1\s*>)?", re.I | re.S
)
ATTRIBUTE_VALUE = re.compile(
    r"\b(src|alt|data|title|href)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|\{?([^\s\"'<>{}]+))", re.I | re.S
)
LAYOUT_TAGS = re.compile(
    r"</?(?:details|div|center|p|span|section|article|figure|figcaption|picture|source|header|footer"
    r"|main|nav|aside|font|small|big|nolink|wbr|tt|hgroup|col|colgroup|abbr|u|ins|mark|cite|dfn|var"
    r"|samp|q|time|nobr)\b[^<>]*>|<a\b[^<>]*>(?:</a>)?|</a>",
    re.I,
)
LOST_TAGS = re.compile(
    r"</?(?:input|label|button|form|select|option|textarea|fieldset|legend|svg|path|g|rect|circle|canvas"
    r"|map|area|link|meta|base|track|param|noscript|script|style|marquee|blink|dialog|template)\b[^<>]*>",
    re.I,
)
ITEM_TAG = re.compile(r"<li\b[^<>]*>[ \t]*", re.I)
LIST_TAGS = re.compile(r"</?(?:ul|ol|li|dl|dd|dt|blockquote|tbody|thead|table|tr|td|th)\b[^<>]*>", re.I)


def plain_html(text: str, report_loss: ReportLoss) -> str:
    """The text with its HTML as Markdown; unknown elements are kept as text."""
    text = outside_fences(text, lambda part: _plain_blocks(part, report_loss))
    return outside_code(text, lambda part: _plain_part(part, report_loss))


def _plain_part(text: str, report_loss: ReportLoss) -> str:
    if "<" not in text:
        return text
    text = replaced(
        text,
        ANCHOR_ELEMENT,
        lambda found: (
            f"[{found['inner'].strip()}](<{found['href'] or found['plain']}>)"
            if found["inner"].strip()
            else ""
        ),
    )
    is_row = "|" in text and "\n" not in text.strip("\n")
    return replaced(text, OUTSIDE_SPANS, lambda found: _plain_inline(found[0], report_loss, is_row))


def _plain_blocks(text: str, report_loss: ReportLoss) -> str:
    if "<" not in text:
        return text

    def comment(_opening: re.Match, block: str) -> str:
        report_loss("comments", block, "")
        return ""

    def raw(opening: re.Match, block: str) -> str:
        report_loss("html", block, f"<{opening[1].lower()}>")
        return ""

    text = _between(text, COMMENT_BLOCK, lambda found: "-->", comment)
    text = _between(text, RAW_BLOCK, lambda found: f"</{found[1]}>", raw)
    text = _between(text, HTML_BLOCK, lambda found: f"</{found['name']}>", _html_block, nested=True)
    return ANCHOR_IN_HEADING.sub(r"\1\3 {#\2}", ANCHOR_BEFORE_HEADING.sub(r"\2 {#\1}", text))


def _between(
    text: str,
    opening: re.Pattern,
    closing: Callable[[re.Match], str],
    change: Callable[[re.Match, str], str],
    *,
    nested: bool = False,
) -> str:
    """Replace what is between an opening and its closing, both included; in linear time.

    `nested`: elements of the same name within are skipped.
    """
    out: list[str] = []
    position = 0
    absent: set[str] = set()
    while found := opening.search(text, position):
        end = None
        close = closing(found)
        if close not in absent and not (end := _closing(text, found, close, nested)):
            absent.add(close)
        start = found.start() if end else found.end()
        out.append(text[position:start])
        position = end.end() if end else start
        if end:
            out.append(change(found, text[start:position]))
    return "".join([*out, text[position:]])


def _closing(text: str, opening: re.Match, close: str, nested: bool) -> re.Match | None:
    if not nested:
        return re.compile(re.escape(close), re.I).search(text, opening.end())
    depth = 1
    for found in re.compile(rf"<(/?){opening['name']}\b[^<>]*>", re.I).finditer(text, opening.end()):
        depth += -1 if found[1] else 1
        if not depth:
            return found
    return None


def _html_block(opening: re.Match, block: str) -> str:
    """A block element as Markdown; one with Markdown after a blank line is left to the other rules."""
    before = opening["before"]
    rest = re.sub(r"[^>\s]", " ", before)  # in a quote or an item: what its other lines begin with
    block = "\n".join(
        line.removeprefix(rest.rstrip()).removeprefix(" ") if ">" in rest else line
        for line in block.removeprefix(before).split("\n")
    )
    is_markdown = opening["name"].lower() not in ("table", "pre") and (
        re.search(r"\n[ \t]*\n[^<\n]*(?:\]\(|\*\*|`|^[-*+] )", block, re.M)
    )
    if is_markdown:
        return opening.string[opening.start() : opening.start() + len(before)] + block
    text = convert(re.sub(r"<!--.*?-->", "", block, flags=re.S), keep_addresses=True)
    return before + text.replace("\n", f"\n{rest}")


def _plain_inline(text: str, report_loss: ReportLoss, is_row: bool) -> str:
    """`is_row`: the text is a row of a table, which must stay one line."""
    if "<" not in text:
        return text

    def comment(_opening: re.Match, block: str) -> str:
        report_loss("comments", block, "")
        return ""

    def embed(found: re.Match) -> str:
        values = _attributes(found[0])
        address = values.get("src") or values.get("data") or ""
        address = f"https:{address}" if address.startswith("//") else address
        report_loss("embeds", found[0], _("replaced by a link") if address else f"<{found[1].lower()}>")
        words = values.get("title") or ("Video" if found[1].lower() in ("video", "iframe") else "File")
        return f"[{words}](<{address}>)" if address else ""

    def lost(found: re.Match) -> str:
        if not found[0].startswith("</"):
            report_loss("html", found[0], _("its text is kept"))
        return ""

    text = _between(text, COMMENT_START, lambda found: "-->", comment)
    text = EMBED_ELEMENT.sub(embed, text)
    text = re.sub(r"<img\b[^<>]*>", _image, text, flags=re.I)
    text = re.sub(r"</?(?:strong|b)>", "**", text, flags=re.I)
    text = re.sub(r"</?(?:em|i)>", "*", text, flags=re.I)
    text = re.sub(r"</?(?:s|del|strike)>", "~~", text, flags=re.I)
    text = re.sub(r"<br\s*/?>", "<br>", text, flags=re.I)
    text = re.sub(r"<hr\b[^<>]*>", "<br>" if is_row else "\n\n***\n\n", text, flags=re.I)
    text = re.sub(r"<code>([^`<>\n]+)</code>", r"`\1`", text, flags=re.I)
    text = re.sub(
        r"<summary\b[^<>]*>(.*?)</summary>",
        lambda found: _summary(found, " " if is_row else "\n"),
        text,
        flags=re.I | re.S,
    )
    text = re.sub(r"</p>\s*<p\b[^<>]*>", "<br>" if is_row else "\n\n", text, flags=re.I)
    text = LIST_TAGS.sub("", ITEM_TAG.sub("<br>• " if is_row else "\n- ", text))
    text = re.sub(r"(\|\s*)<br>•", r"\1•", text) if is_row else text
    return LAYOUT_TAGS.sub("", LOST_TAGS.sub(lost, text))


def _summary(found: re.Match, around: str) -> str:
    words = " ".join(re.sub(r"\*\*|<[^<>]*>", "", found[1]).split())
    return f"{around}**{words}**{around}" if words else ""


def _attributes(tag: str) -> dict[str, str]:
    return {
        name.lower(): double or single or bare for name, double, single, bare in ATTRIBUTE_VALUE.findall(tag)
    }


def _image(match: re.Match) -> str:
    facts = _attributes(match[0])
    words = re.sub(r"[\[\]]", "", " ".join(facts.get("alt", "").split()))
    return f"![{words or 'image'}](<{facts['src']}>)" if facts.get("src") else ""
