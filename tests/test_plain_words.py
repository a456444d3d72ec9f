"""Code, documents and pages use the standard terms of Flask, SQL and security, no private words."""

import ast
import re
from pathlib import Path

import pytest

from tests.test_architecture import PACKAGES, ROOT

AREAS = (*PACKAGES, "bench", "docs", "static", "templates", "tests", ".")
SUFFIXES = set(".py .md .html .txt .js .css .sh .conf .service .timer .environment .toml".split())
WORDS = (
    r"houses?|rooms?|floors?|doors?|ears?|laws?|lawful|strangers?|weakness(?:es)?|shields?|worn|deaf|wish(?:es)?|"
    r"told|moments?|instants?|sheets?|kept pages?|ready pages?|past (?:its|their) li(?:fe|ves)|past life|"
    r"what (?:I|you|one|they|we|members?) runs?|questions? that waits?|take the acceptance back|"
    r"(?:how|what) I am told|who is told|look into your e?mail|do not fit together"
)
PRIVATE = re.compile(rf"(?<![a-z])(?:{WORDS})(?![a-z])", re.IGNORECASE)
# These are private as names only: "reading a file" and HTML's <figure> are standard.
NAMES = {"reading", "readings", "figure", "figures", "rise", "standing"}
CONSTANTS = {"SLICE", "MOST", "LONGEST", "PATIENCE"}  # no unit, no noun
ALLOWED = re.compile(
    r".*(?:Common Weakness Enumeration|CWE|cwe).*"  # the standard's own term
    r"|(?:math|Math|func)\.floor|\bfloor\("
    r"|told_id|is_told"  # columns
    r"|past-life|past_life"  # a parameter of addresses and of the API
    r"|\ba moment\b"  # "Try again in a moment"
    r"|bulletin\.shield_changed|[\"']shield:"  # an event, and a stored cause
    r"|[#.\"`]shield\b|shield-head"  # an anchor that other sites link to, and its class
)
EXCLUDED = {"CHANGELOG.md", "test_plain_words.py", "test_interface_texts.py"}  # lists of former words


def files_of(area: str) -> list[Path]:
    """The files of an area with text, without the demo community's own."""
    found = (ROOT / area).glob("*" if area == "." else "**/*")
    return sorted(
        path
        for path in found
        if path.is_file()
        and (path.suffix in SUFFIXES or path.name == "Makefile")
        and path.name not in EXCLUDED
        and ROOT / "demo" / "content" not in path.parents
    )


def names_defined(tree: ast.AST) -> list[tuple[int, str]]:
    """(line, name) of functions, classes, arguments, variables and attributes that a module defines."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.append((node.lineno, node.name))
        elif isinstance(node, ast.arg):
            found.append((node.lineno, node.arg))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.append((node.lineno, node.id))
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.append((node.lineno, node.attr))
    return found


def private_words(path: Path) -> list[str]:
    """Every private word of a file, as `path:line: word`."""
    text = path.read_text()
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        rest = ALLOWED.sub("", line).replace("_", " ")
        found += [(number, match[0]) for match in PRIVATE.finditer(rest)]
    if path.suffix == ".py":
        for number, name in names_defined(ast.parse(text)):
            parts = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).split("_")
            words = {part.lower() for part in parts}
            if "good" in words:  # somebody in good standing: neither suspended nor erased
                words.discard("standing")
            if CONSTANTS & set(parts) or NAMES & words:
                found.append((number, name))
    return [f"{path.relative_to(ROOT)}:{number}: {word}" for number, word in sorted(found)]


@pytest.mark.parametrize("area", AREAS)
def test_no_private_words(area):
    found = [word for path in files_of(area) for word in private_words(path)]
    assert not found, f"{len(found)} private words:\n" + "\n".join(found)


def test_private_words_are_found(tmp_path, monkeypatch):
    """The check itself: what it finds, and what it allows."""
    monkeypatch.setattr("tests.test_plain_words.ROOT", tmp_path)
    path = tmp_path / "module.py"
    path.write_text("LONGEST_LINE = 1  # a stranger at the door\nvalue = math.floor(2)  # CWE: weakness\n")
    assert private_words(path) == ["module.py:1: LONGEST_LINE", "module.py:1: door", "module.py:1: stranger"]
