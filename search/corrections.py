"""Guessing what was meant: likelier spellings of unknown words, and completions of what is being typed."""

from heapq import nlargest
from string import ascii_lowercase

import numpy as np

from search.analysis import begun_identifier, terms, tokens
from search.fields import TEXTS
from search.parser import Query
from search.storage import NONE, Segment, Snapshot

MAX_CORRECTED = 2
SHORTEST, LONGEST = 4, 20
READ_WORDS, USED_WORDS = 1000, 50
ENDING = 5  # so many letters a stem may lack of its word


def corrected(snapshot: Snapshot, query: Query) -> str | None:
    """The query with words that nothing has spelt likelier; None when there is nothing to correct."""
    wanted, text, shift, count = set(query.all_terms()), query.text, 0, 0
    for term, start, end, _kind in tokens(query.text):
        word = query.text[start:end].casefold()
        if term not in wanted or not word.isalpha() or not SHORTEST <= len(word) <= LONGEST or _is_known(
                snapshot, term):
            continue
        guess = _guess(snapshot, word)
        if guess:
            text = text[:start + shift] + guess + text[end + shift:]
            shift += len(guess) - (end - start)
        count += 1
        if count == MAX_CORRECTED:
            break
    return text if text != query.text else None


def _guess(snapshot: Snapshot, word: str) -> str:
    """The commonest word one letter away, more, less, other or swapped; the first letter stays."""
    halves = [(word[:i], word[i:]) for i in range(1, len(word) + 1)]
    edits = {a + b[1:] for a, b in halves if b} | {a + b[1] + b[0] + b[2:] for a, b in halves if len(b) > 1}
    edits |= {a + c + b[1:] for a, b in halves if b for c in ascii_lowercase}
    edits |= {a + c + b for a, b in halves for c in ascii_lowercase}
    stems: dict[str, str] = {}
    for edit in sorted(edits - {word}):
        for term in terms(edit):
            stems.setdefault(term, edit)
    largest = nlargest(2, (segment for segment, _ in snapshot.parts), key=lambda segment: segment.size)
    common = {term: sum(segment.frequency(name, term) for segment in largest for name in ("body", "title"))
              for term in stems}
    for term in nlargest(3, common, key=common.__getitem__):
        if common[term] and _is_known(snapshot, term):
            return stems[term]
    return ""


def _is_known(snapshot: Snapshot, term: str) -> bool:
    """Whether a document that is not deleted has the term: a word must not outlive what it stood in."""
    return any(alive[segment.docs(name, term)].any() for segment, alive in snapshot.parts for name in TEXTS)


def completed(snapshot: Snapshot, text: str, most: int) -> list[str]:
    """Keys of documents whose titles have these words, the last perhaps only begun; most votes first."""
    *whole, begun = text.casefold().split() or [""]
    before = terms(" ".join(whole))
    found: list[tuple[int, str]] = []
    for segment, alive in snapshot.parts:
        begins = [segment.docs("title", term) for term in _expanded(segment, begun)]
        chosen = alive & segment.mask(np.concatenate([NONE, *begins]))
        for term in before:
            chosen &= segment.mask(segment.docs("title", term))
        docs = np.flatnonzero(chosen)
        best = docs[np.argsort(-segment.votes[docs], kind="stable")[:most]]
        found += [(segment.votes[doc], segment.key(doc)) for doc in best]
    return [key for _votes, key in nlargest(most, found)]


def _expanded(segment: Segment, begun: str) -> list[str]:
    """The commonest title words that begin so, and those of which this is all but the ending."""
    parts = terms(begun)
    last = begun if len(parts) < 2 else parts[-1]
    words = set(segment.words_from("title", last, READ_WORDS))
    shorter = (last[:length] for length in range(len(last) - 1, max(SHORTEST, len(last) - ENDING) - 1, -1))
    words |= {*parts[-1:], *next(([word] for word in shorter if segment.frequency("title", word)), [])}
    return nlargest(USED_WORDS, words, key=lambda word: segment.frequency("title", word))


def identifiers(snapshot: Snapshot, text: str, most: int) -> list[str]:
    """Identifiers that begin as typed and stand in some document."""
    start = begun_identifier(text)
    found = {word for segment, _ in snapshot.parts for name in ("title", "body") if start
             for word in segment.words_from(name, start, USED_WORDS)}
    known = (word for word in sorted(found) if _is_known(snapshot, word))
    return [word for _, word in zip(range(most), known, strict=False)]
