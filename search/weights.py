"""How much words, votes and age weigh: one measure for every engine. BM25F, then gentle signals."""

K1 = 1.5
TEXTS = {"body": (1.0, 0.75), "title": (2.0, 0.75), "labels": (1.0, 0.0), "context": (0.4, 0.75)}  # boost, B
RERANKED = 600  # more than anybody can page to, so that pages neither repeat nor skip
TITLED, FOREMOST = 1000.0, 500.0  # what goes before everything else
VOTE, FEWEST_VOTES, MOST_VOTES = 0.006, -10, 25
ACCEPTED = FRESH = CARE = 0.05
HALF_LIFE = 2 * 365 * 86400.0


def rarest(counts: dict[str, int], most: int) -> list[str]:
    """Those of the words that say most, as many as are had `most` times together; none that is had once."""
    chosen, total = [], 0
    for word in sorted((word for word in counts if counts[word] > 1), key=counts.__getitem__):
        total += counts[word]
        if total > most and chosen:
            break
        chosen.append(word)
    return chosen
