"""What a query may cost: lookups in the index and candidates are bounded, whatever is typed."""

import pytest

from core.markup.languages import language_of
from search import analysis, expansions
from search.parser import MAX_ALTERNATIVES, parse

MAX_LOOKED_UP = 700  # terms
MAX_PREFIXES = 60
HOSTILE = [
    "a" * 1000,
    "ab " * 333,
    " ".join(f"w{n}" for n in range(300)),
    " ".join(f"{n:08x}" for n in range(100)),
    " ".join(f"get-ad{n}*" for n in range(90)),
    "sicherheitsrichtlinien " * 40,
    " ".join(f"donaudampfschiff{'a' * (n % 20)}fahrt" for n in range(40)),
    "1.1.1.1." * 120,
    "aa:" * 333,
    "服" * 1000,
    "a-b-c-d-" * 120,
    "c++" * 300,
    '"a b" ' * 160,
]


class Counting:
    """An index of all languages that has every term, and counts what it is asked."""

    def __init__(self):
        self.generation = object()
        self.looked_up = self.prefixes = 0

    def document_counts(self, words):
        self.looked_up += len(words)
        return dict.fromkeys(words, 1)

    def has_term(self, term):
        self.looked_up += 1
        return False

    def identifiers_with_prefix(self, prefix, limit):
        self.prefixes += 1
        if prefix == "language:":
            return [f"language:{code}" for code in ("de", "fi", "fr", "nl", "pl", "ru", "sv", "tr")]
        return [f"{prefix}{number}" for number in range(limit)]


@pytest.mark.parametrize("text", HOSTILE)
def test_lookups_are_bounded(text):
    index = Counting()
    query = parse(text)
    expansions.expand(index, query)
    splits = list(expansions.split_queries(index, query))
    assert index.looked_up <= MAX_LOOKED_UP and index.prefixes <= MAX_PREFIXES
    assert len(splits) <= 2 * expansions.MAX_SPLITS
    assert all(len(others) <= MAX_ALTERNATIVES for others in query.alternatives.values())


def test_a_text_is_read_in_steps_that_grow_with_its_length(monkeypatch):
    """A long word without a break was once compared with itself from each of its letters."""
    for unit in ("a", "a-", "1.1.", "aa:", "é\u0301", "服", "a'", "ab1.1", "v1.", "c+", "x&y"):
        for text in (unit * 200, unit * 400):
            stored = len(list(analysis.positioned_terms(text, "de")))
            assert stored <= 4 * len(text)
    long = "a" * 100_000
    assert not list(analysis.compounds(long)) and not list(analysis.positioned_terms(long))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Größere Änderungen beim Schlüsselaustausch", "de"),
        ("Les correctifs de sécurité ne s'installent pas", "fr"),
        ("Cómo bloquear las macros de los documentos", "es"),
        ("Łódź oddział nie może zainstalować aktualizacji", "pl"),
        ("Сервер не отвечает после обновления", "ru"),
        ("Sunucu güncellemeden sonra yanıt vermiyor", "tr"),
        ("Så här inaktiverar du makron i dokument", "sv"),
        ("How do I compile code on a hardened host?", "en"),
        ("KB5034441 0x80070643", ""),
        ("", ""),
    ],
)
def test_the_language_of_a_text_is_found(app, text, code):
    assert language_of(text) == code


def test_only_languages_of_the_site_are_looked_for(app):
    app.config["REDOUBT_LANGUAGES"] = ("en", "fr")
    assert language_of("Größere Änderungen beim Schlüsselaustausch") in ("", "en", "fr")
    app.config["REDOUBT_LANGUAGES"] = ("en",)
    assert language_of("Größere Änderungen beim Schlüsselaustausch") == "en"
