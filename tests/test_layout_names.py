"""Names that the layout sets are names of the whole page: no view may pass a value under one of them."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LAYOUT = (ROOT / "templates" / "layout.html").read_text()
SET = set(re.findall(r"\{%-? *set (\w+)", LAYOUT))


def passed() -> dict[str, str]:
    """Every keyword that is given to render_template, with the file that gives it."""
    found = {}
    for path in ROOT.glob("*/**/*.py"):
        if path.relative_to(ROOT).parts[0] in (".venv", "tests"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "render_template":
                found |= {word.arg: path.name for word in node.keywords if word.arg}
    return found


def test_the_layout_overwrites_nothing_that_a_page_was_given():
    assert {"rail"} == SET, "use {% with %} in the layout: a {% set %} reaches the page's own block"
    assert not SET & passed().keys()
