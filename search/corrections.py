"""Guessing what was meant: likelier spellings of words that nothing has."""

from string import ascii_lowercase

from search.analysis import terms, tokens
from search.engine import Index
from search.parser import Query

MAX_CORRECTED = 2
SHORTEST, LONGEST = 4, 20
READ_WORDS, USED_WORDS = 1000, 50  # terms that begin as what is being typed: looked at, and used
ENDING = 5  # so many letters a stem may lack of its word


def corrected(index: Index, query: Query) -> str | None:
    """The query with words that nothing has spelt likelier; None when there is nothing to correct."""
    wanted, text, shift, count = set(query.all_terms()), query.text, 0, 0
    for term, start, end, _kind in tokens(query.text):
        word = query.text[start:end].casefold()
        if (term not in wanted or not word.isalpha() or not SHORTEST <= len(word) <= LONGEST
                or index.knows(term)):
            continue
        guess = index.guess(word)
        if guess:
            text = text[:start + shift] + guess + text[end + shift:]
            shift += len(guess) - (end - start)
        count += 1
        if count == MAX_CORRECTED:
            break
    return text if text != query.text else None


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
