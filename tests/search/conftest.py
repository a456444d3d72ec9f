"""An index of its own without a site, and documents for it."""

import pytest

from search.fields import Document
from search.files.engine import Engine
from search.parser import parse


@pytest.fixture
def engine(tmp_path):
    """An engine whose folder holds no index yet."""
    return Engine(tmp_path / "index")


@pytest.fixture
def library():
    """The documents there are, by key, as a database would hold them; load(keys) reads it."""
    class Library(dict):
        def add(self, number, title, body="", **more):
            more = {"kind": "question"} | more
            self[f"post:{number}"] = Document(f"post:{number}", title=title, body=body, **more)
            return f"post:{number}"

        def load(self, keys):
            return [self[key] for key in keys if key in self]

    return Library()


@pytest.fixture
def build(engine, library):
    """build() writes the index from the library."""
    return lambda missed=tuple: engine.rebuild(list(library.values()), missed, library.load)


@pytest.fixture
def ask(engine):
    """ask("words", …) → Results of the engine."""
    def search(text, hidden=(), **options):
        with engine.view(hidden) as index:
            return index.search(parse(text), **options)

    return search


@pytest.fixture
def keys(ask):
    """keys("words", …) → keys found, best first."""
    return lambda text, **options: [key for key, _score in ask(text, **options).hits]
