"""The index in tables: many writers, damage, a rebuild beside, and what is done where very much matches."""

import logging
import os
import subprocess
import sys
import threading

import pytest
from sqlalchemy import func, select, text

from core.database.db import db
from search import create_engine
from search.engines.base import Unavailable
from search.engines.postgres import encoding, matching, schema, search
from search.engines.postgres import engine as postgres_engine
from search.engines.whoosh.engine import Engine as WhooshEngine
from search.fields import Document
from search.models import ActiveIndex
from search.parser import Query

pytestmark = [pytest.mark.postgres, pytest.mark.long]


@pytest.fixture
def database(postgres, migrated_postgres):
    """Every site of this file is on PostgreSQL."""
    postgres.empty(migrated_postgres)
    return {"REDOUBT_DATABASE_URL": postgres.url(migrated_postgres)}


@pytest.fixture
def rows(app):
    """rows("SELECT … FROM {terms}") → what stands in the tables of the index in use."""

    def read(statement):
        db.session.rollback()
        name = db.session.scalar(select(ActiveIndex.name))
        return db.session.execute(text(statement.format(**schema.tables(name)))).all()

    return read


def together(app, *works):
    """Do all works at once, each in a thread with a context of its own; raises what they raised."""
    faults = []

    def run(work):
        try:
            with app.app_context():
                work()
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not faults, faults


def numbers(found):
    """The numbers of the posts that were found."""
    return [int(key.split(":")[1]) for key, _ in found.hits]


def counted(rows):
    """Documents by lexeme, as they are counted and as they are."""
    kept = dict(map(tuple, rows("SELECT term, documents FROM {terms}")))
    there = dict(
        map(
            tuple,
            rows(
                "SELECT lexeme, count(*) FROM {documents}, "
                "unnest(tsvector_to_array(vector)) AS lexeme GROUP BY lexeme"
            ),
        )
    )
    return kept, {lexeme: count for lexeme, count in there.items() if not encoding.is_pair_lexeme(lexeme)}


def test_many_writers_lose_no_count_and_wait_in_turn(app, engine, library, build, rows):
    build()
    mine = [
        [library.add(start + n, f"resolver number{n} of writer{start}") for n in range(12)]
        for start in (100, 200, 300, 400)
    ]
    shared = [library.add(n, "resolver shared by all", score=n) for n in range(9)]

    def writer(keys, order):
        def work():
            for key in keys:
                engine.update([key, *shared[::order]], library.load)

        return work

    together(app, *[writer(keys, order) for keys, order in zip(mine, (1, -1, 1, -1), strict=True)])
    kept, there = counted(rows)
    assert kept == there and kept["resolv"] == len(library)
    [state] = rows("SELECT size, lengths FROM search_index")
    assert state.size == len(library) == rows("SELECT count(*) FROM {votes}")[0][0]
    assert state.lengths["title"] == rows("SELECT sum(lengths[1]) FROM {documents}")[0][0]


def test_counts_follow_every_change(engine, library, build, rows):
    library.add(1, "resolver printer", tags=("dns",))
    library.add(2, "resolver", states=("accepted",))
    build()
    library.add(1, "zebra printer", tags=("bind",))
    del library["post:2"]
    engine.update(["post:1", "post:2", "post:3"], library.load)
    kept, there = counted(rows)
    assert kept == there and "tag=dns" not in kept and kept["tag=bind"] == 1


def test_a_vote_rewrites_no_words(engine, library, build, keys, rows):
    library.add(1, "resolver", score=5)
    library.add(2, "resolver", score=1)
    build()
    before = rows("SELECT xmin::text FROM {terms} WHERE term = 'resolv'")
    library.add(2, "resolver", score=9)
    engine.update(["post:2"], library.load)
    assert keys("resolver", sort="votes") == keys("resolver") == ["post:2", "post:1"]
    assert rows("SELECT xmin::text FROM {terms} WHERE term = 'resolv'") == before, "no count was written"
    assert rows("SELECT votes FROM {votes} ORDER BY id") == [(5,), (9,)]


