"""Test collections of relevance: a neutral form, duplicates of a Stack Exchange dump, judged queries.

Queries are divided into two halves: weights are tuned on the first, and the second shows whether that carries
over. Questions that are linked with one another, also over others, are in one half.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from defusedxml import ElementTree

from core.markup.markup import to_text

FILES = ("docs.jsonl", "queries.jsonl", "qrels.tsv")
JUDGED_GUIDANCE = Path(__file__).parent / "judged" / "markdown.tsv"
TITLE = re.compile(r"^(?:title:|# )\s*(.+)$", re.MULTILINE)
Grades = dict[str, dict[str, int]]  # query → document → grade above 0


@dataclass(frozen=True)
class Text:
    """A document: the baselines get what is here, the site the collection as it is."""

    id: str
    title: str
    body: str


@dataclass(frozen=True)
class Asked:
    """A query; `half` is 0 for tuning and 1 for what is held out. `own` is the document it comes from."""

    id: str
    text: str
    half: int
    own: str = ""


@dataclass(frozen=True)
class Collection:
    """Documents, the queries that have a relevant one, and what people judged relevant."""

    folder: Path
    texts: list[Text]
    asked: list[Asked]
    judged: Grades


def neutral(folder: Path) -> Collection:
    """A collection of FILES: docs (id, title, body), queries (id, text), qrels (query, document, grade)."""
    judged = grades(folder / "qrels.tsv")
    queries = [row for row in _rows(folder / "queries.jsonl") if row["id"] in judged]
    return Collection(
        folder,
        [Text(row["id"], row.get("title", ""), row.get("body", "")) for row in _rows(folder / "docs.jsonl")],
        [Asked(row["id"], row["text"], place % 2) for place, row in enumerate(queries)],
        judged,
    )


def _rows(path: Path) -> list[dict]:
    """The objects of a .jsonl file, ids as text."""
    found = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    return [{**row, "id": str(row["id"])} for row in found]


def grades(path: Path) -> Grades:
    """What people judged relevant, of a qrels.tsv; a document judged twice has its higher grade."""
    found: Grades = {}
    for line in path.read_text("utf-8").splitlines():
        if line.strip():
            query, doc, grade = line.split("\t")
            if grade.strip().lstrip("-").isdigit() and int(grade) > 0:
                of_query = found.setdefault(query, {})
                of_query[doc] = max(int(grade), of_query.get(doc, 0))
    return found


def duplicates(folder: Path) -> Collection:
    """Questions of a Stack Exchange dump that are linked: the title of one should find the others."""
    questions = {row["Id"]: row for row in _xml_rows(folder / "Posts.xml") if row["PostTypeId"] == "1"}
    judged: Grades = {}
    for link in _xml_rows(folder / "PostLinks.xml"):
        one, other = link["PostId"], link["RelatedPostId"]
        if one != other and one in questions and other in questions:
            judged.setdefault(one, {})[other] = 1
            judged.setdefault(other, {})[one] = 1
    halves = _halves(judged)
    return Collection(
        folder,
        [Text(name, row["Title"], to_text(row["Body"])) for name, row in questions.items()],
        [Asked(name, questions[name]["Title"], halves[name], own=name) for name in sorted(judged, key=int)],
        judged,
    )


def _xml_rows(path: Path) -> Iterator[dict[str, str]]:
    for _event, element in ElementTree.iterparse(path):
        if element.tag == "row":
            yield dict(element.attrib)
            element.clear()


def _halves(judged: Grades) -> dict[str, int]:
    """0 or 1 for each question; questions that links connect have the same."""
    found: dict[str, int] = {}
    groups = 0
    for start in sorted(judged, key=int):
        if start in found:
            continue
        waiting = [start]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found[name] = groups % 2
                waiting += judged[name]
        groups += 1
    return found


def guidance(folder: Path, judged_file: Path = JUDGED_GUIDANCE) -> Collection:
    """Markdown files and the queries of `judged_file`: a query, a tab, names of files with spaces between."""
    lines = [line.split("\t") for line in judged_file.read_text("utf-8").splitlines() if "\t" in line]
    texts = []
    for path in sorted(folder.rglob("*.md")):
        text = path.read_text("utf-8", errors="replace")
        title = TITLE.search(text)
        texts.append(Text(path.name, title[1] if title else path.stem, text))
    return Collection(
        folder,
        texts,
        [Asked(query, query, place % 2) for place, (query, _names) in enumerate(lines)],
        {query: dict.fromkeys(names.split(), 1) for query, names in lines},
    )
