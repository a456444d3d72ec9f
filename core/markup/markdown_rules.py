"""Our Markdown: CommonMark with tables, in which nothing that was typed vanishes and every step is counted.

What a stock parser drops is shown as text instead: quotes and lists that lie too deep, cells beyond the last
column, link definitions that nothing uses, the words after a code block's language (docs/decisions/0512).
"""

import re
import sys
from collections.abc import Callable
from functools import lru_cache
from html import escape
from types import SimpleNamespace

import pygments
from markdown_it import MarkdownIt, helpers
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import escapedSplit, getLine
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from core.limits.budgets import Budget, BudgetExceeded
from core.markup import markdown_links, plain_tags

MAX_NESTING = 20  # quotes count once, lists twice; what lies deeper is shown as it was typed
MAX_INLINE_NESTING = 12  # emphasis within emphasis
MAX_IMAGE_NESTING = 2  # images in the words of images
MAX_COLOURED_CHARACTERS = 60_000  # characters of code that are coloured in one text
# Code blocks over these have no colours: regular expressions of lexers take no steps, and some are quadratic.
MAX_COLOURED_BLOCK_CHARACTERS, MAX_COLOURED_LINE_CHARACTERS = 20_000, 1_000  # characters
MAX_COLOUR_STEPS, MAX_COLOUR_SECONDS = 600_000, 0.5  # for one text; code after them has no colours
STEPS_PER_RULE, STEPS_PER_TOKEN = 4, 4  # a step is about a microsecond
STEPS_PER_FENCE, STEPS_PER_COLOUR = 60, 8
MAX_ADDED_CELLS = 10_000  # empty ones that fill short rows; the rows after them are text
TASKS = {"[ ] ": "☐", "[x] ": "☑"}
LANGUAGE = re.compile(r"[\w+#.-]{1,30}")
# Languages that are coloured: their lexers were tried with hostile code (tests/core/test_markup_budget.py).
LANGUAGES = frozenset(
    """
    apache apacheconf awk bash bat batch c c# c++ cfg cmake cmd conf console cpp cs csharp css diff docker
    dockerfile go golang hcl html http ini java javascript jinja js json jsonc kotlin kusto kql lua make
    makefile
    markdown md mysql nginx patch perl php pl plpgsql postgresql powershell properties ps1 psm1 pwsh py python
    python3 rb reg registry ruby rust rs scala sh shell sql swift terraform tf toml ts typescript vb.net vbnet
    vbscript xml yaml yml zsh""".split()
)

# Names that Pygments does not know.
ALIASES = {"cmd": "bat", "conf": "ini", "jsonc": "json", "patch": "diff", "reg": "registry"}


class References(dict):
    """Link definitions by label; remembers which were used."""

    def __init__(self) -> None:
        super().__init__()
        self.used: set[str] = set()

    def __getitem__(self, label: str) -> dict:
        found = super().__getitem__(label)
        self.used.add(label)
        return found

    def get(self, label: str, default=None):
        """The definition with this label, which counts as used."""
        try:
            return self[label]
        except KeyError:
            return default


def environment(budget: Budget, names: dict[str, str]) -> dict:
    """What one run of the parser and renderer needs to know and to remember."""
    return {
        "budget": budget,
        "names": names,
        "references": References(),
        "bare_links": 0,
        "images": 0,
        "too_long": ("", 0),  # the paragraph, and where an address in it ends that is over its limit
        "coloured": 0,
        "colour_steps": MAX_COLOUR_STEPS,
        "colour_seconds": MAX_COLOUR_SECONDS,
        "in_link": False,
        "missing": False,
    }