def test_of_very_much_the_best_come_first_and_counts_are_reckoned(library, build, ask, monkeypatch):
    for number in range(600):
        said = 1 + number % 12
        library.add(
            number,
            f"about number{number}",
            "resolver " * said + "word " * (60 - said),
            tags=("dns",) if number % 4 else ("bind",),
        )
    build()
    exact = ask("resolver", limit=20, facets=True)
    monkeypatch.setattr(search, "MAX_EXACT_DOCUMENTS", 100)
    found = ask("resolver", limit=20, facets=True)
    assert not exact.estimated and exact.total == 600 and found.estimated
    assert [key for key, _ in found.hits] == [key for key, _ in exact.hits]
    assert 400 < found.total <= 600 and 250 < found.facets["tag"]["dns"] < 650
    assert 100 <= len(ask("resolver", limit=400).hits) <= 200, "about so many are ranked"
    assert ask("resolver number7").total == 1, "few are counted, whatever their words"


@pytest.mark.parametrize("pairs", [1, 3, encoding.PAIR_BUCKETS])
def test_a_phrase_is_where_it_stands_whatever_pairs_share_a_lexeme(library, build, ask, monkeypatch, pairs):
    monkeypatch.setattr(encoding, "PAIR_BUCKETS", pairs)
    for number in range(400):
        zone, transfer = ("zone", "transfer") if number % 5 else ("transfer", "zone")
        before = "kb4012598 " if number == 7 else ""
        library.add(number, f"about number{number}", f"{before}{zone} {transfer} " + "word " * (number % 60))
    build()
    exact = ask('"zone transfer"', limit=30, facets=True)
    assert exact.total == 320 and not exact.estimated
    assert [key for key, _ in ask('"4012598 zone"').hits] == ["post:7"], "parts have neighbours too"
    monkeypatch.setattr(search, "MAX_EXACT_PHRASE_DOCUMENTS", 20)
    found = ask('"zone transfer"', limit=30, facets=True)
    assert found.estimated and 160 < found.total <= 400
    assert [key for key, _ in found.hits] == [key for key, _ in exact.hits]
    beyond = numbers(ask('"zone transfer"', limit=400))
    assert len(beyond) >= 100 and all(number % 5 for number in beyond)
    assert ask('zone -"zone transfer"', limit=400).total == 80, "what is excluded is counted as words are"


def test_a_phrase_beside_any_of_some_words_brings_in_nothing_without_them(library, build, ask, monkeypatch):
    for number in range(200):
        library.add(number, "both", "resolver " + "word " * 60 + "zone transfer")
    for number in range(200, 400):
        library.add(number, "phrase", "zone transfer")
    build()
    monkeypatch.setattr(search, "MAX_EXACT_DOCUMENTS", 50)
    monkeypatch.setattr(search, "MAX_EXACT_PHRASE_DOCUMENTS", 50)
    found = numbers(ask('resolver "zone transfer"', limit=90, any_word=True))
    assert found and max(found) < 200


def test_so_few_of_a_sample_that_they_say_nothing_are_counted_all(library, build, ask, monkeypatch):
    for number in range(60):
        library.add(number, "zone transfer" if number < 12 else "transfer zone")
    monkeypatch.setattr(encoding, "SAMPLE_RATES", (512,))
    monkeypatch.setattr(encoding, "_hash", lambda text: 0 if text in ("post:3", "post:50") else 1)
    build()
    monkeypatch.setattr(search, "MAX_EXACT_PHRASE_DOCUMENTS", 5)
    found = ask('"zone transfer"', facets=True)
    assert (found.total, found.estimated, found.facets["kind"]) == (12, False, {"question": 12})


