"""What is fuzzed: each parser with inputs of its own language and a budget of processor time.

An input is grown from a few parts by repeating, nesting and joining them up to the parser's own size limit:
work that grows faster than its input shows only there.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from hypothesis import strategies as st
from werkzeug.exceptions import HTTPException

from advisories import recognise
from advisories.advisory import Unusable
from alerts.schemas import SignUpSchema
from core.limits import bounds
from core.markup import markup
from core.redaction import MAX_CHARACTERS, Mask
from core.web.forms import Invalid, parse
from core.web.site import Site
from inventory import matching
from inventory.formats import recognise as software_lists
from inventory.formats.component import BadDocument
from posts.revisions import diffs
from search import parser
from tests.fuzz import documents


@dataclass(frozen=True)
class Target:
    """A parser: `run` takes one text within `max_characters`; `budget_seconds` of processor time for it.

    Texts are grown from `parts`, or drawn from `documents`.
    """

    name: str
    max_characters: int
    budget_seconds: float
    run: Callable[[str], object]
    parts: tuple[str, ...] = ()
    documents: Callable[[int], st.SearchStrategy[str]] | None = None

    @property
    def inputs(self) -> st.SearchStrategy[str]:
        """What to try."""
        found = [grown(self)] if self.parts else []
        return st.one_of(*found, *([self.documents(self.max_characters)] if self.documents else []))


def grown(target: Target) -> st.SearchStrategy[str]:
    """Texts of a target: repeated, nested and joined parts, up to its limit."""
    piece = st.sampled_from(target.parts) | st.sampled_from(target.parts) | st.text(max_size=3)
    few = st.lists(piece, min_size=1, max_size=6).map("".join)
    times = st.sampled_from([1, 2, 5, 20, 100, 1_000, 10_000, 100_000])

    def repeated(text: str, count: int) -> str:
        return (text * min(count, target.max_characters // max(1, len(text)) + 1))[: target.max_characters]

    def nested(start: str, middle: str, end: str, count: int) -> str:
        count = min(count, target.max_characters // max(1, len(start) + len(end)))
        return (start * count + middle + end * count)[: target.max_characters]

    def numbered(text: str, count: int) -> str:
        count = min(count, target.max_characters // (len(text) + 6))
        return "".join(f"{text}{number}" for number in range(count))

    one = (
        st.builds(repeated, few, times)
        | st.builds(nested, few, few, few, times)
        | st.builds(numbered, few, times)
    )
    return st.lists(one, min_size=1, max_size=3).map("".join).map(lambda text: text[: target.max_characters])


MARKUP = (
    "*a **a ",
    "** a*",
    "*",
    "_",
    "**",
    "~~",
    "`",
    "```\n",
    "[",
    "](",
    "](a)",
    "![",
    "<",
    "<http://a>",
    "&amp;",
    "\\",
    "> ",
    "- ",
    "1. ",
    "\n",
    "\n\n",
    "| a ",
    "|-",
    "|\n",
    "# ",
    "<b>",
    "</b>",
    "www.",
    "http://a.b ",
    "a@b.c ",
    "    ",
    "\t",
    "[a]: b\n",
    "[a]",
    "<a href=",
    "<!--",
    "'\"",
    "\u202e",
    "ﷺ",
    "![](a)",
    "<kbd>",
    "</kbd>",
    "KB5033118-",
    "CVE-2024-1111 ",
    "@omar ",
    "```sh\n",
    "```apache\n<",
    "$(",
    "\u0301",
    "\r\n",
    "- - ",
    "[^1]: a\n",
    "&#x",
    "https://é.b/(",
    "---\n",
    "a\n===\n",
)
QUERY = (
    '"',
    "-",
    "tag:",
    "-tag:",
    "user:",
    "is:",
    "kind:",
    "before:",
    "after:2026-01 ",
    "a ",
    "CVE-2024-1 ",
    ":",
    "(",
    "*",
    "~",
    "KB50 ",
    "patch ",
    '" ',
    "layer:host ",
    "İ",
    "ﷺ ",
    ".",
    "/",
    "_",
    "\\",
)
JSON = (
    '{"',
    '":',
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    "\\",
    "\\u0041",
    '"a":1,',
    "[],",
    "{},",
    "1e9",
    "9" * 50,
    '"products":',
    '"email":"a@b.cc",',
    '{"a":',
    "null,",
    " ",
    "true",
    '"k',
)
MASKED = (
    "a",
    "secret9",
    " ",
    "- ",
    "-",
    "\\",
    "_",
    "\\_",
    "\n",
    "&",
    "&amp;",
    "'",
    "&#39;",
    "<",
    "Ü",
    "*",
    ". ",
)
FORM = ("a=1&", "&", "=", "%", "%41", "+", "products=", "email=", "&products=a", ";", "\u00e9", "name", "%ff")


def targets(app: Site) -> list[Target]:
    """All of them; `app` has an empty database at the current schema, and its context is pushed."""

    def request(text: str, content_type: str) -> None:
        with (
            app.test_request_context(
                "/alerts", method="POST", data=text.encode("utf-8", "replace"), content_type=content_type
            ),
            suppress(HTTPException, Invalid),
        ):
            parse(SignUpSchema)

    def json_body(text: str) -> None:
        request(text, "application/json")

    def form(text: str) -> None:
        request(text, "application/x-www-form-urlencoded")

    def query_string(text: str) -> None:
        with app.test_request_context("/search", query_string=text), suppress(HTTPException):
            app.preprocess_request()

    def markdown(text: str) -> None:
        with suppress(ValueError):
            markup.render(text)

    def difference(text: str) -> None:
        middle = len(text) // 2
        diffs.side_by_side(text[:middle], text[middle:])

    def mask(text: str) -> None:
        length = min(MAX_CHARACTERS, len(text) // 2)
        Mask([text[:length]]).apply(text[length:])

    def software(text: str) -> None:
        with suppress(BadDocument, matching.TooManyComparisons):
            document = software_lists.read(text.encode("utf-8", "replace"))
            matching.match(document.components, max_comparisons=matching.MAX_COMPARISONS)

    def advisory(text: str) -> None:
        with suppress(Unusable):
            recognise.read(text.encode("utf-8", "replace"), "fuzzed")

    return [
        Target("markup", 30_000, 2.0, markdown, MARKUP),
        Target("markup, article", 200_000, 2.0, markdown, MARKUP),
        Target("query language", 8_000, 1.0, parser.parse, QUERY),
        Target("diff", 60_000, 2.0, difference, MARKUP),
        Target("mask", 30_000, 2.0, mask, MASKED),
        Target("JSON body", 500_000, 2.0, json_body, JSON, documents.body),
        Target("form", 500_000, 2.0, form, FORM),
        Target("query string", bounds.MAX_QUERY_BYTES * 2, 1.0, query_string, FORM),
        Target("software list, JSON", 4_000_000, 5.0, software, (), documents.json_list),
        Target("software list, XML", 4_000_000, 5.0, software, (), documents.xml_list),
        Target("advisory, CSAF", 2_000_000, 10.0, advisory, (), documents.csaf),
        Target("advisory, CVRF", 2_000_000, 10.0, advisory, (), documents.cvrf),
        Target("advisory, records", 2_000_000, 10.0, advisory, (), documents.records),
        Target("advisory, lists", 2_000_000, 10.0, advisory, (), documents.record_lists),
    ]
