"""Every text that people read goes through gettext, and every address is made by url_for.

Templates are read as Jinja reads them, Python as its parser does: no page has to be made for this.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

from jinja2 import Environment, nodes

from core.cache.marks import When
from tests.rules import ROOT, each_file, tree_of

NOT_OURS = {".venv", "tests", "bench", "migrations", "docs", "instance"}
PYTHON = sorted(path for path in ROOT.glob("**/*.py") if path.relative_to(ROOT).parts[0] not in NOT_OURS)
TEMPLATES = sorted(path for path in (ROOT / "templates").glob("**/*") if path.suffix in (".html", ".txt"))
SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))

GETTEXT = {"_", "gettext", "ngettext", "lazy_gettext", "lazy_ngettext"}
NAMES = {  # names of formats, standards and keys: the same in every language
    "API",
    "ASCII",
    "Ansible",
    "Atom",
    "CPE",
    "CSAF",
    "CSV",
    "CVE",
    "CVRF",
    "CVSS",
    "CWE",
    "Ctrl",
    "EPSS",
    "GHSA",
    "HTML",
    "ICS",
    "JSON",
    "KB",
    "KEV",
    "MD",
    "Markdown",
    "OpenAPI",
    "PURL",
    "PostgreSQL",
    "RB",
    "SBOM",
    "SQLite",
    "SSVC",
    "TLP",
    "UTC",
    "VEX",
    "iCalendar",
    "purl",
}
ENVIRONMENT = Environment(trim_blocks=True, lstrip_blocks=True, autoescape=True, extensions=[When])
SAID = {"alt", "aria-label", "aria-description", "placeholder", "title"}
MUTE = {"script", "style", "code", "kbd", "pre"}
SENTENCE = re.compile(r"[A-Z“][^\n\\]*[a-z][^\n\\]* [^\n\\]*[.?!…]\Z")
TECHNICAL = {"Setting", "Reading", "Gauge", "Counter", "Histogram", "HourlyMetric"}
ELSEWHERE = {  # literals that are no text of the interface, by their first words
    "Closed on": "stored with an imported question",
    "Edited": "stored with an imported revision",
    "Installing the update stops": "an example of the API",
    "The recovery partition is": "an example of the API",
    "Made from": "docs/settings.md",
    "REDOUBT_PROXIES is 0": "a line of the log",
    "Chunk framing": "a line of the protocol, for programs",
    "Allowed requests per minute.": "OpenAPI",
    "Requests left.": "OpenAPI",
    "Seconds until": "OpenAPI",
    "No reason is given.": "CSAF",
    "No details are given.": "CSAF",
    "Revision": "CSAF",
    "Fixed in": "CSAF",
    "Fixed by commit": "CSAF",
    "A fix is published.": "CSAF",
    "A patch is published.": "CSAF",
    "Withdrawn by the issuer": "CSAF",
    "Rejected on": "CSAF",
    "It cannot be fixed.": "CSAF",
    "It will not be fixed.": "CSAF",
    "Go back to an earlier version.": "CSAF",
    "A workaround exists.": "CSAF",
    "Update to": "CSAF, and known by it when it comes back",
    "AC100 | | Printing stops.": "an example of the API",
    "A CycloneDX document, JSON": "OpenAPI",
    "Everything that is sent": "the demo community",
    "Devices that speak": "the demo community",
    "See who still": "the demo community",
    "Turn it off": "the demo community",
    "Only months": "OpenAPI",
    "The limit by name": "OpenAPI",
    "What is left of the limit": "OpenAPI",
    "Only items": "OpenAPI",
}
SAYS = {  # calls whose texts people read, by the name that is called
    "BackupError",
    "BadParameter",
    "BadRequest",
    "BadRow",
    "ClickException",
    "Conflict",
    "Finding",
    "Forbidden",
    "Invalid",
    "InvalidFrontMatter",
    "NotFound",
    "NothingToImport",
    "Unusable",
    "Refused",
    "ServiceUnavailable",
    "_refused",
    "Unauthorized",
    "UsageError",
    "ValidationError",
    "abort",
    "add_error",
    "confirm",
    "confirmation_page",
    "echo",
    "error_response",
    "fail",
    "fault",
    "finding",
    "flash",
    "ok",
    "problem",
    "prompt",
    "refuse",
    "reject_file",
    "require",
    "secho",
}


def has_words(text: str) -> bool:
    """Whether this has a word that is no name of a format."""
    return any(word not in NAMES for word in re.findall(r"[^\W\d_]{2,}", text))


class Page(HTMLParser):
    """The texts of a template that are no expression."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.muted = 0

    def handle_starttag(self, tag, attrs):
        self.muted += tag in MUTE
        self.found += [f"{key}={value}" for key, value in attrs if key in SAID and value and has_words(value)]

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.muted -= tag in MUTE

    def handle_endtag(self, tag):
        self.muted -= tag in MUTE and self.muted > 0

    def handle_data(self, data):
        data = re.sub(r"""[\w-]+="[^"]*\"""", "", data)  # a macro makes attributes
        if not self.muted and has_words(data):
            self.found.append(data.strip())


