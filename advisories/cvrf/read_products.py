"""The product tree of a CVRF document, flat. Microsoft names each product twice: in a branch and beside."""

from collections.abc import Iterator
from dataclasses import replace

from flask_babel import gettext as _

from advisories.advisory import ProductEntry
from advisories.csaf.rules import BRANCHES, RELATIONS, is_cpe, is_range, plain_path
from advisories.cvrf.xml_values import XmlNode
from advisories.reading import Log


class Products:
    """The products of a document; answers which of them a part of it names."""

    def __init__(self, tree: XmlNode, log: Log):
        self.log = log
        self.entries: dict[str, ProductEntry] = {}
        self.concerned: tuple[str, ...] = ()  # those of the vulnerability that is being read
        for node, path in _leaves(tree, ()):
            self._add(node, _entry(node, path))
        for node in tree.each("Relationship"):
            _relate(node, self.entries, log)
        self.order = {name: place for place, name in enumerate(self.entries)}

    def named_by(self, node: XmlNode) -> tuple[str, ...]:
        """The known products that `node` names."""
        ids = dict.fromkeys(filter(None, (each.line() for each in node.each("ProductID"))))
        for name in ids:
            if name not in self.entries:
                node.log.warn(node.place, _("unknown product %(name)s", name=repr(name[:60])))
        self.log.count(len(ids))
        return tuple(name for name in ids if name in self.entries)

    def meant_by(self, node: XmlNode) -> tuple[str, ...]:
        """The products that `node` names, or all that are concerned when it names none."""
        named = self.named_by(node)
        self.log.count(0 if named else len(self.concerned))
        return named or self.concerned

    def _add(self, node: XmlNode, entry: ProductEntry) -> None:
        self.log.count_products(len(self.entries) + 1)
        if not entry.id:
            self.log.warn(node.place, _("a product without a ProductID"))
        elif self.entries.setdefault(entry.id, entry).name != entry.name:
            self.log.warn(node.place, _("%(id)s names two products", id=repr(entry.id[:60])))


def _leaves(node: XmlNode, path: tuple) -> Iterator[tuple[XmlNode, tuple]]:
    """(product, path), those in branches first: they know their vendor. Depth is bounded by the parser."""
    for branch in node.each("Branch"):
        category = branch.attribute("Type").lower().replace(" ", "_")
        name = branch.attribute("Name")
        yield from _leaves(branch, (*path, (category, name)) if category in BRANCHES and name else path)
    for product in node.each("FullProductName"):
        yield product, path


def _entry(node: XmlNode, path: tuple[tuple[str, str], ...]) -> ProductEntry:
    name, cpe = node.line() or node.attribute("ProductID"), node.attribute("CPE")
    words = dict(path)
    if name and "product_name" not in words and "product_version" not in words:
        path = (*path, ("product_name", name))
    version = words.get("product_version_range") or words.get("product_version", "")
    if cpe and not is_cpe(cpe):
        node.log.warn(node.place, _("not a CPE: %(cpe)s", cpe=repr(cpe[:60])))
    return ProductEntry(
        node.attribute("ProductID"),
        name,
        words.get("vendor", ""),
        dict(path).get("product_name", ""),
        version,
        is_range=is_range(version),
        cpe=cpe if is_cpe(cpe) else "",
        path=path if plain_path(path) is None else (),
    )


def _relate(node: XmlNode, found: dict[str, ProductEntry], log: Log) -> None:
    relation = node.attribute("RelationType").lower().replace(" ", "_")
    ends = node.attribute("ProductReference"), node.attribute("RelatesToProductReference")
    for product in node.each("FullProductName"):
        entry = _entry(product, ())
        if not entry.id or entry.id in found or not all(end in found for end in ends):
            log.warn(product.place, _("a relationship that points to nothing, or a product listed twice"))
        else:
            found[entry.id] = replace(
                entry, product="", part_of=(relation if relation in RELATIONS else RELATIONS[0], *ends)
            )
