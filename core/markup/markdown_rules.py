"""The Markdown dialect: CommonMark with tables, without loss of text, with a budget of steps.

Text that a standard parser drops is shown: quotes and lists that are nested too deeply, cells beyond the last
column, unused link definitions, the words after the language of a code block (docs/decisions/0512).
"""

import re
import sys
from collections.abc import Callable, Sequence
from html import escape
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

from markdown_it import MarkdownIt, helpers
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import escapedSplit, getLine
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from core.limits.budgets import Budget
from core.markup import markdown_links, plain_tags
from core.markup.highlighting import MAX_COLOUR_SECONDS, MAX_COLOUR_STEPS, highlighted

MAX_NESTING = 20  # quotes count once, lists twice; deeper ones are shown as typed
MAX_INLINE_NESTING = 12  # emphasis within emphasis
MAX_IMAGE_NESTING = 2  # images in the alternative text of images
STEPS_PER_RULE = 4  # a step takes about a microsecond
STEPS_PER_TOKEN = 4
STEPS_PER_FENCE = 60
MAX_ADDED_CELLS = 10_000  # empty ones that fill short rows; further rows are text
TASKS = {"[ ] ": "☐", "[x] ": "☑"}
LANGUAGE = re.compile(r"[\w+#.-]{1,30}")


class References(dict):
    """Link definitions by label; remembers which were used."""

    def __init__(self) -> None:
        super().__init__()
        self.used: set[str] = set()

    def __getitem__(self, label: str) -> dict:
        found = super().__getitem__(label)
        self.used.add(label)
        return found

    def get(self, label: str, default: Any = None) -> Any:
        """The definition with this label, which counts as used."""
        try:
            return self[label]
        except KeyError:
            return default


def environment(
    budget: Budget, names: dict[str, str], pictures: dict[str, tuple[int, int]] | None = None
) -> dict:
    """The state of one run of the parser and renderer; `pictures` are the sizes of stored ones by key."""
    return {
        "budget": budget,
        "names": names,
        "pictures": pictures or {},
        "references": References(),
        "bare_links": 0,
        "images": 0,
        "too_long": ("", 0),  # a paragraph, and the end of an overlong URL in it
        "coloured": 0,
        "colour_steps": MAX_COLOUR_STEPS,
        "colour_seconds": MAX_COLOUR_SECONDS,
        "in_link": False,
        "missing": False,
    }


def parser(is_safe_url: Callable[[str], bool]) -> MarkdownIt:
    """The parser and renderer; only URLs that `is_safe_url` accepts become links."""
    made: Any = MarkdownIt(  # its helpers and validateLink are replaced, which its type does not allow
        "commonmark",
        {"html": False, "linkify": False, "inline_definitions": True, "maxNesting": MAX_NESTING + 4},
    )
    made.enable(["table", "strikethrough"])
    made.helpers = SimpleNamespace(
        parseLinkLabel=_link_label,
        parseLinkTitle=helpers.parseLinkTitle,
        parseLinkDestination=helpers.parseLinkDestination,
    )
    made.validateLink = lambda url: url.startswith("missing:") or is_safe_url(url)
    plain_tags.install(made)
    for name, change in (
        ("blockquote", _not_deeper_than(MAX_NESTING - 1)),
        ("list", _not_deeper_than(MAX_NESTING - 2)),
        ("table", _whole_rows),
        ("reference", _no_footnotes),
    ):
        _change(made.block.ruler, name, change)
    _change(made.inline.ruler, "image", _not_many_images)
    for name in made.block.ruler.get_all_rules():
        _change(made.block.ruler, name, _counted)
    _change(made.inline.ruler, "text", _counted)
    made.core.ruler.after("inline", "nesting", _bound_nesting)
    made.core.ruler.after("nesting", "definitions", _show_unused)
    made.core.ruler.after("nesting", "tasks", _show_tasks)
    markdown_links.install(made)
    for rule, function in (
        ("fence", _fence),
        ("th_open", _cell),
        ("td_open", _cell),
        ("image", _image),
        ("link_open", _link_open),
        ("link_close", _link_close),
        ("definition", _definition),
    ):
        made.add_render_rule(rule, function)
    return made


def _change(ruler: Any, name: str, change: Callable) -> None:
    """Replace the rule of this name by change(rule)."""
    rule = next(rule for rule in ruler.__rules__ if rule.name == name)
    rule.fn = change(rule.fn)
    ruler.__cache__ = None


