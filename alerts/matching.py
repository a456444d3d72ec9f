"""Which bulletins somebody wants to be told of. Pure."""

from collections.abc import Iterable

from alerts.models import ALL, MINE, SEVERITIES, Subscription
from bulletins.queries import AlertFacts

UNRATED = "moderate"  # how a bulletin counts whose issuer does not rate it


def wanted(
    row: Subscription, bulletins: Iterable[AlertFacts], owned: set[tuple[int, int | None]]
) -> list[AlertFacts]:
    """Those of `bulletins` that are severe enough, or exploited, and about what `row` asks for.

    `owned` is what its member runs: (product, release), where no release means the product as a whole.
    """
    worst = SEVERITIES.index(row.minimum)
    chosen = {product.id for product in row.products}
    return [
        facts
        for facts in bulletins
        if (facts.is_exploited or urgency(facts)[1] <= worst)
        and (
            row.scope == ALL
            or (_runs(owned, facts) if row.scope == MINE else not chosen.isdisjoint(facts.product_ids))
        )
    ]


def urgency(facts: AlertFacts) -> tuple[bool, int]:
    """Sorts the exploited first, then the severe."""
    return not facts.is_exploited, SEVERITIES.index(facts.severity or UNRATED)


def _runs(owned: set[tuple[int, int | None]], facts: AlertFacts) -> bool:
    """Whether one of them is affected: a bulletin that names no release of a product means all."""
    return any(
        product_id in facts.product_ids
        and (release_id is None or release_id in facts.release_ids or product_id in facts.whole_product_ids)
        for product_id, release_id in owned
    )
