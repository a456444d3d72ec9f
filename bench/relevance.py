"""How well search ranks: `python -m bench.relevance DIR` prints `nDCG@10 0.xxx MAP 0.xxx`, ours and FTS5's.

DIR holds a neutral test collection: docs.jsonl (id, title, body), queries.jsonl (id, text) and qrels.tsv
(query, document, grade). Each document becomes a public question of a throw-away site and is indexed from
its database as `flask search rebuild` does; each query goes as a visitor's through search.queries.search(),
the function that /search calls, in its any-word mode. SQLite's FTS5 with its porter tokenizer gets the same
texts and words. Both are read to depth DEPTH; a document judged twice has its higher grade.
"""

import html
import json
import re
import sqlite3
import tempfile
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterable, Iterator
from math import log2
from pathlib import Path
from statistics import fmean
from typing import cast

from sqlalchemy import insert

from app import create_app
from auth.models import Visitor
from core.cli import progress
from core.database import schema
from core.database.db import db, utcnow
from forum.models import Question
from posts.models import Post
from search import handlers, queries

DEPTH = 1000
FILES = ("docs.jsonl", "queries.jsonl", "qrels.tsv")
Ranking = list[str]  # ids of documents, best first
Grades = dict[str, dict[str, int]]  # query → document → grade above 0


def directory(path: str) -> Path:
    """The folder of a collection, for argparse. Raises ArgumentTypeError when a file of it is not there."""
    if missing := [name for name in FILES if not (Path(path) / name).is_file()]:
        raise ArgumentTypeError(f"{path} is no test collection: {', '.join(missing)} missing")
    return Path(path)


def rows(path: Path) -> list[dict]:
    """The objects of a .jsonl file, ids as text."""
    found = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    return [{**row, "id": str(row["id"])} for row in found]


def grades(path: Path) -> Grades:
    """What people judged relevant, of a qrels.tsv."""
    found: Grades = {}
    for line in path.read_text("utf-8").splitlines():
        if line.strip():
            query, doc, grade = line.split("\t")
            if grade.strip().lstrip("-").isdigit() and int(grade) > 0:
                of_query = found.setdefault(query, {})
                of_query[doc] = max(int(grade), of_query.get(doc, 0))
    return found


def ndcg(ranking: Ranking, relevant: dict[str, int], depth: int = 10) -> float:
    """Normalised discounted cumulative gain: the grade, divided by log2 of the rank plus one."""

    def gain(found: Iterable[int]) -> float:
        return sum(grade / log2(rank + 1) for rank, grade in enumerate(found, 1))

    best = gain(sorted(relevant.values(), reverse=True)[:depth])
    return gain(relevant.get(doc, 0) for doc in ranking[:depth]) / best


def average_precision(ranking: Ranking, relevant: dict[str, int]) -> float:
    """The precision at each relevant document, over all relevant ones, found or not."""
    hits = 0
    total = 0.0
    for rank, doc in enumerate(ranking, 1):
        if doc in relevant:
            hits += 1
            total += hits / rank
    return total / len(relevant)


def redoubt(docs: list[dict], asked: list[dict]) -> Iterator[Ranking]:
    """The rankings of a site that holds the documents, one for each query."""
    now = utcnow()
    ids = {number: doc["id"] for number, doc in enumerate(docs, 1)}
    posts = [
        {
            "id": number,
            "kind": "question",
            "is_public": True,
            "created_at": now,
            "last_activity_at": now,
            "title": doc.get("title", "")[:200],
            "body_html": f"<p>{html.escape(doc.get('body', ''))}</p>",
        }
        for number, doc in enumerate(docs, 1)
    ]
    db.session.execute(insert(Post.__table__), posts)
    db.session.execute(insert(Question.__table__), [{"id": number} for number in ids])
    db.session.commit()
    handlers.rebuild()
    for query in asked:
        found = queries.search(query["text"], user=Visitor(), any_word=True, size=DEPTH)
        yield [ids[cast(Post, hit.thing).id] for hit in found.hits]
        db.session.rollback()


def fts5(docs: list[dict], asked: list[dict]) -> Iterator[Ranking]:
    """The rankings of SQLite's full-text search, best by its bm25()."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE docs USING fts5(id UNINDEXED, title, body, tokenize='porter')")
    connection.executemany(
        "INSERT INTO docs VALUES (?, ?, ?)",
        [(doc["id"], doc.get("title", ""), doc.get("body", "")) for doc in docs],
    )
    for query in asked:
        words = " OR ".join(f'"{word}"' for word in re.findall(r"\w+", query["text"]))
        found = (
            connection.execute(
                "SELECT id FROM docs WHERE docs MATCH ? ORDER BY bm25(docs) LIMIT ?", (words, DEPTH)
            )
            if words
            else ()
        )
        yield [row[0] for row in found]


def measure(rankings: Iterable[Ranking], asked: list[dict], judged: Grades) -> tuple[float, float]:
    """(nDCG@10, MAP) over the queries that have a relevant document."""
    scored = [
        (ndcg(ranking, judged[query["id"]]), average_precision(ranking, judged[query["id"]]))
        for query, ranking in zip(asked, rankings, strict=True)
    ]
    return fmean(pair[0] for pair in scored), fmean(pair[1] for pair in scored)


def run(folder: Path) -> dict[str, tuple[float, float]]:
    """Measure ours and FTS5 on the collection in `folder`, within an app context of an empty site."""
    docs = rows(folder / "docs.jsonl")
    judged = grades(folder / "qrels.tsv")
    asked = [query for query in rows(folder / "queries.jsonl") if query["id"] in judged]
    with progress(redoubt(docs, asked), len(asked), "searching") as rankings:
        result = {"ours": measure(rankings, asked, judged)}
    return result | {"fts5": measure(fts5(docs, asked), asked, judged)}


def measured(folder: Path) -> dict[str, tuple[float, float]]:
    """run() on a throw-away site."""
    with tempfile.TemporaryDirectory() as instance:
        site = create_app(REDOUBT_INSTANCE=instance, REDOUBT_WORKER="off")
        with site.app_context():
            schema.ensure()
            found = run(folder)
            db.session.remove()
            db.engine.dispose()
    return found


def main() -> None:
    """Print both measurements, ours first."""
    parser = ArgumentParser(prog="python -m bench.relevance")
    parser.add_argument("folder", type=directory, help=f"with {', '.join(FILES)}")
    found = measured(parser.parse_args().folder)
    print("nDCG@10 {:.3f} MAP {:.3f}".format(*found["ours"]))
    print("SQLite FTS5 (porter): nDCG@10 {:.3f} MAP {:.3f}".format(*found["fts5"]))


if __name__ == "__main__":
    main()
