"""How well search ranks on a neutral test collection, beside SQLite's full-text search on the same text."""

import pytest

from bench import relevance, relevance_collections
from search import word_vectors
from tests.conftest import DATA


def test_measures_are_those_of_the_textbook():
    graded = {"a": 3, "b": 2, "c": 1}
    assert relevance.ndcg(["a", "b", "c"], graded) == 1
    assert relevance.ndcg(["x", "a"], {"a": 1}) == pytest.approx(0.6309, abs=1e-4)
    assert relevance.average_precision(["a", "x", "b"], {"a": 1, "b": 1}) == pytest.approx((1 + 2 / 3) / 2)
    assert relevance.average_precision(["x"], {"a": 1}) == 0
    assert relevance.recall(["x", "a", "y", "z", "z", "b"], {"a": 1, "b": 1}) == 0.5


def test_linked_questions_are_in_one_half(tmp_path):
    posts = "".join(
        f'<row Id="{number}" PostTypeId="{1 + (number == 9)}" Title="t{number}" Body="&lt;p&gt;x&lt;/p&gt;"/>'
        for number in range(1, 10)
    )
    links = "".join(
        f'<row PostId="{one}" RelatedPostId="{other}"/>'
        for one, other in ((1, 2), (3, 2), (4, 5), (6, 9), (7, 7), (8, 77))
    )
    (tmp_path / "Posts.xml").write_text(f"<posts>{posts}</posts>")
    (tmp_path / "PostLinks.xml").write_text(f"<postlinks>{links}</postlinks>")
    found = relevance_collections.duplicates(tmp_path)
    assert found.judged == {"1": {"2": 1}, "2": {"1": 1, "3": 1}, "3": {"2": 1}, "4": {"5": 1}, "5": {"4": 1}}
    assert [(query.id, query.half) for query in found.asked] == [
        ("1", 0), ("2", 0), ("3", 0), ("4", 1), ("5", 1)
    ]  # fmt: skip
    assert len(found.texts) == 8 and found.texts[0].body.strip() == "x"


@pytest.mark.realdata
def test_judged_queries_name_files_that_are_there():
    found = relevance_collections.guidance(DATA / "markdown")
    known = {text.id for text in found.texts}
    assert len(found.asked) >= 30 and all(known >= names.keys() for names in found.judged.values())


@pytest.mark.long
@pytest.mark.realdata
@pytest.mark.every_database(long=True)
def test_ours_is_not_below_fts5_nor_what_bm25f_reaches(app):
    found = relevance.run_neutral(DATA / "ir" / "cranfield")
    ours, fts5 = found[relevance.OURS], found[relevance.FTS5]
    assert ours.ndcg >= fts5.ndcg and ours.map >= fts5.map, found
    budget = 0.395 if word_vectors.are_available() else 0.37
    assert ours.ndcg >= budget, found


@pytest.mark.long
@pytest.mark.realdata
@pytest.mark.every_database(long=True)
def test_similar_questions_find_the_linked_ones(app):
    found = relevance.run_duplicates(app, DATA / "stackexchange-cardano")
    ours, plain = found[relevance.OURS], found[relevance.BM25]
    assert ours.ndcg > plain.ndcg and ours.recall > plain.recall, found
    if word_vectors.are_available():
        assert ours.ndcg >= 0.42 and ours.recall >= 0.5, found
