"""Ranking parameters of all engines: BM25F, then factors for votes, acceptance, age and kind."""

from collections.abc import Mapping
from math import log1p

from search.parser import Query

K1 = 2.0
FIELD_WEIGHTS = {
    "body": (1.0, 0.75),
    "title": (2.0, 0.75),
    "labels": (1.0, 0.0),
    "context": (0.4, 0.75),
}  # (boost, b)
RERANK_SIZE = 600  # more than can be paged to, so that pages neither repeat nor skip results
TITLE_MATCH_BONUS = 1000.0  # above every score
STRICT_MATCH_BONUS = 500.0  # of documents with all terms among those with fewer
ENOUGH_RESULTS = 10  # after which no more words of a short query are given up
SHORT_QUERY_WORDS = 4
BODY_WEIGHT = 0.5  # of a text in its word vector, beside 1 for the title
MEANING_WEIGHT = 0.4  # of the similarity of word vectors, in shares of the best score by words
ANSWER_SHARE = 0.6  # of the score of its best answer that counts for a question, among similar questions
VOTE_WEIGHT = 0.006
MIN_COUNTED_VOTES = -10
MAX_COUNTED_VOTES = 25
ACCEPTED_WEIGHT = 0.05
FRESHNESS_WEIGHT = 0.05
ARTICLE_WEIGHT = 0.05
FRESHNESS_HALF_LIFE_SECONDS = 2 * 365 * 86400.0


def inverse_document_frequency(count: int, size: int) -> float:
    """Inverse document frequency of a term that `count` of `size` documents have."""
    return log1p((max(size - count, 0) + 0.5) / (count + 0.5))


def weighted_groups(query: Query, counts: Mapping[str, int], size: int) -> list[dict[str, float]]:
    """For each typed term the weights of itself and of its alternatives, those that documents have.

    `counts` are documents by term. A document scores by the best of a group, and an alternative weighs no
    more than the term for which it stands: a rare spelling is no better match than the word itself.
    """
    groups = []
    for term in query.typed_terms():
        highest = inverse_document_frequency(counts.get(term, 0), size)
        others = query.alternatives.get(term, ()) if term in query.terms else ()
        groups.append(
            {
                each: min(highest, inverse_document_frequency(counts[each], size))
                for each in (term, *others)
                if counts.get(each)
            }
        )
    return [group for group in groups if group]


def required_words(found: Mapping[int, int], words: int, min_results: int) -> int:
    """How many of `words` words a document must have: all, if `min_results` documents have all.

    `found` are documents by the number of words they have. Otherwise one word after another is given up until
    there is a page of results, or more for long queries: of many words the weights know better which matter.
    """
    total = found.get(words, 0)
    if total >= min_results:
        return words
    enough = ENOUGH_RESULTS * 2 ** max(0, words - SHORT_QUERY_WORDS)
    for required in range(words - 1, 0, -1):
        total += found.get(required, 0)
        if total >= enough:
            return required
    return 1


def rarest_terms(counts: dict[str, int], max_postings: int) -> list[str]:
    """The rarest terms up to `max_postings` in all, at least one; terms of no document are left out."""
    chosen: list[str] = []
    total = 0
    for term in sorted((term for term in counts if counts[term] > 0), key=counts.__getitem__):
        total += counts[term]
        if total > max_postings and chosen:
            break
        chosen.append(term)
    return chosen
