"""Highlights code with CSS classes, within a budget of steps and seconds for each text."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pygments
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from core.limits.budgets import Budget, BudgetExceeded

MAX_COLOURED_CHARACTERS = 60_000  # of code that is highlighted in one text
# Larger blocks are not highlighted: regular expressions of lexers count no steps, and some are quadratic.
MAX_COLOURED_BLOCK_CHARACTERS = 20_000
MAX_COLOURED_LINE_CHARACTERS = 1_000
MAX_COLOUR_STEPS = 600_000  # for one text; further code is not highlighted
MAX_COLOUR_SECONDS = 0.5
STEPS_PER_COLOUR = 8
# Highlighted languages: tests/core/markup/test_markup_budget.py tries hostile code with their lexers.
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
_formatter = HtmlFormatter(nowrap=True)


def highlighted(code: str, language: str, env: dict) -> str:
    """Highlighted code with classes; "" for an unknown language or too much work."""
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
    # With "x" on every line each step of the C# lexer searches the whole block.
    budget = Budget(env["colour_steps"], env["colour_seconds"], clock_every=STEPS_PER_COLOUR)

    def counted() -> Iterator[tuple]:
        for token in lexer.get_tokens(code):
            budget.spend(STEPS_PER_COLOUR)
            yield token

    try:
        return pygments.format(counted(), _formatter)
    except (BudgetExceeded, RecursionError):
        return ""
    finally:
        env["budget"].spend(min(budget.used, budget.steps))
        env["colour_steps"] = budget.left
        env["colour_seconds"] = budget.seconds_left


@lru_cache(maxsize=128)
def _lexer(language: str) -> Any:
    if language not in LANGUAGES:
        return None
    try:
        return get_lexer_by_name(ALIASES.get(language, language), stripnl=False)
    except ClassNotFound:
        return None
