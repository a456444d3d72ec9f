"""Matches the products that a document names to products and releases of the catalogue."""

from collections.abc import Iterable

from advisories.advisory import ProductEntry
from inventory import matching
from inventory.formats.component import Component

Match = tuple[int | None, tuple[int, ...]]  # ids of the product and its releases


class Catalogue:
    """A cache of matches, because an import names the same products many times."""

    def __init__(self) -> None:
        self._found: dict[Component, Match] = {}

    def look_up(self, entries: Iterable[ProductEntry]) -> None:
        """Match the entries that are not cached yet, in few queries; uncertain matches are ignored."""
        new = {component(entry) for entry in entries} - self._found.keys()
        if not new:
            return
        for match in matching.match(sorted(new, key=repr)).found:
            for each in match.components:
                if match.is_sure:
                    self._found[each] = (match.product.id, tuple(sorted(each.id for each in match.releases)))
        for each in new - self._found.keys():
            self._found[each] = (None, ())

    def __call__(self, entry: ProductEntry) -> Match:
        """Product and releases of an entry that was looked up."""
        return self._found[component(entry)]


def component(entry: ProductEntry) -> Component:
    """An entry as the component that inventory.matching takes; a range of versions has no version."""
    return Component(
        entry.product or entry.name,
        entry.vendor,
        "" if entry.is_range else entry.version,
        entry.purl,
        entry.cpe,
    )
