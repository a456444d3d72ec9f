"""The index in files: written by one at a time, read by all, rebuilt while it is used, damaged and healed."""

import errno
import multiprocessing
import shutil
import threading

import pytest

from search.engines.base import Unavailable
from search.engines.whoosh import matching, writing


@pytest.fixture
def engine(files):
    """The engine of this file, whatever the database."""
    return files


def test_many_single_additions_leave_few_segments_and_lose_nothing(engine, library, build, keys):
    build()
    for number in range(1, 200):
        engine.update([library.add(number, f"resolver number{number}")], library.load)
        if number % 3 == 0:
            gone = f"post:{number - 1}"
            del library[gone]
            engine.update([gone], library.load)
    assert engine.snapshot().keys() == set(library)
    assert set(keys("resolver", limit=500)) == set(library)
    assert all(keys(f"number{key.split(':')[1]}") == [key] for key in list(library)[:20])
    assert len(engine.snapshot().parts) <= 3 * writing.MERGE_FACTOR


def test_a_large_index_is_written_in_several_segments(engine, library, build, keys, monkeypatch):
    monkeypatch.setattr(writing, "SEGMENT_DOCUMENTS", 10)
    for number in range(35):
        library.add(number, f"resolver number{number}")
    assert build() == 35
    assert len(engine.snapshot().parts) == 4
    assert set(keys("resolver", limit=50)) == set(library) and keys("number17") == ["post:17"]


def test_a_second_rebuild_is_not_begun_beside_the_first(engine, library, build):
    build()
    with writing.file_lock(engine.folder / "rebuild.lock"):
        assert engine.rebuild([], tuple, library.load, wait=False) is None


def _hold(folder, taken, release):
    with writing.file_lock(folder / "write.lock"):
        taken.set()
        release.wait(30)


def test_two_processes_do_not_write_at_once(engine, library, build):
    build()
    context = multiprocessing.get_context("spawn")
    taken, release = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(engine.folder, taken, release))
    other.start()
    assert taken.wait(30)
    key = library.add(1, "resolver")
    writer = threading.Thread(target=engine.update, args=([key], library.load))
    writer.start()
    writer.join(0.3)
    assert writer.is_alive(), "waits for the other process"
    release.set()
    writer.join(30)
    other.join(30)
    assert engine.snapshot().keys() == {key}


def test_who_reads_goes_on_when_the_folder_is_gone(engine, library, build):
    for number in range(5):
        library.add(number, "resolver", tags=("dns",))
    build()
    before = engine.snapshot()
    shutil.rmtree(before.folder)
    assert len(before.parts[0][0].docs("title", "resolv")) == 5
    assert len(before.parts[0][0].docs("tag", "dns")) == 5


@pytest.mark.parametrize("damage", ["delete", "truncate", "overwrite"])
@pytest.mark.parametrize("pattern", ["CURRENT", "index-*/*.toc", "index-*/*.seg"])
def test_damage_is_unavailable_never_another_error(engine, library, build, ask, damage, pattern):
    for number in range(50):
        library.add(number, f"resolver number{number}")
    build()
    for path in engine.folder.glob(pattern):
        if damage == "delete":
            path.unlink()
        elif damage == "truncate":
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        else:
            path.write_bytes(b"\xff" * path.stat().st_size)
    engine._snapshot = None
    with pytest.raises(Unavailable):
        ask("resolver")
    build()
    assert ask("resolver").total == 50


def test_a_file_cut_short_under_an_open_index_is_an_error_not_the_end(engine, library, build, ask):
    for number in range(50):
        library.add(number, f"resolver number{number}")
    build()
    assert ask("resolver").total == 50
    for path in engine.folder.glob("index-*/*.seg"):
        with path.open("r+b") as file:
            file.truncate(100)
    with pytest.raises(Unavailable):
        ask("number7")
    assert not engine.is_usable(), "out of use, so that the worker rebuilds it"


def test_an_index_of_another_format_is_not_read(engine, library, build, monkeypatch):
    library.add(1, "resolver")
    build()
    monkeypatch.setattr("search.engines.whoosh.engine.FORMAT", 99)
    assert not engine.is_usable()


def test_the_folder_is_the_owners(engine, library, build):
    build()
    assert all(path.stat().st_mode & 0o077 == 0 for path in (engine.folder, *engine.folder.glob("index-*")))


def test_any_word_puts_the_rarest_first(library, build, ask):
    for number in range(50):
        library.add(number, "common" if number else "common rare")
    build()
    found = ask("common rare", any_word=True, limit=100)
    assert found.total == len(found.hits) == 50 and found.hits[0][0] == "post:0"


def test_phrases_are_sought_in_so_many_documents(library, build, keys, monkeypatch):
    monkeypatch.setattr(matching, "MAX_PHRASE_DOCS", 3)
    for number in range(9):
        library.add(number, "zone transfer")
    build()
    assert len(keys('"zone transfer"')) == 3


def test_a_write_that_finds_no_space_leaves_the_index_and_frees_the_lock(
    engine, library, build, keys, monkeypatch
):
    library.add(1, "resolver")
    build()

    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    for step in ("_commit_toc", "_finalize_segment"):
        with monkeypatch.context() as patch:
            patch.setattr(f"whoosh.writing.SegmentWriter.{step}", full)
            with pytest.raises(Unavailable) as error:
                engine.update([library.add(2, "printer")], library.load)
        assert "No space" in str(error.value) and keys("resolver") == ["post:1"]
    engine.update(["post:2"], library.load)
    assert keys("printer") == ["post:2"]
