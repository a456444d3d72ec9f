"""The Whoosh index: one open searcher, batched writes under a lock, rebuilt beside and swapped in.

Holds no bodies: snippets come from the database row. Postings are pickles, so the folder is 0700
and never restored from elsewhere but rebuilt.
"""

import logging
import os
import shutil
import threading
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from whoosh import fields, index, query, scoring
from whoosh.filedb.filestore import FileStorage

from search.analysis import Analyzer
from search.parser import Query

log = logging.getLogger(__name__)
TITLE_BOOST, TAG_BOOST = 2.0, 2.0
MAX_TOTAL = 1000
SCHEMA = fields.Schema(
    key=fields.ID(unique=True, stored=True),
    title=fields.TEXT(analyzer=Analyzer(), phrase=True, field_boost=TITLE_BOOST),
    body=fields.TEXT(analyzer=Analyzer(), phrase=True),
    names=fields.TEXT(analyzer=Analyzer(), phrase=False, field_boost=TAG_BOOST),
    tags=fields.KEYWORD(lowercase=True, commas=True), author=fields.ID(),
    kind=fields.ID(), layer=fields.ID(), state=fields.KEYWORD(commas=True),
    created=fields.NUMERIC(numtype=int, bits=64),
    facts=fields.STORED,
)


class Unavailable(Exception):
    """The index is missing or damaged; it is being rebuilt, or `flask search rebuild` does it."""


@dataclass(frozen=True)
class Document:
    """What the index knows of one public thing; `key` is `post:<id>`, `user:<id>` or `tag:<id>`."""

    key: str
    kind: str
    title: str
    body: str
    tags: tuple[str, ...] = ()
    author: str = ""
    layer: str = ""
    states: tuple[str, ...] = ()
    score: int = 0
    created_at: datetime | None = None


@dataclass(frozen=True)
class Results:
    """Keys with scores, best first; `facets` counts kinds, tags, layers over all hits."""

    hits: list[tuple[str, float]]
    total: int
    facets: dict[str, Counter] = field(default_factory=dict)


class Engine:
    """One index folder. Any process reads; the process that holds the writer lock writes."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._lock = threading.RLock()
        self._writing = threading.Lock()
        self._index = self._searcher = None
        self._current: str | None = None
        self._users: Counter = Counter()

    # reading

    @contextmanager
    def searcher(self) -> Iterator:
        """Borrow the one open searcher, renewed when the index moved on; closed by its last user."""
        with self._lock:
            searcher = self._fresh()
            self._users[searcher] += 1
        try:
            yield searcher
        finally:
            with self._lock:
                self._users[searcher] -= 1
                if not self._users[searcher]:
                    del self._users[searcher]
                    if searcher is not self._searcher:
                        searcher.close()

    def _fresh(self):
        try:
            name = (self.folder / "CURRENT").read_text()
            if name != self._current or self._index is None:
                self._index = FileStorage(str(self.folder / name), readonly=True).open_index()
                self._current, old, self._searcher = name, self._searcher, self._index.searcher()
                self._retire(old)
            elif not self._searcher.up_to_date():
                old, self._searcher = self._searcher, self._index.searcher()
                self._retire(old)
        except Exception as error:
            self._index = self._current = None
            raise Unavailable(str(error)) from error
        return self._searcher

    def _retire(self, searcher) -> None:
        if searcher is not None and not self._users.get(searcher):
            searcher.close()

    def search(self, parsed: Query, *, limit: int = 10, offset: int = 0, any_word: bool = False,
               facets: bool = False) -> Results:
        """Best hits first; all words must occur unless `any_word`."""
        wanted = _build(parsed, any_word)
        if wanted is None:
            return Results([], 0)
        with self.searcher() as searcher:
            searcher.weighting = _weighting
            most = MAX_TOTAL if facets else offset + limit
            hits = searcher.search(wanted, limit=min(MAX_TOTAL, most), scored=True)
            ranked = [(hit["key"], _adjusted(hit.score, hit["facts"]), hit["facts"]) for hit in hits]
            total = len(ranked) if facets and len(ranked) < MAX_TOTAL else len(hits)
        ranked.sort(key=lambda row: -row[1])
        counts: dict[str, Counter] = {"kind": Counter(), "tag": Counter(), "layer": Counter()}
        for _key, _score, facts in ranked if facets else ():
            counts["kind"][facts["kind"]] += 1
            counts["tag"].update(facts["tags"])
            if facts["layer"]:
                counts["layer"][facts["layer"]] += 1
        shown = ranked[offset:offset + limit]
        return Results([(key, score) for key, score, _ in shown], total, counts)

    def correct(self, words: list[str]) -> dict[str, str]:
        """Likelier spellings of words that no document has; bounded work per word."""
        found: dict[str, str] = {}
        with self.searcher() as searcher:
            reader = searcher.reader()
            for word in words[:4]:
                if len(word) < 4 or len(word) > 20 or ("body", word) in reader or ("title", word) in reader:
                    continue
                guess = next(iter(searcher.suggest("body", word, limit=1, maxdist=1, prefix=2)), None)
                if guess:
                    found[word] = guess
        return found

    # writing

    def update(self, documents: Iterable[Document], deleted: Iterable[str] = ()) -> None:
        """Replace documents and drop keys in one commit."""
        documents = list(documents)
        with self._writing:
            try:
                name = (self.folder / "CURRENT").read_text()
                writer = FileStorage(str(self.folder / name)).open_index().writer(timeout=30)
            except index.LockError:
                raise
            except Exception as error:
                raise Unavailable(str(error)) from error
            for key in {*deleted, *(d.key for d in documents)}:
                writer.delete_by_term("key", key)
            for document in documents:
                writer.add_document(**_fields(document))
            writer.commit()

    def rebuild(self, documents: Iterable[Document]) -> int:
        """Write a whole new index beside the old one, then swap it in; returns its size."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.chmod(self.folder, 0o700)
        name = f"index-{uuid.uuid4().hex[:12]}"
        fresh = self.folder / name
        fresh.mkdir(mode=0o700)
        writer = FileStorage(str(fresh)).create_index(SCHEMA).writer(limitmb=256)
        count = 0
        for document in documents:
            writer.add_document(**_fields(document))
            count += 1
        writer.commit(optimize=True)
        pointer = self.folder / f"CURRENT.{uuid.uuid4().hex[:8]}"
        pointer.write_text(name)
        os.replace(pointer, self.folder / "CURRENT")
        for old in self.folder.glob("index-*"):
            if old.name != name:
                shutil.rmtree(old, ignore_errors=True)
        return count

    def is_usable(self) -> bool:
        """Whether the index can be read."""
        try:
            with self.searcher():
                return True
        except Unavailable:
            return False


