"""Products and releases as their forms show them, now and at any version before."""

from products import queries
from products.facts import plain, written
from products.models import PRODUCT_FACTS, RELEASE_FACTS, Product, Release


def values(thing: Product | Release) -> dict[str, str]:
    """Facts as the form shows them."""
    return _shown({field: thing.value(field) for field in fields(thing)})


def fields(thing: Product | Release) -> tuple[str, ...]:
    """Names of its facts."""
    return PRODUCT_FACTS if isinstance(thing, Product) else RELEASE_FACTS


def values_at(thing: Product | Release, number: int) -> dict[str, str] | None:
    """What its form showed at a version: its changes since then taken back, the newest first."""
    facts = {field: plain(thing.value(field)) for field in fields(thing)}
    changes = queries.edits_since(thing, number)
    if changes is None:
        return None
    for change in changes:
        facts |= {field: before for field, (before, _after) in change.facts.items()}
    return _shown(facts)


def _shown(facts: dict) -> dict[str, str]:
    return {
        field: "\n".join(value) if isinstance(value, list) else written(value)
        for field, value in facts.items()
        if not isinstance(value, dict)
    }