def parser(is_safe_url: Callable[[str], bool]) -> MarkdownIt:
    """The parser and renderer; links are made only to what `is_safe_url` accepts."""
    made = MarkdownIt(
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


def _change(ruler, name: str, change: Callable) -> None:
    """Put change(rule) in place of the rule of this name."""
    rule = next(rule for rule in ruler.__rules__ if rule.name == name)
    rule.fn = change(rule.fn)
    ruler.__cache__ = None


def _counted(rule: Callable) -> Callable:
    def counted(state, *arguments) -> bool:
        state.env["budget"].spend(STEPS_PER_RULE)
        return rule(state, *arguments)

    return counted


def _not_deeper_than(level: int) -> Callable:
    """Containers beyond this level do not begin; their lines are text of the paragraph they stand in."""

    def change(rule: Callable) -> Callable:
        def bounded(state: StateBlock, start: int, end: int, silent: bool) -> bool:
            return state.level < level and rule(state, start, end, silent)

        return bounded

    return change


def _whole_rows(rule: Callable) -> Callable:
    """Cells beyond the last column are added to the last cell, with the bars between them."""

    def table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        first = len(state.tokens)
        if not rule(state, start, end, silent):
            return False
        width, line = 0, 0
        for token in [] if silent else state.tokens[first:]:
            state.env["budget"].spend(STEPS_PER_TOKEN)
            if token.type == "th_open":
                width += 1
            elif token.type == "tr_open":
                line = token.map[0]
            elif token.type == "inline":
                cell = token
            elif token.type == "tr_close" and line > start:
                cells = escapedSplit(getLine(state, line).strip())
                cells = cells[1:] if cells and cells[0] == "" else cells
                cells = cells[:-1] if cells and cells[-1] == "" else cells
                if len(cells) > width:
                    more = [each.strip() for each in cells[width:]]
                    cell.content = " | ".join([cell.content, *more])
        return True

    return table


def _no_footnotes(rule: Callable) -> Callable:
    """`[^1]: words` is no link definition: its words would be an address and vanish."""

    def reference(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        return not state.src.startswith("[^", state.bMarks[start] + state.tShift[start]) and rule(
            state, start, end, silent
        )

    return reference


def _not_many_images(rule: Callable) -> Callable:
    """The words of an image are parsed again; images within them only a few levels deep."""

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
    """The stock function, with every step counted: where the label that begins at `start` ends, or -1."""
    position, level, end = state.pos, 1, -1
    state.pos = start + 1
    while state.pos < state.posMax:
        state.env["budget"].spend()
        marker, before = state.src[state.pos], state.pos
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
    """Emphasis that lies too deep becomes the marks it was written with."""
    for token in state.tokens:
        if token.type != "inline" or not token.children:
            continue
        opened: list[bool] = []
        depth = 0
        for child in token.children:
            state.env["budget"].spend(STEPS_PER_TOKEN)
            if child.nesting > 0:
                is_kept = depth < MAX_INLINE_NESTING or child.type == "link_open" or not child.markup
                opened.append(is_kept)
                depth += 1
            elif child.nesting < 0:
                is_kept = opened.pop()
                depth -= 1
            if child.nesting and not is_kept:
                child.type, child.tag, child.nesting, child.content = "text", "", 0, child.markup


def _show_tasks(state: StateCore) -> None:
    """`[ ]` and `[x]` at the start of a list item are shown as boxes."""
    for place, token in enumerate(state.tokens):
        state.env["budget"].spend()
        if place < 2 or token.type != "inline" or not token.children:
            continue
        if state.tokens[place - 2].type != "list_item_open":
            continue
        first, box = token.children[0], TASKS.get(token.content[:4].lower())
        if box and first.type == "text" and first.content[:3].lower() == token.content[:3].lower():
            first.content = box + first.content[3:]


def _show_unused(state: StateCore) -> None:
    """Definitions of links that nothing uses, and second ones of a label, are shown as they were typed."""
    references, lines = state.env["references"], None
    for token in state.tokens:
        if token.type == "definition":
            label = token.meta["id"]
            if label not in references.used or dict.get(references, label)["map"] != token.map:
                lines = state.src.split("\n") if lines is None else lines
                token.content = "\n".join(lines[slice(*token.map)])


def _definition(self, tokens, index, options, env) -> str:
    content = tokens[index].content
    return f"<p>{escape(content)}</p>\n" if content else ""


def _fence(self, tokens, index, options, env) -> str:
    """A fenced block, coloured by classes while its language is known and the text is not huge.

    What its first line says beside the language stands above it.
    """
    token = tokens[index]
    env["budget"].spend(STEPS_PER_FENCE)
    name, _space, more = token.info.strip().partition(" ")
    language = name.lower()
    if not LANGUAGE.fullmatch(name):
        language, more = "", token.info.strip()
    code = _coloured(token.content, language, env) or escape(token.content)
    css = f' class="language-{language}"' if language else ""
    note = f'<div class="code-note">{escape(more.strip())}</div>' if more.strip() else ""
    return f'{note}<div class="highlight"><pre><code{css}>{code}</code></pre></div>\n'


def _coloured(code: str, language: str, env: dict) -> str:
    """Code with its colours as classes; "" when it has none: another language, or too much work."""
    lexer = _lexer(language)
    if (
        not lexer
        or env["colour_steps"] <= 0
        or len(code) > MAX_COLOURED_BLOCK_CHARACTERS
        or env["coloured"] + len(code) > MAX_COLOURED_CHARACTERS
        or max(map(len, code.split("\n"))) > MAX_COLOURED_LINE_CHARACTERS
    ):
        return ""
    env["coloured"] += len(code)
    # With "x" on every line each step of the C# lexer looks through the whole block.
    budget = Budget(env["colour_steps"], env["colour_seconds"], clock_every=STEPS_PER_COLOUR)

    def counted():
        for token in lexer.get_tokens(code):
            budget.spend(STEPS_PER_COLOUR)
            yield token

    try:
        return pygments.format(counted(), _formatter)
    except (BudgetExceeded, RecursionError):
        return ""
    finally:
        env["budget"].spend(min(budget.used, budget.steps))
        env["colour_steps"], env["colour_seconds"] = budget.left, budget.seconds_left


@lru_cache(maxsize=128)
def _lexer(language: str):
    if language not in LANGUAGES:
        return None
    try:
        return get_lexer_by_name(ALIASES.get(language, language), stripnl=False)
    except ClassNotFound:
        return None


_formatter = HtmlFormatter(nowrap=True)
# the parser has no option for it
sys.modules[escapedSplit.__module__].MAX_AUTOCOMPLETED_CELLS = MAX_ADDED_CELLS


def _cell(self, tokens, index, options, env) -> str:
    """Alignment of a table cell as a class: `style` would not survive the policy."""
    token = tokens[index]
    style = token.attrGet("style") or ""
    align = re.search(r"text-align:\s*(left|center|right)", str(style))
    css = f' class="align-{align[1]}"' if align else ""
    return f"<{token.tag}{css}>"


def _image(self, tokens, index, options, env) -> str:
    """Remote images would tell others who reads what: they become links; missing ones are marked.

    Inside a link the picture's words are the link's words, its address is the link's title.
    """
    token = tokens[index]
    source, title = str(token.attrGet("src") or ""), str(token.attrGet("title") or "")
    words = self.renderInlineAsText(token.children or [], options, env).strip()
    text = escape(words or source.removeprefix("missing:") or "image")
    title = f' title="{escape(title)}"' if title else ""
    if source.startswith("missing:"):
        return f'<span class="missing-image"{title}>{text}</span>'
    return text if env["in_link"] else f'<a href="{escape(source)}"{title}>{text}</a>'


def _link_open(self, tokens, index, options, env) -> str:
    """The start of a link; what lies within must know that it does. One without words shows its address."""
    token, href = tokens[index], str(tokens[index].attrGet("href") or "")
    end = next(i for i in range(index, len(tokens)) if tokens[i].type == "link_close")
    within = tokens[index + 1 : end]
    env["in_link"], env["missing"] = True, href.startswith("missing:")
    is_empty = not any(each.content.strip() or each.type == "image" for each in within)
    words = escape(href.removeprefix("missing:") or "link") if is_empty else ""
    if env["missing"]:
        return f'<span class="missing-image">{words}'
    pictures = [source for each in within if each.type == "image" and (source := each.attrGet("src")) != href]
    if pictures and not token.attrGet("title"):
        token.attrSet("title", " ".join(map(str, pictures)))
    return self.renderToken(tokens, index, options, env) + words


def _link_close(self, tokens, index, options, env) -> str:
    env["in_link"] = False
    return "</span>" if env["missing"] else "</a>"
