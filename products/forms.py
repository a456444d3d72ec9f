"""Form values of products and releases, of the current and of earlier versions."""

from products import queries
from products.facts import to_json, to_text
from products.models import PRODUCT_FACTS, RELEASE_FACTS, Product, Release


def values(thing: Product | Release) -> dict[str, str]:
    """Current values of the form fields."""
    return _form_values({field: thing.value(field) for field in fields(thing)})


def fields(thing: Product | Release) -> tuple[str, ...]:
    """Names of the facts."""
    return PRODUCT_FACTS if isinstance(thing, Product) else RELEASE_FACTS


def values_at(thing: Product | Release, number: int) -> dict[str, str] | None:
    """Form values at a version, by reverting later changes; None when they are not known."""
    facts = {field: to_json(thing.value(field)) for field in fields(thing)}
    changes = queries.edits_since(thing, number)
    if changes is None:
        return None
    for change in changes:
        facts |= {field: before for field, (before, _after) in change.facts.items()}
    return _form_values(facts)


def _form_values(facts: dict) -> dict[str, str]:
    return {
        field: "\n".join(value) if isinstance(value, list) else to_text(value)
        for field, value in facts.items()
        if not isinstance(value, dict)
    }