def _counted(rule: Callable) -> Callable:
    def counted(state: Any, *arguments: Any) -> bool:
        state.env["budget"].spend(STEPS_PER_RULE)
        return rule(state, *arguments)

    return counted


def _not_deeper_than(level: int) -> Callable:
    """Do not start containers beyond this level; their lines belong to the paragraph around them."""

    def change(rule: Callable) -> Callable:
        def bounded(state: StateBlock, start: int, end: int, silent: bool) -> bool:
            return state.level < level and rule(state, start, end, silent)

        return bounded

    return change


def _whole_rows(rule: Callable) -> Callable:
    """Append cells beyond the last column to the last cell, with bars between them."""

    def table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        first = len(state.tokens)
        if not rule(state, start, end, silent):
            return False
        width = 0
        line = 0
        cell: Token | None = None
        for token in [] if silent else state.tokens[first:]:
            state.env["budget"].spend(STEPS_PER_TOKEN)
            if token.type == "th_open":
                width += 1
            elif token.type == "tr_open":
                line = token.map[0] if token.map else 0
            elif token.type == "inline":
                cell = token
            elif token.type == "tr_close" and line > start and cell is not None:
                cell.content = " | ".join([cell.content, *_cells(state, line)[width:]])
        return True

    return table


def _cells(state: StateBlock, line: int) -> list[str]:
    """The texts between the bars of a row."""
    cells = escapedSplit(getLine(state, line).strip())
    cells = cells[1:] if cells and cells[0] == "" else cells
    cells = cells[:-1] if cells and cells[-1] == "" else cells
    return [each.strip() for each in cells]


