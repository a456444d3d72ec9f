"""Spelling corrections for words that no document has."""

from collections.abc import Callable, Iterable
from string import ascii_lowercase

from search.analysis import terms, tokens
from search.engines.base import Index
from search.parser import Query

MAX_CORRECTED_WORDS = 2
MIN_CORRECTED_LENGTH = 4  # letters
MAX_CORRECTED_LENGTH = 20  # letters
MAX_COMPLETION_CANDIDATES = 1000  # terms with the typed prefix that are compared
MAX_COMPLETIONS = 50  # terms that are used
MAX_EDIT_DISTANCE = 2  # letters between the typed word and its correction
MAX_ENDING_LENGTH = 5  # letters by which a word may be longer than its stem


def correct(index: Index, query: Query, indexed_spelling: Callable[[str, str], str]) -> str | None:
    """The query text with unknown words corrected; None when there is nothing to correct.

    `indexed_spelling(guess, typed)` returns the word of a document that has the stem of `guess` and is
    nearest to `typed`, or an empty string: the index has stems only, and a stem fits words that do not
    exist.
    """
    wanted = set(query.all_terms())
    text = query.text
    shift = 0
    count = 0
    for term, start, end, _kind in tokens(query.text):
        word = query.text[start:end].casefold()
        if (
            term not in wanted
            or not word.isalpha()
            or not MIN_CORRECTED_LENGTH <= len(word) <= MAX_CORRECTED_LENGTH
            or index.has_term(term)
        ):
            continue
        guess = index.guess_spelling(word)
        guess = guess and indexed_spelling(guess, word)
        if guess:
            text = text[: start + shift] + guess + text[end + shift :]
            shift += len(guess) - (end - start)
        count += 1
        if count == MAX_CORRECTED_WORDS:
            break
    return text if text != query.text else None


def nearest_word(stem: str, typed: str, texts: Iterable[str]) -> str:
    """The word in `texts` with this stem that is nearest to `typed`; empty beyond MAX_EDIT_DISTANCE."""
    words: set[str] = set()
    for text in texts:
        words |= {text[start:end].casefold() for term, start, end, _kind in tokens(text) if term == stem}
    near = [
        (edit_distance(typed, word), word)
        for word in words
        if abs(len(word) - len(typed)) <= MAX_EDIT_DISTANCE
    ]
    best = min(near, default=(MAX_EDIT_DISTANCE + 1, ""))
    return best[1] if best[0] <= MAX_EDIT_DISTANCE else ""


def stems_one_edit_away(word: str) -> dict[str, str]:
    """Words by stem, at edit distance 1 from `word`; the first letter is not changed."""
    halves = [(word[:i], word[i:]) for i in range(1, len(word) + 1)]
    edits = {a + b[1:] for a, b in halves if b} | {a + b[1] + b[0] + b[2:] for a, b in halves if len(b) > 1}
    edits |= {a + c + b[1:] for a, b in halves if b for c in ascii_lowercase}
    edits |= {a + c + b for a, b in halves for c in ascii_lowercase}
    stems: dict[str, str] = {}
    for edit in sorted(edits - {word}):
        for term in terms(edit):
            stems.setdefault(term, edit)
    return stems


def edit_distance(word: str, other: str) -> int:
    """Damerau-Levenshtein distance (optimal string alignment) of two words."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(word):
        row = [i + 1]
        for j, other_letter in enumerate(other):
            row.append(min(last[j] + (letter != other_letter), last[j + 1] + 1, row[j] + 1))
            if i and j and letter == other[j - 1] and word[i - 1] == other_letter:
                row[-1] = min(row[-1], before[j - 1] + 1)
        before = last
        last = row
    return last[-1]
