"""Merging two changes of one text, and that the work stays bounded."""

from hypothesis import given
from hypothesis import strategies as st

from posts.revisions.merging import MAX_LINE_PAIRS, _changes, _is_cheap, merge, merge_sets

BASE = "one\ntwo\nthree\nfour\nfive"
LINES = st.lists(st.sampled_from("abcd"), max_size=12).map("\n".join)


def test_changes_of_different_places_fit_together():
    assert merge(BASE, BASE.replace("one", "1"), BASE.replace("five", "5")) == (
        merge(BASE, BASE.replace("five", "5"), BASE.replace("one", "1"))
    )
    merged = merge(BASE, BASE.replace("one", "1"), BASE.replace("five", "5\nsix"))
    assert (merged.text, merged.is_clean) == ("1\ntwo\nthree\nfour\n5\nsix", True)


def test_changes_of_one_place_and_of_adjacent_lines_touch():
    for mine, theirs in (("two!", "two?"), ("two!\nthree", "two\nthree?")):
        one, other = (
            BASE.replace("two", "two!") if mine == "two!" else BASE.replace("two\nthree", mine),
            (BASE.replace("two\nthree", theirs) if "\n" in theirs else BASE.replace("two", theirs)),
        )
        merged = merge(BASE, one, other)
        assert not merged.is_clean
        assert all(line in merged.text for line in (mine.split("\n")[0], theirs.split("\n")[-1]))


def test_the_same_change_on_both_sides_is_made_once():
    changed = BASE.replace("two", "2").replace("four", "4")
    assert merge(BASE, changed, changed) == merge(BASE, changed, BASE)
    assert merge(BASE, BASE.replace("two", "2"), changed).text == changed


@given(LINES, LINES, LINES)
def test_no_line_that_anybody_added_is_lost(base, mine, theirs):
    merged = merge(base, mine, theirs)
    for side in (mine, theirs):
        added = set(side.split("\n")) - set(base.split("\n"))
        assert added <= set(merged.text.split("\n"))
    assert merge(base, mine, base).text == mine and merge(base, base, theirs).text == theirs


def test_words_are_merged_as_a_set():
    assert merge_sets("dns smb", "dns smb laps", "dns kerberos", " ") == "dns kerberos laps"


def test_texts_that_would_take_long_are_one_change():
    many = [str(n) for n in range(1100)]
    assert len(many) ** 2 > MAX_LINE_PAIRS
    assert len(list(_changes(many, [f"{n}x" for n in many]))) == 1
    same = ["a", "b"] * 400
    assert not _is_cheap(same)
    assert len(list(_changes(["b", "a"] * 400 + ["c"], ["d", *same]))) == 1
