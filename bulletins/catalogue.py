"""From the products that a document names to those of the catalogue; nothing waits for a CVE or a CPE."""

from collections.abc import Iterable

from advisories.advisory import ProductEntry
from inventory import matching
from inventory.sbom import Component

Match = tuple[int | None, tuple[int, ...]]  # ids of the product and its releases


class Catalogue:
    """Remembers what it found, for an import names the same products again and again."""

    def __init__(self) -> None:
        self._found: dict[Component, Match] = {}

    def learn(self, entries: Iterable[ProductEntry]) -> None:
        """Look up what is not known yet, in few queries; guesses count as nothing."""
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
        """Product and releases of an entry that was learnt."""
        return self._found[component(entry)]


def component(entry: ProductEntry) -> Component:
    """An entry as matching knows components; a range of versions names no release."""
    return Component(
        entry.product or entry.name,
        entry.vendor,
        "" if entry.is_range else entry.version,
        entry.purl,
        entry.cpe,
    )
