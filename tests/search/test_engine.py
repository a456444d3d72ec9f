"""What every engine must do: heard at once, nothing lost in a rebuild, no reader disturbed; on both."""

import threading

import pytest

from search.engines.base import Unavailable
from search.parser import parse

pytestmark = pytest.mark.every_database(long=True)


def test_there_is_no_index_at_first(engine, ask):
    assert not engine.is_usable()
    with pytest.raises(Unavailable):
        ask("resolver")


def test_changes_and_deletions_are_seen_at_once(engine, library, build, keys, look):
    first, second = library.add(1, "resolver fails"), library.add(2, "resolver works")
    build()
    library.add(1, "printer fails")
    del library[second]
    third = library.add(3, "resolver again")
    engine.update([first, second, third], library.load)
    assert keys("resolver") == [third] and keys("printer") == [first]
    with look() as index:
        assert index.keys() == set(library)


def test_what_changed_during_a_rebuild_is_not_lost(engine, library, build, keys):
    for number in range(1, 4):
        library.add(number, "resolver")
    build()
    old = list(library.values())

    def slowly():
        yield from old
        library.add(2, "printer")
        del library["post:3"]
        library.add(4, "resolver")
        engine.update(["post:2", "post:3", "post:4"], library.load)

    engine.rebuild(slowly(), lambda: ["post:2", "post:3", "post:4"], library.load)
    assert set(keys("resolver")) == {"post:1", "post:4"} and keys("printer") == ["post:2"]


def test_a_failed_rebuild_leaves_the_old_index(engine, library, build, keys):
    library.add(1, "resolver")
    build()

    def broken():
        yield library["post:1"]
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError):
        engine.rebuild(broken(), tuple, library.load)
    assert keys("resolver") == ["post:1"]


def test_eight_readers_during_writes_and_rebuilds_meet_no_error(engine, library, build, ask):
    for number in range(300):
        library.add(number, f"resolver number{number}", tags=("dns",))
    build()
    done, faults = threading.Event(), []

    def read():
        try:
            while not done.is_set():
                found = ask("resolver", facets=True, limit=500)
                assert found.total >= 300 == found.facets["tag"]["dns"], found.total
        except BaseException as error:
            faults.append(error)

    readers = [threading.Thread(target=read) for _ in range(8)]
    for reader in readers:
        reader.start()
    for number in range(1000, 1040):
        engine.update([library.add(number, "resolver")], library.load)
        if number % 10 == 0:
            build()
    done.set()
    for reader in readers:
        reader.join()
    assert not faults


def test_every_change_is_another_generation(engine, library, build, look):
    library.add(1, "resolver")
    seen = []
    for change in (build, lambda: engine.update(["post:1"], library.load), build):
        change()
        with look() as index:
            seen.append(index.generation)
    assert len(set(seen)) == 3


def test_an_update_in_many_small_steps_leaves_what_one_build_would(engine, library, build, ask, look):
    build()
    for number in range(40):
        engine.update([library.add(number, f"resolver number{number % 7}", score=number)], library.load)
        if number % 3 == 0:
            library.add(number, f"printer number{number % 5}", score=number)
            engine.update([f"post:{number}"], library.load)
        if number % 4 == 0:
            del library[f"post:{number}"]
            engine.update([f"post:{number}"], library.load)

    def state():
        with look() as index:
            return (
                index.keys(),
                ask("resolver", limit=50, sort="votes").hits,
                {key for key, _ in ask("number3 printer", any_word=True, limit=50).hits},
                [index.has_term(f"number{n}") for n in range(9)],
                index.rarest_terms(["printer", "resolv"], 99),
            )

    before = state()
    build()
    assert before == state() and before[0] == set(library)


def test_words_of_which_nothing_is_left_are_forgotten(engine, library, build, look):
    library.add(1, "zebra printer")
    library.add(2, "printer")
    build()
    with look() as index:
        assert index.has_term("zebra") and index.guess_spelling("zebar") == "zebra"
    with look(hidden={"post:1"}) as index:
        assert not index.has_term("zebra") and index.has_term("printer")
        assert index.guess_spelling("zebar") == "" and index.guess_spelling("prniter") == "printer"
    del library["post:1"]
    engine.update(["post:1"], library.load)
    with look() as index:
        assert not index.has_term("zebra") and index.guess_spelling("zebar") == ""


def test_titles_are_completed_those_with_most_votes_first(library, build, look):
    library.add(1, "Flush the resolver cache", score=1)
    library.add(2, "Flush the resolver twice", score=9)
    library.add(3, "The printer", "flush the resolver")
    library.add(4, "Flush the resolver quietly", score=99)
    build()
    with look(hidden={"post:4"}) as index:
        assert index.complete_title("flush reso", 5) == ["post:2", "post:1"]
        assert index.complete_title("flush the resolver ca", 5) == ["post:1"]
        assert index.complete_title("resolvers", 5) == ["post:2", "post:1"]
        assert index.complete_title("nothing reso", 5) == []


def test_identifiers_are_completed(library, build, look):
    library.add(1, "About KB4012598 and KB4012599")
    library.add(2, "About KB4012600", "CVE-2017-0144")
    build()
    with look(hidden={"post:2"}) as index:
        assert index.identifiers_with_prefix("kb4012", 5) == ["kb4012598", "kb4012599"]
        assert (
            index.identifiers_with_prefix("kb4012", 1) == ["kb4012598"]
            and index.identifiers_with_prefix("cve-", 5) == []
        )


SIGNS = [
    "'",
    "\\",
    "a' | 'b",
    "tag:it's",
    "tag:\\",
    'user:"a b"',
    "tag:x:*",
    "kind=question",
    "don't",
    "-don't",
    "%",
    "_",
    "{documents}",
    ":vector",
    "^20=resolv",
    "=sample",
]


@pytest.mark.parametrize("text", SIGNS)
def test_signs_of_the_engine_are_only_letters(library, build, ask, look, text):
    library.add(1, "resolver", tags=("dns",))
    build()
    assert ask(text).total in (0, 1) and ask(text, any_word=True, min_results=3).total in (0, 1)
    with look() as index:
        index.complete_title(text, 3)
        index.guess_spelling(parse(text).text)
    assert ask("resolver").total == 1
