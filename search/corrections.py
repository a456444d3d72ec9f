"""Guessing what was meant: likelier spellings of words that nothing has."""

from collections.abc import Callable, Iterable
from string import ascii_lowercase

from search.analysis import terms, tokens
from search.engines.base import Index
from search.parser import Query

MAX_CORRECTED = 2
SHORTEST, LONGEST = 4, 20
READ_WORDS, USED_WORDS = 1000, 50  # terms that begin as what is being typed: looked at, and used
MAX_DISTANCE = 2  # letters between what was typed and what is offered
ENDING = 5  # so many letters a stem may lack of its word


def corrected(index: Index, query: Query, spelt: Callable[[str, str], str]) -> str | None:
    """The query with words that nothing has spelt likelier; None when there is nothing to correct.

    `spelt(guess, typed)` is the word of a document with the stem of a guess, nearest to what was typed; or
    nothing. The index keeps stems only, and a stem fits words that do not exist.
    """
    wanted, text, shift, count = set(query.all_terms()), query.text, 0, 0
    for term, start, end, _kind in tokens(query.text):
        word = query.text[start:end].casefold()
        if (
            term not in wanted
            or not word.isalpha()
            or not SHORTEST <= len(word) <= LONGEST
            or index.knows(term)
        ):
            continue
        guess = index.guess(word)
        guess = guess and spelt(guess, word)
        if guess:
            text = text[: start + shift] + guess + text[end + shift :]
            shift += len(guess) - (end - start)
        count += 1
        if count == MAX_CORRECTED:
            break
    return text if text != query.text else None


def nearest(stem: str, typed: str, texts: Iterable[str]) -> str:
    """The word with this stem in some texts that is nearest to what was typed; nothing when all are far."""
    words = set()
    for text in texts:
        words |= {text[start:end].casefold() for term, start, end, _kind in tokens(text) if term == stem}
    near = [(distance(typed, word), word) for word in words if abs(len(word) - len(typed)) <= MAX_DISTANCE]
    best = min(near, default=(MAX_DISTANCE + 1, ""))
    return best[1] if best[0] <= MAX_DISTANCE else ""


def misspelt(word: str) -> dict[str, str]:
    """Term → word: what is one letter away, more, less, other or swapped; the first letter stays."""
    halves = [(word[:i], word[i:]) for i in range(1, len(word) + 1)]
    edits = {a + b[1:] for a, b in halves if b} | {a + b[1] + b[0] + b[2:] for a, b in halves if len(b) > 1}
    edits |= {a + c + b[1:] for a, b in halves if b for c in ascii_lowercase}
    edits |= {a + c + b for a, b in halves for c in ascii_lowercase}
    stems: dict[str, str] = {}
    for edit in sorted(edits - {word}):
        for term in terms(edit):
            stems.setdefault(term, edit)
    return stems


def distance(word: str, other: str) -> int:
    """How many letters must be added, left out, changed, or swapped with the next."""
    before, last = [], list(range(len(other) + 1))
    for i, letter in enumerate(word):
        row = [i + 1]
        for j, its in enumerate(other):
            row.append(min(last[j] + (letter != its), last[j + 1] + 1, row[j] + 1))
            if i and j and letter == other[j - 1] and word[i - 1] == its:
                row[-1] = min(row[-1], before[j - 1] + 1)
        before, last = last, row
    return last[-1]
