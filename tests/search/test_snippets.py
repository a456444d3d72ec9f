"""What of a text is shown around what was looked for."""

import pytest

from search import snippets


@pytest.mark.parametrize(
    "text",
    [
        "Which client asked for that name? Query logging on Windows DNS servers",
        "DNS",
        "no match here",
        "Why   does  DNS need two   spaces",
    ],
)
def test_a_title_is_shown_whole(text):
    assert "".join(part for part, _ in snippets.highlight(text, {"dns"})) == " ".join(text.split())


def test_a_long_text_is_cut_around_its_matches():
    parts = snippets.snippet("word " * 200 + "DNS server " + "word " * 200, {"dns"})
    assert ("DNS", True) in parts and parts[0] == ("… ", False) and parts[-1][0].endswith(" …")
    assert sum(len(part) for part, _ in parts) < snippets.SNIPPET_LENGTH + 10
