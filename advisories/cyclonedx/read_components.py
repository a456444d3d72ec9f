"""Read the components of a CycloneDX document that its vulnerabilities refer to."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from flask_babel import gettext as _
from packageurl import PackageURL

from advisories.csaf.rules import is_purl
from advisories.parsing import MAX_DEPTH, Node
from advisories.records import ProductList

MAX_COMPONENTS = 100_000
_VERS = re.compile(r"vers:([a-z0-9.+-]{1,40})/(.{1,1800})", re.S)


class Components:
    """The components and services of a document by their reference."""

    def __init__(self, root: Node, products: ProductList) -> None:
        self.products = products
        self.by_reference: dict[str, Node] = {}
        self.serial = root.line("serialNumber").removeprefix("urn:uuid:")
        self.main = root["metadata"]["component"]
        for node in _all(root):
            if reference := node.line("bom-ref"):
                self.by_reference.setdefault(reference, node)

    def product(self, reference: str, version: str = "", range_: str = "") -> str:
        """The id of the product that a reference means, in a version or a range ("vers:generic/<2.0")."""
        node = self.by_reference.get(reference) or self.by_reference.get(_fragment(reference))
        if node is None and self._is_document(reference) and self.main.line("name"):
            node = self.main
        if node is None:
            return self._unknown(_fragment(reference), version, range_)
        name = node.line("name")
        group = node.line("group")
        purl = node.line("purl")
        stated = node.line("version")
        text = version or _readable(range_) or stated
        is_language_package = is_purl(purl)
        return self.products.add(
            " ".join(filter(None, (group, name, text))) or reference,
            identity="" if version or range_ else reference,
            vendor="" if is_language_package else group or node["supplier"].line("name"),
            product=name,
            version=text,
            is_range=bool(range_),
            purl=_without_version(purl) if (version and version != stated) or range_ else purl,
            cpe="" if version or range_ else node.line("cpe"),
            vers=range_ if _VERS.fullmatch(range_) else "",
        )

    def main_product(self) -> str:
        """The id of what the document describes; empty when it does not say."""
        reference = self.main.line("bom-ref")
        if not self.main.line("name"):
            return ""
        return self.product(reference if reference in self.by_reference else f"urn:uuid:{self.serial}")

    def _is_document(self, reference: str) -> bool:
        """Whether a reference is that of this document as a whole."""
        name, _, version = reference.partition(":")[2].partition(":")[2].partition("/")
        return reference.startswith(("urn:uuid:", "urn:cdx:")) and name == self.serial and "#" not in version

    def _unknown(self, reference: str, version: str, range_: str) -> str:
        """The product of a reference to another document; a package URL has names."""
        purl = reference if is_purl(reference) else ""
        parsed = PackageURL.from_string(purl) if purl else None
        name = parsed.name if parsed else reference
        text = version or _readable(range_) or (parsed.version if parsed else "") or ""
        return self.products.add(
            f"{name} {text}".strip(),
            identity="" if version or range_ else reference,
            product=name if parsed else "",
            version=text,
            is_range=bool(range_),
            purl=_without_version(purl) if version or range_ else purl,
            vers=range_ if _VERS.fullmatch(range_) else "",
        )


def _all(root: Node) -> Iterator[Node]:
    """Yield the main component, the components in components, and the services; bounded."""
    pending = [(root["metadata"]["component"], 0), (root["components"], 0), (root["services"], 0)]
    count = 0
    while pending:
        node, depth = pending.pop()
        if depth > MAX_DEPTH:
            node.log.warn(node.place, _("components are nested too deeply"))
            continue
        if isinstance(node.value, list):
            pending += [(item, depth) for item in node]
        elif isinstance(node.value, dict):
            count += 1
            node.log.count_products(count)
            yield node
            pending += [(node[key], depth + 1) for key in ("components", "services") if node[key]]


def _fragment(reference: str) -> str:
    """The local part of a link to a component of another document (urn:cdx:…/1#ref)."""
    if reference.startswith("urn:cdx:") and "#" in reference:
        return unquote(reference.partition("#")[2])
    return reference


def _readable(range_: str) -> str:
    """A VERS URI as a range for people: ">= 1.0, < 2.0"."""
    match = _VERS.fullmatch(range_)
    if not match:
        return range_
    parts = [re.sub(r"^([<>=!]+)", r"\1 ", unquote(part)) for part in match[2].split("|")]
    return "all versions" if parts == ["*"] else ", ".join(parts)


def _without_version(purl: str) -> str:
    if not is_purl(purl):
        return ""
    parsed = PackageURL.from_string(purl)
    return PackageURL(
        parsed.type, parsed.namespace, parsed.name, None, parsed.qualifiers, parsed.subpath
    ).to_string()
