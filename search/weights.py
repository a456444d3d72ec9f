"""Ranking parameters of all engines: BM25F, then factors for votes, acceptance, age and kind."""

K1 = 1.5
FIELD_WEIGHTS = {
    "body": (1.0, 0.75),
    "title": (2.0, 0.75),
    "labels": (1.0, 0.0),
    "context": (0.4, 0.75),
}  # (boost, b)
RERANK_SIZE = 600  # more than can be paged to, so that pages neither repeat nor skip results
TITLE_MATCH_BONUS = 1000.0  # above every score
STRICT_MATCH_BONUS = 500.0  # of documents with all terms among those with any
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
