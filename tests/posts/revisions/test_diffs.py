"""Two texts side by side: right, bounded, made once."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.database.db import db
from core.markup.markup import render
from posts import actions, tasks
from posts.models import Revision
from posts.redaction import redact
from posts.revisions import diffs
from posts.suggestions.models import Suggestion

MAX_STEPS = diffs.MAX_LINE_STEPS + diffs.MAX_WORD_STEPS
LINES = st.lists(st.sampled_from(["", "a", "b c", "b d", "long line of words", "a.b,c"]), max_size=8).map(
    "\n".join
)


def punctuation(seed, length):
    drawn = random.Random(seed)
    return "".join(drawn.choice("!?.,;:-/()") for _ in range(length))


@given(LINES, LINES)
@settings(max_examples=200, deadline=None)
def test_the_rows_hold_both_texts_and_agree_on_what_is_the_same(old, new):
    rows = diffs.side_by_side(old, new)
    if old == new:
        return
    assert "\n".join("".join(part for part, _ in row.left) for row in rows if row.left_number) == old
    assert "\n".join("".join(part for part, _ in row.right) for row in rows if row.right_number) == new
    for row in rows:
        if row.left_number and row.right_number:
            same = ["".join(part for part, changed in side if not changed) for side in (row.left, row.right)]
            assert same[0] == same[1]


def test_lines_after_an_insertion_at_the_beginning_are_shown():
    rows = diffs.side_by_side("one\ntwo", "new\none\ntwo")
    assert [(row.left_number, row.right_number, row.unchanged) for row in rows] == [
        (None, 1, 0),
        (1, 2, 0),
        (2, 3, 0),
    ]


def test_words_are_marked_within_a_changed_line():
    (row,) = diffs.side_by_side("Restart the spooler now.", "Restart the server now.")
    assert row.left == [("Restart the ", False), ("spooler", True), (" now.", False)]
    assert row.right == [("Restart the ", False), ("server", True), (" now.", False)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "\n".join(punctuation(n, 985) for n in range(30)),
            "\n".join(punctuation(-n - 1, 985) for n in range(30)),
        ),
        (
            "\n".join(random.Random(1).choices("ab", k=60_000)),
            "\n".join(random.Random(2).choices("ab", k=60_000)),
        ),
        ("\n".join(map(str, range(20_000))), "\n".join(map(str, reversed(range(20_000))))),
        (punctuation(1, 100_000), punctuation(2, 100_000)),
        ("\n" * 199_000, "x\n" * 99_000),
        ("a b " * 499, "b a " * 499),
        ("\n".join(["a"] * 9000), "\n".join(["a", "b"] * 4500)),
    ],
    ids=range(7),
)
def test_hostile_edits_cost_a_bounded_number_of_steps(old, new):
    """The first took 3 s of processor time at every look."""
    found = diffs.compare(old, new)
    assert found.steps <= MAX_STEPS
    assert diffs.side_by_side(old, new, found.changes)


def test_an_ordinary_edit_of_a_long_text_costs_little():
    old = "\n".join(f"Step {n}: run the command and wait." for n in range(4000))
    found = diffs.compare(old, old.replace("Step 77:", "Step 77 (new):").replace("Step 3000:", "Step:"))
    assert len(found.changes["runs"]) == 2 and found.steps < 5000


def test_long_unchanged_parts_and_endless_changes_are_named_not_dropped():
    old = "\n".join(f"line {n}" for n in range(200))
    rows = diffs.side_by_side(old, old + "\nlast")
    assert [row.unchanged for row in rows if row.unchanged] == [192]
    rows = diffs.side_by_side("", "\n".join(f"line {n}" for n in range(9000)))
    assert len(rows) == diffs.MAX_ROWS + 1 and rows[-1].more == 9000 - diffs.MAX_ROWS


@pytest.fixture
def compared(monkeypatch):
    """How often texts were compared."""
    calls, compare = [], diffs.compare
    monkeypatch.setattr(diffs, "compare", lambda old, new: calls.append(1) or compare(old, new))
    return calls


@pytest.fixture
def edited(make_question, member, drain):
    """A question in its second revision."""
    question = make_question()
    actions.revise(question, render(question.body + "\n\nOne line more."), by=member)
    db.session.commit()
    drain()
    return question


def test_a_revision_is_compared_once_whoever_looks(edited, compared, client):
    for _ in range(3):
        assert "<ins>" in client.get(f"/posts/{edited.id}/revisions/2").text
    assert compared == []


def stored(number=2):
    return db.session.scalar(db.select(Revision.changes).where(Revision.number == number))


def test_what_is_stored_holds_no_words(edited):
    assert "line" not in str(stored()) and stored()["runs"]


def test_redaction_takes_the_comparisons_on_both_sides(edited, member, moderator, drain, client):
    actions.revise(edited, render(edited.body + " And another."), by=member)
    db.session.commit()
    drain()
    redact(db.session.scalar(db.select(Revision).where(Revision.number == 2)), by=moderator)
    db.session.commit()
    assert stored(2) is None and stored(3) is None
    assert client.get(f"/posts/{edited.id}/revisions/3").status_code == 200


def test_old_revisions_are_compared_at_night(edited):
    db.session.execute(db.update(Revision).values(changes=None))
    db.session.commit()
    tasks.compare_old()
    assert stored()["runs"] and stored(1) is None


def test_a_comparison_that_does_not_fit_is_not_used(edited, compared, client):
    db.session.execute(db.update(Revision).where(Revision.number == 1).values(body="Somethingelse"))
    db.session.commit()
    assert "Somethingelse" in client.get(f"/posts/{edited.id}/revisions/2").text
    assert compared == [1]


def test_suggested_edits_use_the_same(make_question, make_user, login, drain, compared):
    question, helper = make_question(), make_user("helper", reputation=20)
    login(helper).post(
        f"/posts/{question.id}/suggest",
        data={
            "title": question.title,
            "body": question.body + " It is the second step.",
            "tags": "patching",
            "summary": "The step",
            "base": 1,
        },
    )
    drain()
    found = db.session.scalar(db.select(Suggestion))
    assert found.changes["runs"] and len(compared) == 1
    assert "<ins>" in login(helper).get(f"/suggestions/{found.id}").text
    assert len(compared) == 1
