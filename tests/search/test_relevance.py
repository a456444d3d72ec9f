"""How well search ranks on a neutral test collection, beside SQLite's full-text search on the same text."""

import pytest

from bench import relevance
from tests.conftest import DATA


def test_measures_are_those_of_the_textbook():
    graded = {"a": 3, "b": 2, "c": 1}
    assert relevance.ndcg(["a", "b", "c"], graded) == 1
    assert relevance.ndcg(["x", "a"], {"a": 1}) == pytest.approx(0.6309, abs=1e-4)
    assert relevance.average_precision(["a", "x", "b"], {"a": 1, "b": 1}) == pytest.approx((1 + 2 / 3) / 2)
    assert relevance.average_precision(["x"], {"a": 1}) == 0


@pytest.mark.long
@pytest.mark.realdata
@pytest.mark.every_database(long=True)
def test_ours_is_not_below_fts5_nor_what_bm25f_reaches(app):
    found = relevance.run(DATA / "ir" / "cranfield")
    assert found["ours"] >= found["fts5"] and found["ours"][1] >= found["fts5"][1], found
    assert found["ours"][0] >= 0.98 * 0.387, found
