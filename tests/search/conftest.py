"""An index of documents that no site holds: in files on SQLite, in tables on PostgreSQL."""

from contextlib import contextmanager, nullcontext

import pytest
from sqlalchemy import delete

from core.database.db import db
from search.engines.whoosh.engine import Engine
from search.fields import Document
from search.models import ActiveIndex
from search.parser import parse


@pytest.fixture
def files(tmp_path):
    """The engine in files; its folder holds no index yet."""
    return Engine(tmp_path / "index")


@pytest.fixture
def engine(request, database):
    """The engine that is usual with the database; there is no index yet."""
    if database["REDOUBT_DATABASE_URL"]:
        return request.getfixturevalue("app").extensions["search"]
    return request.getfixturevalue("files")


@pytest.fixture
def lose_index(app):
    """lose_index() takes the index out of use, whichever engine keeps it."""

    def lose():
        db.session.execute(delete(ActiveIndex))
        db.session.commit()
        (app.config["REDOUBT_INSTANCE"] / "index" / "CURRENT").unlink(missing_ok=True)

    return lose


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
def look(request, engine, database):
    """`with look() as index:` gives the current index, in any thread; look(hidden) without these."""
    site = request.getfixturevalue("app") if database["REDOUBT_DATABASE_URL"] else None

    @contextmanager
    def view(hidden=()):
        with site.app_context() if site else nullcontext(), engine.view(hidden) as index:
            yield index

    return view


@pytest.fixture
def ask(look):
    """ask("words", …) → Results of the engine."""

    def search(text, hidden=(), **options):
        with look(hidden) as index:
            return index.search(parse(text), **options)

    return search


@pytest.fixture
def keys(ask):
    """keys("words", …) → keys found, best first."""
    return lambda text, **options: [key for key, _score in ask(text, **options).hits]
