"""Read the product tree of a CSAF 2.0 document (section 3.2.2) as a flat list."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from flask_babel import gettext as _

from advisories.addresses import is_uri
from advisories.advisory import STATUSES, ProductEntry
from advisories.csaf import rules
from advisories.parsing import MAX_DEPTH, Node

Path = tuple[tuple[str, str], ...]  # (category, name) of branches
MAX_VERS_LENGTH = 1_000  # characters
_HASH = re.compile(r"[0-9a-fA-F]{32,200}")


class Products:
    """The products and product groups of a document, and lookups of the products that a node names."""

    def __init__(self, tree: Node) -> None:
        self.log = tree.log
        self.entries: dict[str, ProductEntry] = {}
        self.groups: dict[str, tuple[str, ...]] = {}
        self.default_ids: tuple[str, ...] = ()  # of the vulnerability that is being read
        for node, path in _leaves(tree["branches"], ()):
            self._add(node, path)
        for node in tree["full_product_names"]:
            self._add(node, ())
        for node in tree["relationships"]:
            self._relate(node)
        for node in tree["product_paths"]:
            self._add_path(node)
        self._break_cycles(tree.place)
        for node in tree["product_groups"]:
            self.groups[node.line("group_id")] = self._known(node, "product_ids")

    def named_by(self, node: Node, key: str = "product_ids") -> tuple[str, ...]:
        """Known products that `node` names directly or by group."""
        ids = self._known(node, key)
        for group in node.lines("group_ids"):
            if group not in self.groups:
                self.log.warn(node["group_ids"].place, _("unknown group %(group)s", group=repr(group[:60])))
            self.log.count_references(len(self.groups.get(group, ())))
            ids += self.groups.get(group, ())
        return tuple(dict.fromkeys(ids))

    def named_or_default(self, node: Node, key: str = "product_ids") -> tuple[str, ...]:
        """Products that `node` names, or the default ids when it names none."""
        return self.named_by(node, key) or self.known(None)

    def known(self, ids: Iterable[str] | None) -> tuple[str, ...]:
        """The known ones of `ids`; the default ids for None."""
        found = self.default_ids if ids is None else tuple(name for name in ids if name in self.entries)
        self.log.count_references(len(found))
        return found

    def status(self, node: Node) -> dict[str, tuple[str, ...]]:
        """Product ids by status; of contradicting states, the worse counts."""
        found = {status: ids for status in STATUSES if (ids := self._known(node, status))}
        consistent = rules.without_contradictions(found)
        if consistent != found:
            self.log.warn(node.place, _("products have contradictory states; the worst one is used"))
        return consistent

    def _known(self, node: Node, key: str) -> tuple[str, ...]:
        ids = node.lines(key)
        self.log.count_references(len(ids))
        for name in ids:
            if name not in self.entries:
                self.log.warn(node[key].place, _("unknown product %(name)s", name=repr(name[:60])))
        return tuple(name for name in ids if name in self.entries)

    def _add(
        self,
        node: Node,
        path: Path,
        part_of: tuple[str, str, str] | None = None,
        subpaths: Path = (),
    ) -> None:
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
        purl = self._identifier(helper, "purl", rules.is_purl)
        purls = ([purl] if purl else []) + [each for each in self._purls(helper) if each != purl]
        self.entries[name] = ProductEntry(
            name,
            node.line("name") or " ".join(word for _, word in path) or name,
            words.get("vendor", ""),
            words.get("product_name", ""),
            version,
            "product_version_range" in words or rules.is_range(version),
            self._identifier(helper, "cpe", rules.is_cpe),
            next(iter(purls), ""),
            self._helpers(helper) | ({"purls": purls[1:]} if purls[1:] else {}),
            part_of,
            path if rules.plain_path(path) is None else (),
            subpaths,
            version if version.startswith("vers:") and len(version) <= MAX_VERS_LENGTH else "",
        )

    def _identifier(self, helper: Node, key: str, is_valid: Callable[[str], bool]) -> str:
        value = helper.line(key)
        if value and not is_valid(value):
            self.log.warn(helper[key].place, _("invalid %(key)s: %(value)s", key=key, value=repr(value[:60])))
            return ""
        return value

    def _purls(self, helper: Node) -> list[str]:
        """The valid package URLs of CSAF 2.1, which names several; 2.0 has one."""
        stated = helper.lines("purls")
        for purl in stated:
            if not rules.is_purl(purl):
                self.log.warn(
                    helper["purls"].place, _("invalid %(key)s: %(value)s", key="purl", value=repr(purl[:60]))
                )
        further = [
            node.line("uri")
            for node in helper["x_generic_uris"]
            if node.line("namespace") == rules.PURL_NAMESPACE
        ]
        return [purl for purl in dict.fromkeys([*stated, *further]) if rules.is_purl(purl)]

    def _helpers(self, helper: Node) -> dict:
        found = {key: list(values) for key in rules.HELPERS if (values := helper.lines(key))}
        found["sbom_urls"] = [url for url in found.get("sbom_urls", ()) if is_uri(url)]
        hashes = [
            {"filename": node.line("filename"), "file_hashes": hashes_of_file}
            for node in helper["hashes"]
            if node.line("filename") and (hashes_of_file := list(self._hashes(node)))
        ]
        uris = [
            {"namespace": space, "uri": uri}
            for node in helper["x_generic_uris"]
            if is_uri(space := node.line("namespace"))
            and is_uri(uri := node.line("uri"))
            and space != rules.PURL_NAMESPACE
        ]
        found = {key: values for key, values in found.items() if values}
        return found | ({"hashes": hashes} if hashes else {}) | ({"x_generic_uris": uris} if uris else {})

    def _hashes(self, node: Node) -> Iterator[dict]:
        seen = set()
        for item in node["file_hashes"]:
            algorithm = item.line("algorithm") or "sha256"
            value = item.line("value")
            if algorithm not in seen and _HASH.fullmatch(value):
                seen.add(algorithm)
                yield {"algorithm": algorithm, "value": value}
            else:
                self.log.warn(item.place, _("an invalid hash, or a second one of the same kind"))

    def _relate(self, node: Node) -> None:
        relation = node.choice("category", rules.RELATIONS, rules.RELATIONS[0])
        related_ids = node.line("product_reference"), node.line("relates_to_product_reference")
        self._add(node["full_product_name"], (), (relation, *related_ids) if all(related_ids) else None)

    def _add_path(self, node: Node) -> None:
        """Add a product of CSAF 2.1 that is reached over one or more relations (3.2.3.4)."""
        beginning = node.line("beginning_product_reference")
        steps = [
            (step.choice("category", rules.RELATIONS, rules.RELATIONS[0]), reference)
            for step in node["subpaths"]
            if (reference := step.line("next_product_reference"))
        ]
        part_of = (steps[0][0], beginning, steps[0][1]) if beginning and steps else None
        self._add(node["full_product_name"], (), part_of, tuple(steps[1:]))

    def _break_cycles(self, place: str) -> None:
        """Remove relations to unknown products and cyclic ones; the products remain."""
        for name in self.entries:
            if self.entries[name].part_of and not self._is_resolvable(name):
                self.log.warn(
                    f"{place}/relationships",
                    _("product %(name)s points to nothing or to itself", name=repr(name[:60])),
                )
                self.entries[name] = replace(self.entries[name], part_of=None)

    def _is_resolvable(self, name: str) -> bool:
        pending = [name]
        seen: set[str] = set()
        while pending:
            current = pending.pop()
            entry = self.entries.get(current)
            if entry is None:
                return False
            if entry.part_of and current not in seen:
                seen.add(current)
                pending += entry.part_of[1:]
                if name in entry.part_of[1:] or len(seen) > MAX_DEPTH:
                    return False
        return True


def _leaves(branches: Node, path: tuple[tuple[str, str], ...]) -> Iterator[tuple[Node, tuple]]:
    """Yield (product, path of branches) in the order of the document."""
    if len(path) > MAX_DEPTH:
        branches.log.warn(branches.place, _("branches are nested too deeply"))
        return
    for node in branches:
        category = node.choice("category", rules.BRANCHES)
        name = node.line("name")
        node_path = (*path, (category, name)) if category and name else path
        if node["product"]:
            yield node["product"], node_path
        if node["branches"]:
            yield from _leaves(node["branches"], node_path)
