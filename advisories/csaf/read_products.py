"""The product tree of a CSAF 2.0 document (section 3.2.2), flat."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from flask_babel import gettext as _

from advisories.addresses import is_uri
from advisories.advisory import STATUSES, ProductEntry
from advisories.csaf import rules
from advisories.reading import MAX_DEPTH, Node

_HASH = re.compile(r"[0-9a-fA-F]{32,200}")


class Products:
    """The products of a document and its groups; answers which products a part of it names."""

    def __init__(self, tree: Node):
        self.log = tree.log
        self.entries: dict[str, ProductEntry] = {}
        self.groups: dict[str, tuple[str, ...]] = {}
        self.concerned: tuple[str, ...] = ()  # those of the vulnerability that is being read
        for node, path in _leaves(tree["branches"], ()):
            self._add(node, path)
        for node in tree["full_product_names"]:
            self._add(node, ())
        for node in tree["relationships"]:
            self._relate(node)
        self._break_circles(tree.place)
        for node in tree["product_groups"]:
            self.groups[node.line("group_id")] = self._known(node, "product_ids")

    def named_by(self, node: Node, key: str = "product_ids") -> tuple[str, ...]:
        """The known products that `node` names, one by one or by group."""
        ids = self._known(node, key)
        for group in node.lines("group_ids"):
            if group not in self.groups:
                self.log.warn(node["group_ids"].place, _("unknown group %(group)s", group=repr(group[:60])))
            self.log.count(len(self.groups.get(group, ())))
            ids += self.groups.get(group, ())
        return tuple(dict.fromkeys(ids))

    def meant_by(self, node: Node, key: str = "product_ids") -> tuple[str, ...]:
        """The products that `node` names, or all that are concerned when it names none."""
        return self.named_by(node, key) or self.known(None)

    def known(self, ids: Iterable[str] | None) -> tuple[str, ...]:
        """The known ones of `ids`; all that are concerned for None."""
        found = self.concerned if ids is None else tuple(name for name in ids if name in self.entries)
        self.log.count(len(found))
        return found

    def status(self, node: Node) -> dict[str, tuple[str, ...]]:
        """What a vulnerability says about products; where it contradicts itself, the worse counts."""
        found = {status: ids for status in STATUSES if (ids := self._known(node, status))}
        settled = rules.without_contradictions(found)
        if settled != found:
            self.log.warn(node.place, _("products have contradictory states; the worst one is used"))
        return settled

    def _known(self, node: Node, key: str) -> tuple[str, ...]:
        ids = node.lines(key)
        self.log.count(len(ids))
        for name in ids:
            if name not in self.entries:
                self.log.warn(node[key].place, _("unknown product %(name)s", name=repr(name[:60])))
        return tuple(name for name in ids if name in self.entries)

    def _add(self, node: Node, path: tuple[tuple[str, str], ...], part_of=None) -> None:
        name = node.line("product_id")
        if not name or name in self.entries:
            self.log.warn(
                node["product_id"].place,
                _("%(name)s names two products", name=repr(name[:60]))
                if name
                else _("a product without an id"),
            )
            return
        self.log.count_products(len(self.entries) + 1)
        words = dict(path)
        version = words.get("product_version_range") or words.get("product_version", "")
        helper = node["product_identification_helper"]
        self.entries[name] = ProductEntry(
            name,
            node.line("name") or " ".join(word for _, word in path) or name,
            words.get("vendor", ""),
            words.get("product_name", ""),
            version,
            "product_version_range" in words or rules.is_range(version),
            self._identifier(helper, "cpe", rules.is_cpe),
            self._identifier(helper, "purl", rules.is_purl),
            self._helpers(helper),
            part_of,
            path if rules.plain_path(path) is None else (),
        )

    def _identifier(self, helper: Node, key: str, is_right) -> str:
        value = helper.line(key)
        if value and not is_right(value):
            self.log.warn(helper[key].place, _("invalid %(key)s: %(value)s", key=key, value=repr(value[:60])))
            return ""
        return value

    def _helpers(self, helper: Node) -> dict:
        found = {key: list(values) for key in rules.HELPERS if (values := helper.lines(key))}
        found["sbom_urls"] = [url for url in found.get("sbom_urls", ()) if is_uri(url)]
        hashes = [
            {"filename": node.line("filename"), "file_hashes": sums}
            for node in helper["hashes"]
            if node.line("filename") and (sums := list(self._sums(node)))
        ]
        uris = [
            {"namespace": space, "uri": uri}
            for node in helper["x_generic_uris"]
            if is_uri(space := node.line("namespace")) and is_uri(uri := node.line("uri"))
        ]
        found = {key: values for key, values in found.items() if values}
        return found | ({"hashes": hashes} if hashes else {}) | ({"x_generic_uris": uris} if uris else {})

    def _sums(self, node: Node) -> Iterator[dict]:
        seen = set()
        for item in node["file_hashes"]:
            algorithm, value = item.line("algorithm") or "sha256", item.line("value")
            if algorithm not in seen and _HASH.fullmatch(value):
                seen.add(algorithm)
                yield {"algorithm": algorithm, "value": value}
            else:
                self.log.warn(item.place, _("an invalid hash, or a second one of the same kind"))

    def _relate(self, node: Node) -> None:
        relation = node.choice("category", rules.RELATIONS, rules.RELATIONS[0])
        ends = node.line("product_reference"), node.line("relates_to_product_reference")
        self._add(node["full_product_name"], (), (relation, *ends) if all(ends) else None)

    def _break_circles(self, place: str) -> None:
        """Relations to unknown products or in a circle are taken away; the products stay."""
        for name in self.entries:
            if self.entries[name].part_of and not self._ends_somewhere(name):
                self.log.warn(
                    f"{place}/relationships",
                    _("product %(name)s points to nothing or to itself", name=repr(name[:60])),
                )
                self.entries[name] = replace(self.entries[name], part_of=None)

    def _ends_somewhere(self, name: str) -> bool:
        waiting, seen = [name], set()
        while waiting:
            current = waiting.pop()
            entry = self.entries.get(current)
            if entry is None:
                return False
            if entry.part_of and current not in seen:
                seen.add(current)
                waiting += entry.part_of[1:]
                if name in entry.part_of[1:] or len(seen) > MAX_DEPTH:
                    return False
        return True


def _leaves(branches: Node, path: tuple[tuple[str, str], ...]) -> Iterator[tuple[Node, tuple]]:
    """(product, path of branches) in the order of the document."""
    if len(path) > MAX_DEPTH:
        branches.log.warn(branches.place, _("branches are nested too deeply"))
        return
    for node in branches:
        category = node.choice("category", rules.BRANCHES)
        name = node.line("name")
        here = (*path, (category, name)) if category and name else path
        if node["product"]:
            yield node["product"], here
        if node["branches"]:
            yield from _leaves(node["branches"], here)
