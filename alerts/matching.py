"""Which bulletins match the preferences of a subscription. Pure functions."""

from collections.abc import Iterable

from alerts.models import ALL, MINE, SEVERITIES, Subscription
from bulletins.queries import AlertFacts

UNRATED_SEVERITY = "moderate"  # assumed where the issuer gives none


def matching_bulletins(
    row: Subscription, bulletins: Iterable[AlertFacts], owned: set[tuple[int, int | None]]
) -> list[AlertFacts]:
    """Bulletins that are severe enough, or exploited, and about the products that `row` selects.

    `owned` are its member's products as (product id, release id), None for the product as a whole.
    """
    lowest = SEVERITIES.index(row.minimum)
    chosen = {product.id for product in row.products}

    def selects(facts: AlertFacts) -> bool:
        if row.scope == ALL:
            return True
        if row.scope == MINE:
            return _is_affected(owned, facts)
        return not chosen.isdisjoint(facts.product_ids)

    return [
        facts for facts in bulletins if (facts.is_exploited or urgency(facts)[1] <= lowest) and selects(facts)
    ]


def urgency(facts: AlertFacts) -> tuple[bool, int]:
    """Sort key: exploited first, then by severity."""
    return not facts.is_exploited, SEVERITIES.index(facts.severity or UNRATED_SEVERITY)


def _is_affected(owned: set[tuple[int, int | None]], facts: AlertFacts) -> bool:
    """Whether a bulletin affects one of the products; without a named release it affects all releases."""
    return any(
        product_id in facts.product_ids
        and (release_id is None or release_id in facts.release_ids or product_id in facts.whole_product_ids)
        for product_id, release_id in owned
    )
