"""Read the vulnerable products of an NVD record (`configurations`), one per CPE name and range."""

from dataclasses import dataclass, field

from flask_babel import gettext as _

from advisories.advisory import Remedy
from advisories.csaf.rules import is_cpe
from advisories.fixed_versions import MAX_VERSION_LENGTH, fixed_in
from advisories.parsing import Node
from advisories.records import ALL_VERSIONS, Interval, ProductList, names_of_cpe


@dataclass
class Configured:
    """The ids of the vulnerable products, and the fixes that their ranges name."""

    product_ids: dict[str, None] = field(default_factory=dict)
    remedies: list[Remedy] = field(default_factory=list)


def read_configurations(nodes: Node, products: ProductList) -> Configured:
    """Read the products; the platforms on which they run are left out, as they are not vulnerable."""
    found = Configured()
    for configuration in nodes:
        for node in configuration["nodes"]:
            if node["negate"].value is True:
                node.log.warn(node.place, _("a negated condition was left out"))
                continue
            for item in node["cpeMatch"]:
                if item["vulnerable"].value is not False:
                    _add(item, products, found)
    return found


def _add(node: Node, products: ProductList, found: Configured) -> None:
    cpe = node.line("criteria")
    if not is_cpe(cpe):
        node.log.warn(node["criteria"].place, _("not a CPE: %(cpe)s", cpe=repr(cpe[:60])))
        return
    vendor, product, version = names_of_cpe(cpe)
    interval = Interval(
        node.line("versionStartIncluding"),
        node.line("versionStartExcluding"),
        node.line("versionEndExcluding"),
        node.line("versionEndIncluding"),
    )
    is_range = interval != Interval() or not version
    text = str(interval) if is_range else version
    if not version and interval == Interval() and cpe.split(":")[5:6] == ["-"]:
        text = ""  # a product without versions
        is_range = False
    product_id = products.add(
        " ".join(filter(None, (vendor, product, text if text != ALL_VERSIONS else f"({text})"))),
        vendor=vendor,
        product=product,
        version=text,
        is_range=is_range,
        cpe=cpe,
        vers=interval.vers("generic") if is_range else "",
    )
    if interval.before and product_id not in found.product_ids:
        found.remedies.append(fixed_in(interval.before[:MAX_VERSION_LENGTH], (product_id,)))
    found.product_ids[product_id] = None
