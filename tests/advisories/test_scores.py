"""Scores are computed; a stated one that differs is shown; no vector is an error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisories import scores
from advisories.advisory import Score

HIGHEST = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


@pytest.mark.parametrize(
    ("vector", "version", "base", "severity"),
    [
        ("AV:N/AC:L/Au:N/C:P/I:P/A:P", "2.0", 7.5, "important"),
        ("(AV:N/AC:L/Au:N/C:P/I:P/A:P)", "2.0", 7.5, "important"),
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N", "3.0", 5.3, "moderate"),
        (HIGHEST, "3.1", 9.8, "critical"),
        (HIGHEST + "/E:U/RL:O/RC:C", "3.1", 9.8, "critical"),  # the base, whatever the time
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", "3.1", 0.0, ""),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "4.0", 9.3, "critical"),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:U", "4.0", 9.3, "critical"),
    ],
)
def test_ratings(vector, version, base, severity):
    assert scores.rate(vector) == scores.Rating(version, base, severity)


@pytest.mark.parametrize(
    "vector",
    [
        "",
        "CVSS:3.1",
        "CVSS:5.0/AV:N",
        "CVSS:3.1/AV:N",
        HIGHEST + "/AV:N",
        "AV:N",
        HIGHEST.lower(),
        HIGHEST * 20,
        HIGHEST.replace("AV:N", "AV:X"),
    ],
)
def test_what_is_no_vector_has_no_rating(vector):
    assert scores.rate(vector) is None


PARTS = [
    "CVSS:3.1",
    "CVSS:4.0",
    "AV:N",
    "AC:L",
    "PR:N",
    "UI:N",
    "S:U",
    "C:H",
    "I:H",
    "A:H",
    "Au:N",
    "AT:N",
    "",
]


@given(st.one_of(st.text(), st.lists(st.sampled_from(PARTS), max_size=12).map("/".join)))
def test_no_text_is_an_error(vector):
    scores.rate(vector)


def test_a_stated_score_that_the_vector_contradicts():
    assert scores.is_stated_wrong(Score("3.1", HIGHEST, 5.0))
    assert not scores.is_stated_wrong(Score("3.1", HIGHEST, 9.8))
    assert not scores.is_stated_wrong(Score("3.1", HIGHEST, None))
    assert not scores.is_stated_wrong(Score("3.1", "nonsense", 5.0))


def test_the_worst_severity_counts_computed_before_stated():
    assert scores.severity_of([Score("3.1", HIGHEST, 1.0), Score("", "", 5.0)]) == "critical"
    assert scores.severity_of([Score("", "", 5.0)]) == "moderate"
    assert scores.severity_of([]) == ""


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("High", "important"),
        (" MEDIUM ", "moderate"),
        ("Low", "low"),
        ("Critical", "critical"),
        ("Spoofing", ""),
    ],
)
def test_words_of_issuers(word, severity):
    assert scores.severity_of_word(word) == severity