def bare_texts(source: str, is_html: bool) -> list[str]:
    """What a template says outside its expressions."""
    plain = ""
    for _line, kind, value in ENVIRONMENT.lex(source):
        if kind == "data":
            plain += value
        elif kind == "variable_end":
            plain += "x" if plain.endswith(("<", "</")) else "0"  # a tag, or a value
    if not is_html:
        return [line for line in plain.splitlines() if has_words(line)]
    page = Page()
    page.feed(plain)
    page.close()
    return page.found


@cache
def template_of(path: Path) -> nodes.Template:
    return ENVIRONMENT.parse(path.read_text())


def constants(node: nodes.Node, *, said: bool) -> Iterator[str]:
    """The strings in the expressions of a template: those given to gettext, or all others."""
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.Call) and getattr(child.node, "name", "") in GETTEXT:
            if said:
                yield from (each.value for each in child.args if isinstance(each, nodes.Const))
            yield from (text for each in child.kwargs for text in constants(each, said=said))
        elif isinstance(child, nodes.Const):
            if isinstance(child.value, str) and not said:
                yield child.value
        else:
            yield from constants(child, said=said)


@each_file(TEMPLATES)
def test_templates_say_nothing_that_is_not_translated(path):
    found = bare_texts(path.read_text(), path.suffix == ".html")
    found += [text for text in constants(template_of(path), said=False) if SENTENCE.match(text)]
    assert not found, found


@each_file(TEMPLATES)
def test_templates_make_addresses_with_url_for(path):
    text = path.read_text()
    found = re.findall(r"""\b(?:href|action|formaction)=["']/[^"']*""", text)
    found += [each for each in constants(template_of(path), said=False) if re.match(r"/[a-z.]", each)]
    assert not found, found


def _called(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def _plain(node: ast.AST) -> str:
    """The text of a literal; of a formatted one with NUL for its values."""
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "\0" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _docstrings(tree: ast.AST) -> set[int]:
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, owners) and node.body and isinstance(node.body[0], ast.Expr)
    }


def untranslated(node: ast.AST, docstrings: set[int], is_said: bool = False) -> Iterator[tuple[int, str]]:
    """Line and text of the literals that people read and gettext does not: given to SAYS, or whole sentences.

    What describes settings, options, fields and metrics stands in the code's language, as their names do.
    """
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call) and _called(child) in GETTEXT:
            yield from (each for word in child.keywords for each in untranslated(word, docstrings))
            continue
        if isinstance(child, ast.keyword) and child.arg in ("help", "metadata", "description"):
            continue
        if isinstance(child, ast.Call) and _called(child) in TECHNICAL:
            continue
        if isinstance(child, ast.Subscript | ast.Compare):
            yield from untranslated(child, docstrings)
            continue
        if id(child) in docstrings:
            continue
        text = _plain(child).strip()
        if text.startswith(tuple(ELSEWHERE)):
            continue
        if text and (
            SENTENCE.match(text) or (is_said and " " in text and has_words(text.replace("\0", " ")))
        ):
            yield child.lineno, text
        elif not isinstance(child, ast.JoinedStr):
            says = isinstance(child, ast.Call) and _called(child) in SAYS
            yield from untranslated(child, docstrings, says or (is_said and not isinstance(child, ast.Call)))


@each_file(PYTHON)
def test_python_says_nothing_that_is_not_translated(path):
    tree = tree_of(path)
    found = list(untranslated(tree, _docstrings(tree)))
    assert not found, found


@each_file(PYTHON)
def test_redirects_are_made_with_url_for(path):
    found = [
        node.lineno
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and _called(node) == "redirect"
        and node.args
        and _plain(node.args[0]).startswith("/")
    ]
    assert not found, found


@each_file(SCRIPTS)
def test_scripts_get_their_texts_from_the_page(path):
    code = re.sub(r"(?m)^\s*//.*|\s//\s.*$", "", path.read_text())
    literals = re.findall(r"'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`", code)
    texts = [re.sub(r"\$\{[^}]*\}", "", one or other) for one, other in literals]
    shown = re.findall(
        r"(?:textContent|title|innerText|alert\()\s*[:=(]?\s*['`]([^'`]*[a-z]{2}[^'`]*)['`]", code
    )
    found = [text for text in texts if re.match(r"[A-Z][a-z]+ [a-z]|[A-Z][a-z]+[.?!]\Z", text)]
    assert not found + shown, found + shown


WORDS = re.compile(  # private words that plainer ones have replaced
    r"\be-mail|\bsomebody\b|\banybody\b|\bmeanwhile\b|\bmend(?:s|ed)?\b|\bfor good\b|\bone a line\b"
    r"|\bpresent (?:text|address|password|version)|\bwords to\b|\btake(?:n)? back\b|\bbr(?:ing|ought) back\b"
    r"|\ba mail\b|\bmailed\b|\bkept page\b|\bweakness|\bpast (?:its|their) life\b|\bhow i am told\b|!\Z",
    re.IGNORECASE,
)


@each_file(TEMPLATES)
def test_templates_use_the_words_of_the_glossary(path):
    found = [
        text
        for text in constants(template_of(path), said=True)
        if isinstance(text, str) and WORDS.search(text)
    ]
    assert not found, found


@each_file(PYTHON)
def test_python_uses_the_words_of_the_glossary(path):
    found = [
        each.value
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and _called(node) in GETTEXT
        for each in node.args
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and WORDS.search(each.value)
    ]
    assert not found, found
