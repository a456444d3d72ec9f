"""Which bulletins match the preferences of a subscription. Pure functions."""

from collections.abc import Collection, Iterable

from alerts.models import ALL, MINE, SEVERITIES, Subscription
from bulletins.queries import AlertFacts

UNRATED_SEVERITY = "moderate"  # assumed where the issuer gives none


def matching_bulletins(
    row: Subscription, bulletins: Iterable[AlertFacts], mine: Collection[int]
) -> list[AlertFacts]:
    """Bulletins that are severe enough, or exploited, and about the products that `row` selects.

    `mine` are the ids of the bulletins that concern what its member has.
    """
    lowest = SEVERITIES.index(row.minimum)
    chosen = {product.id for product in row.products}

    def selects(facts: AlertFacts) -> bool:
        if row.scope == ALL:
            return True
        if row.scope == MINE:
            return facts.id in mine
        return not chosen.isdisjoint(facts.product_ids)

    return [
        facts for facts in bulletins if (facts.is_exploited or urgency(facts)[1] <= lowest) and selects(facts)
    ]


def urgency(facts: AlertFacts) -> tuple[bool, int]:
    """Sort key: exploited first, then by severity."""
    return not facts.is_exploited, SEVERITIES.index(facts.severity or UNRATED_SEVERITY)