@pytest.mark.parametrize(
    "words",
    [
        [chr(0xAC00 + n // 200) + chr(0xAC00 + n % 200) for n in range(55_000)],  # 15 bytes each, taken apart
        [f"{n:x}" for n in range(0x10000, 0x10000 + 33_000)],
        ["x" * 120 + f"{n:x}" for n in range(1_499)],
        ["zone transfer"] * 14_000,
    ],
    ids=["syllables", "numbers", "long", "one phrase"],
)
def test_the_longest_texts_have_a_row(library, build, keys, words):
    library.add(1, "cache", " ".join(words))
    build()
    assert keys("cache") == keys(f'"{" ".join(words[:2])}"') == keys(words[0]) == ["post:1"]


def test_a_document_is_the_same_row_in_every_process():
    program = (
        "from search.fields import Document; from search.engines.postgres import encoding;"
        "document = Document('post:1', title='zone transfer', body='a printer of another network',"
        "                    kind='question', tags=('dns', 'bind'));"
        "averages = dict.fromkeys(encoding.TEXTS, 5.0);"
        "print(encoding.encode(document, encoding.text_terms(document), averages))"
    )
    rows = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(rows) == 1 and "digest=" in rows.pop()


def test_of_very_much_the_newest_and_most_voted_are_the_true_ones(library, build, ask, keys, monkeypatch):
    for number in range(300):
        library.add(number, "resolver" if number % 3 else "printer", score=number * 7 % 301)
    build()
    exact = keys("resolver -number", sort="votes", limit=30)
    monkeypatch.setattr(search, "MAX_EXACT_DOCUMENTS", 20)
    assert ask("resolver").estimated
    assert keys("resolver -number", sort="votes", limit=30) == exact
    assert keys("resolver", sort="votes", limit=10, offset=10) == exact[10:20]


def test_a_whole_title_is_among_the_candidates(library, build, keys, monkeypatch):
    monkeypatch.setattr(search, "MAX_EXACT_DOCUMENTS", 20)
    for number in range(200):
        library.add(number, "other words", "resolver " * 9 + "cache " * 9)
    library.add(777, "resolver cache", "word " * 3000)
    build()
    assert keys("cache resolver")[0] == "post:777"


def test_any_of_many_words_takes_the_rare_ones_whole(library, build, ask, monkeypatch):
    monkeypatch.setattr(search, "MAX_EXACT_DOCUMENTS", 20)
    for number in range(200):
        library.add(number, "", "resolver " * (1 + number % 9) + ("zebra" if number in (3, 4) else "lemur"))
    build()
    found = ask("zebra resolver lemur", any_word=True, limit=20)
    assert {key for key, _ in found.hits[:2]} == {"post:3", "post:4"} and found.estimated
    strict = ask("resolver zebra lemur", min_results=3, limit=5)
    assert strict.loosened and len(strict.hits) == 5


@pytest.mark.parametrize(
    "damage", ["DROP TABLE {documents}", "DROP TABLE {terms}", "ALTER TABLE {documents} DROP COLUMN weights"]
)
def test_damage_is_unavailable_and_spoils_nothing_else(app, engine, library, build, rows, damage):
    library.add(1, "resolver")
    build()
    name = db.session.scalar(select(ActiveIndex.name))
    db.session.execute(text(damage.format(**schema.tables(name))))
    db.session.commit()
    with pytest.raises(Unavailable), engine.view() as index:
        index.search(Query(terms=["resolv"]))
    assert db.session.scalar(select(func.count()).select_from(ActiveIndex)) is not None, "the session goes on"
    assert not engine.is_usable(), "out of use, so that the worker rebuilds it"
    build()
    assert engine.is_usable() and counted(rows)[0]["resolv"] == 1


def test_an_index_of_another_format_is_not_read(engine, library, build, monkeypatch):
    library.add(1, "resolver")
    build()
    monkeypatch.setattr(schema, "FORMAT", 99)
    assert not engine.is_usable()
    with pytest.raises(Unavailable):
        engine.update(["post:1"], library.load)


def test_only_the_index_in_use_has_tables(app, engine, library, build):
    library.add(1, "resolver")
    build()

    def broken():
        yield library["post:1"]
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError):
        engine.rebuild(broken(), tuple, library.load)
    build()
    with db.engine.connect() as connection:
        assert schema.all_names(connection) == {db.session.scalar(select(ActiveIndex.name))}


def test_a_second_rebuild_is_not_begun_beside_the_first(app, engine, library, build):
    build()
    counts = []
    with postgres_engine._rebuild_lock(True):
        together(app, lambda: counts.append(engine.rebuild([], tuple, library.load, wait=False)))
    assert counts == [None]


def test_averages_that_are_no_longer_true_ask_for_a_rebuild(engine, library, build, monkeypatch):
    monkeypatch.setattr(postgres_engine, "MIN_DRIFT_DOCUMENTS", 5)
    for number in range(10):
        library.add(number, "resolver cache")
    build()
    assert not engine.needs_rebuild()
    for number in range(10, 30):
        library.add(number, "resolver cache", "word " * 50)
    engine.update(set(library), library.load)
    assert engine.needs_rebuild()
    build()
    assert not engine.needs_rebuild()


def test_trigrams_correct_what_is_two_letters_away(engine, library, build, look):
    library.add(1, "The certificate expires", "strengthening")
    build()
    with look() as index:
        assert (
            index.guess_spelling("certifficatte") == "certificate"
            and index.guess_spelling("strngthning") == ""
        )
    with look(hidden={"post:1"}) as index:
        assert index.guess_spelling("certifficatte") == ""


def test_without_the_extension_one_letter_is_corrected_and_that_is_said(
    engine, library, build, look, monkeypatch, caplog
):
    monkeypatch.setattr(schema, "TRIGRAMS", "CREATE EXTENSION extension_that_is_not_there")
    library.add(1, "The certificate expires")
    with caplog.at_level(logging.WARNING):
        build()
    assert "only typos of one letter" in caplog.text
    with look() as index:
        assert (
            index.guess_spelling("certifikate") == "certificate"
            and index.guess_spelling("certifficatte") == ""
        )


def test_what_the_words_say_is_found_by_a_binary_search(app):
    document = Document("post:1", "question", "resolver printer", "resolver " * 3, tags=("dns",))
    averages = {"title": 2, "body": 3, "labels": 1, "context": 1}
    row = encoding.encode(document, encoding.text_terms(document), averages)
    assert row.weights == sorted(row.weights) and len(row.weights) == len(set(row.weights))
    columns = ", ".join(map(matching.weight_sql, ("resolv", "printer", "tag=dns", "zebra")))
    found = db.session.execute(
        text(f"SELECT {columns} FROM (SELECT CAST(:weights AS bigint[]) AS weights) AS row"),
        {"weights": row.weights},
    ).one()
    assert found[0] > found[1] > found[2] == 0 > found[3]


def test_the_setting_chooses(app, monkeypatch):
    app.config["REDOUBT_SEARCH"] = "whoosh"
    assert isinstance(create_engine(app), WhooshEngine)
    app.config["REDOUBT_SEARCH"] = "auto"
    assert isinstance(create_engine(app), postgres_engine.Engine)
    app.config.update(REDOUBT_SEARCH="postgresql", SQLALCHEMY_DATABASE_URI="sqlite://")
    with pytest.raises(SystemExit, match="REDOUBT_SEARCH"):
        create_engine(app)


def test_the_page_says_about_how_many(client, make_question, drain, monkeypatch):
    monkeypatch.setattr(encoding, "SAMPLE_RATES", (1,))
    for number in range(24):
        make_question(f"Is there an okapi in network {number}?")
    drain()
    assert "24 results" in client.get("/search?q=okapi").text
    monkeypatch.setattr(search, "MAX_EXACT_DOCUMENTS", 2)
    page = client.get("/search?q=an+okapi").text  # other words, for what was found is remembered
    assert "About 24 results" in page and "≈ 24" in page
    assert client.get("/api/v1/search?q=an+okapi").json["estimated"] is True
