"""The change log finds the cached pages that an event changed, in whatever order transactions commit."""

import pytest

from core.cache.dependencies import MAX_NAMES, MAX_UNCOMMITTED_EVENTS, ChangeLog, Dependencies, Snapshot

THREAD = Dependencies(frozenset({"thread:1"}))
OTHER = Dependencies(frozenset({"thread:2"}))
LIST = Dependencies(frozenset(), frozenset({"kind:question"}))
ALL = Dependencies()


@pytest.fixture
def log():
    log = ChangeLog()
    log.add([(1, None), (2, "thread:1")])
    return log


def current(log, dependencies, snapshot, *, age=100.0):
    return log.is_current(snapshot, dependencies, age, 2)


def test_only_pages_of_the_changed_thing_are_stale(log):
    before = Snapshot(2)
    log.add([(1, None), (2, "thread:1"), (3, "thread:1 kind:question")])
    assert [current(log, each, before) for each in (THREAD, OTHER, LIST, ALL)] == [False, True, False, False]
    assert all(current(log, each, Snapshot(3)) for each in (THREAD, OTHER, LIST, ALL))


def test_an_event_without_names_changes_all_pages(log):
    log.add([(2, "thread:1"), (3, None)])
    assert not any(current(log, each, Snapshot(2)) for each in (THREAD, OTHER, LIST, ALL))


def test_an_event_with_no_pages_changes_only_those_that_name_nothing(log):
    log.add([(2, "thread:1"), (3, "")])
    assert [current(log, each, Snapshot(2)) for each in (THREAD, LIST, ALL)] == [True, True, False]


def test_a_list_may_be_seconds_old(log):
    log.add([(2, "thread:1"), (3, "kind:question")])
    assert current(log, LIST, Snapshot(2), age=1.9) and not current(log, LIST, Snapshot(2), age=2)
    log.add([(3, "kind:question"), (4, None)])
    assert not current(log, LIST, Snapshot(2), age=0), "what is hidden disappears at once"


def test_an_event_that_appears_below_the_newest_is_seen(log):
    log.add([(2, "thread:1"), (4, "thread:2")])
    rendered = Snapshot.of([2, 4])
    assert rendered == Snapshot(4, frozenset({3}))
    assert current(log, THREAD, rendered)
    log.add([(2, "thread:1"), (3, "thread:1"), (4, "thread:2")])
    assert not current(log, THREAD, rendered) and not current(log, ALL, rendered)
    assert current(log, OTHER, rendered) and current(log, THREAD, Snapshot(4))


def test_rows_of_an_older_transaction_take_nothing_back(log):
    log.add([(2, "thread:1"), (3, "thread:1")])
    log.add([(1, None), (2, "thread:1")])
    assert not current(log, THREAD, Snapshot(2)) and not current(log, ALL, Snapshot(2))
    log.add([(2, "thread:1"), (3, "thread:1")])
    assert current(log, THREAD, Snapshot(3)) and not current(log, THREAD, Snapshot(2))


def test_events_that_were_not_read_change_all_pages(log):
    first = 10
    log.add([(first + n, "thread:3") for n in range(MAX_UNCOMMITTED_EVENTS)])
    assert not current(log, THREAD, Snapshot(2))
    assert current(log, THREAD, Snapshot(first + MAX_UNCOMMITTED_EVENTS))


def test_pages_from_before_this_process_are_not_compared():
    log = ChangeLog()
    assert not current(log, THREAD, Snapshot(1))
    log.add([(1, None), (5, "thread:2")])
    assert not current(log, THREAD, Snapshot(1)) and current(log, THREAD, Snapshot(5))
    log.reset()
    assert not current(log, THREAD, Snapshot(5))


def test_the_number_of_names_is_bounded(log):
    for start in range(3, 3 + MAX_NAMES + 200, 100):
        log.add([(start + n, f"thread:{start + n}") for n in range(100)])
    newest = 3 + MAX_NAMES + 199
    assert len(log._changed) <= MAX_NAMES
    assert not current(log, THREAD, Snapshot(2)), "too old to be compared"
    assert current(log, THREAD, Snapshot(newest))
    assert not current(log, Dependencies(frozenset({f"thread:{newest}"})), Snapshot(newest - 1))