_weighting = scoring.BM25F(B=0.75, K1=1.2)


def _fields(document: Document) -> dict:
    return {
        "key": document.key, "kind": document.kind, "title": document.title, "body": document.body,
        "names": " ".join([*document.tags, document.author]), "tags": ",".join(document.tags),
        "author": document.author.lower(), "layer": document.layer,
        "state": ",".join(document.states),
        "created": int(document.created_at.timestamp()) if document.created_at else 0,
        "facts": {"kind": document.kind, "tags": document.tags, "layer": document.layer,
                  "score": document.score, "states": document.states},
    }


def _adjusted(score: float, facts: dict) -> float:
    """Votes and acceptance nudge: at most a tenth and a twentieth."""
    votes = max(-10, min(20, facts["score"]))
    gentle = 1 + 0.005 * votes + (0.05 if "accepted" in facts["states"] else 0)
    return score * gentle


def _build(parsed: Query, any_word: bool) -> query.Query | None:
    if parsed.is_empty:
        return None
    wanted = [query.Or([query.Term(name, term) for name in ("title", "body", "names")])
              for term in parsed.terms]
    phrases = [query.Or([query.Phrase(name, phrase) for name in ("title", "body")])
               for phrase in parsed.phrases]
    text = (query.Or(wanted) if any_word and wanted else query.And(wanted)) if wanted else None
    parts = [part for part in (text, *phrases) if part is not None]
    filters: list[query.Query] = []
    for name, values in (("tags", parsed.tags), ("state", parsed.states)):
        filters += [query.Term(name, value) for value in values]
    for name, values in (("author", parsed.users), ("kind", parsed.kinds), ("layer", parsed.layers)):
        if values:
            filters.append(query.Or([query.Term(name, value) for value in values]))
    if parsed.after or parsed.before:
        filters.append(query.NumericRange(
            "created", int(parsed.after.timestamp()) if parsed.after else 0,
            int(parsed.before.timestamp()) if parsed.before else None, endexcl=True))
    built = query.And(parts) if parts else query.Every()
    if filters:
        built = query.Require(built, query.And(filters)) if parts else query.And(filters)
    if parsed.excluded:
        built = query.AndNot(built, query.Or([query.Term(name, term) for term in parsed.excluded
                                              for name in ("title", "body", "names")]))
    return built.normalize()


