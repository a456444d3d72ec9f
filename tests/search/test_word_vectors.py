"""Meaning from word vectors: read from two files, stored by the index, weighted with the words."""

import json

import numpy as np
import pytest

from core.database.db import db
from posts import actions as posts
from search import fusion, word_vectors
from search.fields import Document
from search.parser import parse
from search.similar_queries import related, similar

PIECES = ["▁", "a", "b", "▁a", "ab", "▁ab", *(f"<0x{byte:02X}>" for byte in range(256))]


@pytest.fixture
def package(tmp_path):
    """The two files of the package, with a direction of its own for each of a few pieces."""
    weights = np.eye(len(PIECES), word_vectors.DIMENSIONS, dtype="<f2")
    entry = {"dtype": "F16", "shape": list(weights.shape), "data_offsets": [0, weights.nbytes]}
    header = json.dumps({"embedding.weight": entry}).encode()
    for name, content in {
        word_vectors.WEIGHTS_FILE: len(header).to_bytes(8, "little") + header + weights.tobytes(),
        word_vectors.PIECES_FILE: json.dumps(
            {"model": {"type": "BPE", "vocab": {piece: at for at, piece in enumerate(PIECES)}, "merges": []}},
            ensure_ascii=False,
        ).encode(),
    }.items():
        (tmp_path / name.parent).mkdir()
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.fixture
def vectors(package, monkeypatch):
    """Texts have these vectors, whether the package is installed or not."""
    found = word_vectors.WordVectors(package)
    monkeypatch.setattr(word_vectors, "installed", lambda: found)
    return found


def test_words_are_split_into_the_longest_known_pieces(vectors):
    split = {
        word: [PIECES[number] for number in vectors._split(word)] for word in ("ab", "a", "ba", "aé", "")
    }
    assert split == {
        "ab": ["▁ab"],
        "a": ["▁a"],
        "ba": ["▁", "b", "a"],
        "aé": ["▁a", "<0xC3>", "<0xA9>"],
        "": ["▁"],
    }


def test_a_text_has_a_direction_of_length_one_and_keeps_it_in_a_byte_for_each_dimension(vectors):
    query = word_vectors.text_vector("ab")
    assert np.linalg.norm(query) == pytest.approx(1) and word_vectors.text_vector("- ?") is None
    stored = [
        word_vectors.document_vector(Document("post:1", "question", *texts))
        for texts in (("ab", ""), ("b", "ab"))
    ]
    assert [len(each) for each in stored] == [word_vectors.VECTOR_BYTES] * 2
    same, other, none = word_vectors.similarities(query, [*stored, b""])
    assert 0.45 < same < 0.55 and 0 < other < same and np.isnan(none), "a single value is clipped at a half"


@pytest.mark.parametrize("wrong", [b"", b"\xff" * 8, (99).to_bytes(8, "little") + b"{}"])
def test_without_usable_files_search_ranks_by_words(package, monkeypatch, wrong):
    (package / word_vectors.WEIGHTS_FILE).write_bytes(wrong)
    monkeypatch.setattr(
        word_vectors, "find_spec", lambda name: type("Spec", (), {"submodule_search_locations": [package]})
    )
    word_vectors.installed.cache_clear()
    try:
        assert not word_vectors.are_available() and word_vectors.text_vector("ab") is None
        assert word_vectors.document_vector(Document("post:1", "question", "ab", "")) == b""
    finally:
        word_vectors.installed.cache_clear()


def test_meaning_decides_between_near_scores_and_never_against_a_bonus(vectors):
    stored = [word_vectors.document_vector(Document("post:1", "tag", title, "")) for title in ("b", "ab")]
    query = word_vectors.text_vector("ab")

    def order(*hits, vectors=stored):
        return [
            key
            for key, _ in fusion.fuse(
                [(str(place), score) for place, score in enumerate(hits)], vectors, query
            )
        ]

    assert order(10.0, 9.0) == ["1", "0"] and order(10.0, 4.0) == ["0", "1"]
    assert order(510.0, 9.0) == ["0", "1"], "all words were found"
    assert order(10.0, 9.0, vectors=[b"", b""]) == ["0", "1"] and order() == []


@pytest.mark.every_database
def test_the_index_keeps_a_vector_through_changes(vectors, engine, library, build, ask):
    for number, title in enumerate(("printer a", "printer ab", "printer b")):
        library.add(number, title)
    build()
    engine.update([library.add(1, "printer b")], library.load)
    found = ask("printer", with_vectors=2)
    wanted = [word_vectors.document_vector(library[key]) for key, _ in found.hits[:2]]
    assert len(found.hits) == 3 and found.vectors == wanted and all(wanted)
    assert ask("printer").vectors == [] and ask("nothing", with_vectors=2).vectors == []


@pytest.mark.every_database
def test_a_page_of_results_is_ordered_by_meaning_too(vectors, engine, library, build, look):
    for number in range(6):
        library.add(number, "printer " + ("ab" if number == 4 else "b"), "printer stops")
    build()

    def found(text, **options):
        options = {"limit": 2, "offset": 0, "sort": "relevance"} | options
        with look() as index:
            return [key for key, _ in fusion.search(index, parse(text), any_word=True, **options).hits]

    assert found("printer ab")[0] == found("printer stops ab")[0] == "post:4"
    pages = [key for start in range(0, 6, 2) for key in found("printer ab", offset=start)]
    assert sorted(pages) == sorted(library) and pages[0] == "post:4"


def test_a_question_is_found_by_its_answers(app, make_question, make_answer, drain, member, moderator):
    asked = make_question("How do I flush the resolver?")
    other = make_question("What is wrong with my workstation?")
    make_answer(other, "The cache is stale: restart dnsmasq, it forgets everything then.")
    drain()

    def found(posts):
        return [post.id for post in posts]

    assert found(similar("Restart dnsmasq", "", user=member)) == [other.id]
    assert found(similar("Name resolution", "restart dnsmasq", user=member))[0] == other.id
    assert found(related(other.id, other.title, user=member)) == []
    assert found(related(asked.id, asked.title, user=member)) == []
    third = make_question("Why must I flush the resolver?")
    make_answer(third, "The cache is stale.")
    drain()
    assert found(similar("flush the resolver", "", user=member)) == [asked.id, third.id]
    assert found(related(third.id, third.title, user=member)) == [asked.id]
    assert found(related(asked.id, asked.title, user=member)) == [], "for some minutes"
    posts.delete(db.session.merge(asked), by=moderator)
    db.session.commit()
    assert found(related(third.id, third.title, user=member)) == [], "but what is hidden is hidden at once"
