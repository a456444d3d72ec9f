"""How well search ranks: `python -m bench.relevance` prints a table, ours beside SQLite FTS5 and plain BM25.

Collections: Cranfield (or another in the same neutral form), duplicates of a Stack Exchange dump, and judged
queries over articles. The site is a throw-away one that holds a collection as an
administrator would import it; queries go as a visitor's through the functions that its pages call.
`python -m bench.relevance DIR` measures a collection of the neutral form alone.
"""

from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import log2
from pathlib import Path
from statistics import fmean

from flask import Flask

from bench import rankers, relevance_collections
from bench.rankers import Finder, Ranking
from bench.relevance_collections import Collection
from bench.report import grid
from search import word_vectors

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
OURS = "Redoubt"
WITHOUT_VECTORS = "Redoubt without word vectors"
FTS5 = "SQLite FTS5 (porter)"
BM25 = "plain BM25"
NEUTRAL = "neutral collection"
COLUMNS = ("ranking", "nDCG@10", "tuning half", "held out", "MAP", "recall@5", "first", "in five")


@dataclass(frozen=True)
class Measured:
    """Means over the queries; `halves` are nDCG@10 of the queries for tuning and of those held out.

    `first` and `in_five` count queries with a relevant document there.
    """

    ndcg: float
    map: float
    halves: tuple[float, float]
    recall: float
    first: int
    in_five: int
    queries: int

    def row(self, name: str) -> tuple[str, ...]:
        """A row of the table."""
        numbers = (self.ndcg, *self.halves, self.map, self.recall)
        return (
            name,
            *(f"{number:.3f}" for number in numbers),
            f"{self.first} of {self.queries}",
            f"{self.in_five} of {self.queries}",
        )


def directory(path: str) -> Path:
    """The folder of a neutral collection, for argparse. Raises ArgumentTypeError when a file is not there."""
    if missing := [name for name in relevance_collections.FILES if not (Path(path) / name).is_file()]:
        raise ArgumentTypeError(f"{path} is no test collection: {', '.join(missing)} missing")
    return Path(path)


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


def recall(ranking: Ranking, relevant: dict[str, int], depth: int = 5) -> float:
    """The share of relevant documents among the first."""
    return len(relevant.keys() & set(ranking[:depth])) / len(relevant)


def measure(collection: Collection, found: list[Ranking]) -> Measured:
    """What the rankings of the queries of a collection are worth."""
    pairs = [
        (ranking, collection.judged[query.id]) for query, ranking in zip(collection.asked, found, strict=True)
    ]
    gains = [ndcg(*pair) for pair in pairs]

    def of_half(half: int) -> float:
        return fmean(gain for query, gain in zip(collection.asked, gains, strict=True) if query.half == half)

    return Measured(
        fmean(gains),
        fmean(average_precision(*pair) for pair in pairs),
        (of_half(0), of_half(1)),
        fmean(recall(*pair) for pair in pairs),
        sum(bool(relevant.keys() & set(ranking[:1])) for ranking, relevant in pairs),
        sum(bool(relevant.keys() & set(ranking[:5])) for ranking, relevant in pairs),
        len(pairs),
    )


def run(collection: Collection, ours: Finder) -> dict[str, Measured]:
    """Measure ours and the baselines, within the app context of a site that holds the collection."""
    finders = {OURS: ours}
    if word_vectors.are_available():
        finders[WITHOUT_VECTORS] = rankers.without_word_vectors(ours)
    finders |= {FTS5: rankers.fts5(collection), BM25: rankers.plain_bm25(collection)}
    return {
        name: measure(collection, rankers.rankings(collection, find, name)) for name, find in finders.items()
    }


def run_duplicates(app: Flask, folder: Path) -> dict[str, Measured]:
    """Measure similar questions on a Stack Exchange dump, within the app context of an empty site."""
    collection = relevance_collections.duplicates(folder)
    return run(collection, rankers.our_similar_questions(app, collection))


def run_guidance(app: Flask, folder: Path) -> dict[str, Measured]:
    """Measure search on articles with judged queries, within the app context of an empty site."""
    collection = relevance_collections.guidance(folder)
    return run(collection, rankers.our_guidance(app, collection))


def run_neutral(folder: Path) -> dict[str, Measured]:
    """Measure a collection of the neutral form, within the app context of an empty site."""
    collection = relevance_collections.neutral(folder)
    return run(collection, rankers.ours(collection))


def measured(folders: dict[str, Path]) -> dict[str, dict[str, Measured]]:
    """Measure collections, each on a site of its own; `folders` are named as in COLLECTIONS."""
    found = {}
    for name, folder in folders.items():
        with rankers.site() as app:
            found[name] = COLLECTIONS[name](app, folder)
    return found


def rows(found: dict[str, Measured]) -> list[tuple[str, ...]]:
    """The table of a collection, with the columns COLUMNS."""
    return [measured.row(name) for name, measured in found.items()]


def available(folder: Path | None = None) -> dict[str, Path]:
    """The folders of the collections that are there: `folder` is the neutral one."""
    folders = {
        NEUTRAL: folder or DATA / "ir" / "cranfield",
        "duplicates": DATA / "stackexchange-cardano",
        "guidance": DATA / "markdown",
    }
    return {name: path for name, path in folders.items() if path.is_dir()}


def main() -> None:
    """Print one collection as two lines, ours first; without a folder all of them as tables."""
    parser = ArgumentParser(
        prog="python -m bench.relevance", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "folder",
        type=directory,
        nargs="?",
        help=f"with {', '.join(relevance_collections.FILES)}; without it, what is in {DATA}",
    )
    folder = parser.parse_args().folder
    if folder is None:
        for name, found in measured(available()).items():
            print(f"### {name}\n\n{grid(COLUMNS, rows(found))}\n")
        return
    found = measured({NEUTRAL: folder})[NEUTRAL]
    print(f"nDCG@10 {found[OURS].ndcg:.3f} MAP {found[OURS].map:.3f}")
    for name in (WITHOUT_VECTORS, FTS5, BM25):
        if name in found:
            print(f"{name}: nDCG@10 {found[name].ndcg:.3f} MAP {found[name].map:.3f}")


COLLECTIONS: dict[str, Callable[[Flask, Path], dict[str, Measured]]] = {
    NEUTRAL: lambda app, folder: run_neutral(folder),
    "duplicates": run_duplicates,
    "guidance": run_guidance,
}


if __name__ == "__main__":
    main()