def _no_footnotes(rule: Callable) -> Callable:
    """`[^1]: text` is not a link definition: its text would be a URL and not be shown."""

    def reference(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        return not state.src.startswith("[^", state.bMarks[start] + state.tShift[start]) and rule(
            state, start, end, silent
        )

    return reference


def _not_many_images(rule: Callable) -> Callable:
    """Limit images in the alternative text of images, which is parsed again."""

    def image(state: StateInline, silent: bool) -> bool:
        if not state.src.startswith("![", state.pos) or state.env["images"] > MAX_IMAGE_NESTING:
            return False
        state.env["images"] += not silent
        try:
            return rule(state, silent)
        finally:
            state.env["images"] -= not silent

    return image


def _link_label(state: StateInline, start: int, disableNested: bool = False) -> int:
    """The end of the link label that begins at `start`, or -1: the standard function with counted steps."""
    position = state.pos
    level = 1
    end = -1
    state.pos = start + 1
    while state.pos < state.posMax:
        state.env["budget"].spend()
        before = state.pos
        marker = state.src[before]
        if marker == "]":
            level -= 1
            if level == 0:
                end = before
                break
        state.md.inline.skipToken(state)
        if marker == "[":
            if before == state.pos - 1:
                level += 1
            elif disableNested:
                break
    state.pos = position
    return end


def _bound_nesting(state: StateCore) -> None:
    """Turn emphasis that is nested too deeply back into its marks."""
    for token in state.tokens:
        if token.type != "inline" or not token.children:
            continue
        opened: list[bool] = []
        depth = 0
        for child in token.children:
            state.env["budget"].spend(STEPS_PER_TOKEN)
            is_kept = True
            if child.nesting > 0:
                is_kept = depth < MAX_INLINE_NESTING or child.type == "link_open" or not child.markup
                opened.append(is_kept)
                depth += 1
            elif child.nesting < 0:
                is_kept = opened.pop()
                depth -= 1
            if child.nesting and not is_kept:
                child.type = "text"
                child.tag = ""
                child.nesting = 0
                child.content = child.markup


def _show_tasks(state: StateCore) -> None:
    """Show `[ ]` and `[x]` at the start of a list item as boxes."""
    for place, token in enumerate(state.tokens):
        state.env["budget"].spend()
        if place < 2 or token.type != "inline" or not token.children:
            continue
        if state.tokens[place - 2].type != "list_item_open":
            continue
        first = token.children[0]
        box = TASKS.get(token.content[:4].lower())
        if box and first.type == "text" and first.content[:3].lower() == token.content[:3].lower():
            first.content = box + first.content[3:]


def _show_unused(state: StateCore) -> None:
    """Show unused link definitions, and repeated ones of a label, as they were typed."""
    references: dict[str, dict] = state.env["references"]
    used: set[str] = state.env["references"].used
    definitions = [token for token in state.tokens if token.type == "definition"]
    lines = state.src.split("\n") if definitions else []
    for token in definitions:
        label = token.meta["id"]
        if label not in used or dict.__getitem__(references, label)["map"] != token.map:
            token.content = "\n".join(lines[slice(*(token.map or ()))])


def _definition(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Any
) -> str:
    content = tokens[index].content
    return f"<p>{escape(content)}</p>\n" if content else ""


def _fence(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Any) -> str:
    """A fenced code block, highlighted with classes if its language is known and the text is not too large.

    The words after the language are shown above it.
    """
    token = tokens[index]
    env["budget"].spend(STEPS_PER_FENCE)
    name, _space, more = token.info.strip().partition(" ")
    language = name.lower()
    if not LANGUAGE.fullmatch(name):
        language = ""
        more = token.info.strip()
    code = highlighted(token.content, language, env) or escape(token.content)
    css = f' class="language-{language}"' if language else ""
    note = f'<div class="code-note">{escape(more.strip())}</div>' if more.strip() else ""
    return f'{note}<div class="highlight"><pre><code{css}>{code}</code></pre></div>\n'


# markdown-it has no option for it
setattr(sys.modules[escapedSplit.__module__], "MAX_AUTOCOMPLETED_CELLS", MAX_ADDED_CELLS)  # noqa: B010


def _cell(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Any) -> str:
    """A table cell with its alignment as a class: `style` is forbidden by the content security policy."""
    token = tokens[index]
    style = token.attrGet("style") or ""
    align = re.search(r"text-align:\s*(left|center|right)", str(style))
    css = f' class="align-{align[1]}"' if align else ""
    return f"<{token.tag}{css}>"


def _image(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Any) -> str:
    """A picture of this site as such, others as links: remote images would reveal readers to other sites.

    Missing ones are marked. Inside a link, a remote image becomes its alternative text, and its URL the title
    of the link.
    """
    token = tokens[index]
    source = str(token.attrGet("src") or "")
    title = str(token.attrGet("title") or "")
    words = self.renderInlineAsText(token.children or [], options, env).strip()
    text = escape(words or source.removeprefix("missing:") or "image")
    title = f' title="{escape(title)}"' if title else ""
    if (stored := _stored(source, env)) is not None:
        path, width, height = stored
        words = escape(words or unquote(path.rpartition("/")[2]))
        shown = (
            f'<img src="{escape(path)}" alt="{words}" width="{width}" height="{height}" loading="lazy" '
            f'decoding="async"{title}>'
        )
        return shown if env["in_link"] else f'<a href="{escape(path)}">{shown}</a>'
    if source.startswith("missing:"):
        return f'<span class="missing-image"{title}>{text}</span>'
    return text if env["in_link"] else f'<a href="{escape(source)}"{title}>{text}</a>'


def _stored(source: str, env: dict) -> tuple[str, int, int] | None:
    """(path, width, height) of a picture that is stored here."""
    found = markdown_links.PICTURE.fullmatch(source) if env["pictures"] else None
    size = env["pictures"].get(found["key"]) if found else None
    return (found["path"], *size) if found and size else None


def _link_open(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Any
) -> str:
    """The start of a link, noted in `env` for images within it. A link without text shows its URL."""
    token = tokens[index]
    href = str(token.attrGet("href") or "")
    end = next(i for i in range(index, len(tokens)) if tokens[i].type == "link_close")
    within = tokens[index + 1 : end]
    env["in_link"] = True
    env["missing"] = href.startswith("missing:")
    is_empty = not any(each.content.strip() or each.type == "image" for each in within)
    words = escape(href.removeprefix("missing:") or "link") if is_empty else ""
    if env["missing"]:
        return f'<span class="missing-image">{words}'
    pictures = [
        source
        for each in within
        if each.type == "image"
        and (source := each.attrGet("src")) != href
        and _stored(str(source or ""), env) is None
    ]
    if pictures and not token.attrGet("title"):
        token.attrSet("title", " ".join(map(str, pictures)))
    return self.renderToken(tokens, index, options, env) + words


def _link_close(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Any
) -> str:
    env["in_link"] = False
    return "</span>" if env["missing"] else "</a>"
