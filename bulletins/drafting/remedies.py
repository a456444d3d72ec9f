"""Remedy lines of the form. Pure functions."""

import re
from dataclasses import replace

from flask_babel import gettext as _

from advisories.advisory import REMEDIES, Advisory, Remedy
from bulletins.drafting.lines import (
    FOR,
    KIND_WORDS,
    MAX_NAMES,
    NAME_SEPARATOR,
    BadLine,
    affected_ids,
    escape,
    listed_products,
    product_names,
    quoted_name,
    remedy_line,
    split_cells,
    unescape,
)


def apply_lines(
    changed: Advisory,
    known: tuple[str, ...],
    names: dict[str, str],
    builds: dict[str, str],
    lines: tuple[str, ...],
) -> None:
    """Remove the remedies of removed lines, replace those of changed lines, add the rest. Raises BadLine.

    `names` are the product_names() that the known lines were made with, `builds` the fixed builds in the
    lines of products, by product id.
    """
    new = {line: _remedy(line, changed) for line in lines if line not in known}
    removed = [line for line in known if line not in lines]
    replacements: dict[str, Remedy] = {}
    for line in removed:
        before = _remedy(line, changed, check=False)
        match = next((text for text, remedy in new.items() if _is_same(remedy, before)), None)
        if match is not None:
            replacements[line] = new.pop(match)
    new = {line: _with_products(line, remedy, changed, builds) for line, remedy in new.items()}
    for vulnerability in changed.vulnerabilities:
        remaining = []
        for each in vulnerability.remedies:
            line = remedy_line(each, names)
            if line in replacements:
                remaining.append(_with_line(each, replacements[line]))
            elif line not in removed:
                remaining.append(each)
        if not vulnerability.is_rejected:
            remaining += [
                replace(remedy, product_ids=remedy.product_ids or affected_ids(changed))
                for remedy in new.values()
            ]
        vulnerability.remedies = remaining


def _with_line(remedy: Remedy, changed: Remedy) -> Remedy:
    """A remedy with what its changed line says; what no line shows is kept."""
    return replace(
        remedy,
        kind=changed.kind,
        update=changed.update,
        url=changed.url,
        details=changed.details,
        product_ids=changed.product_ids or remedy.product_ids,
    )


def _remedy(line: str, advisory: Advisory, *, check: bool = True) -> Remedy:
    """The remedy of a line, with the ids of the products that it names. Raises BadLine."""
    kind, update, url, details = split_cells(line, 4)
    kind, _for, products = kind.partition(FOR)
    kind = KIND_WORDS.get(kind.strip().lower(), kind.strip().lower())
    if kind not in REMEDIES or not (update or details or url) or (url and not url.startswith("http")):
        raise BadLine(line)
    ids = []
    by_name = {name.casefold(): number for number, name in product_names(advisory).items()}
    for product in filter(None, (name.strip() for name in NAME_SEPARATOR.split(products))):
        found = [number for name, number in by_name.items() if name == product.casefold()]
        found = found or [
            entry.id
            for entry in listed_products(advisory)
            if quoted_name(entry.name).casefold() == product.casefold()
        ]
        if not found and check:
            raise BadLine(line, _("“%(name)s” is not among the affected products.", name=product))
        ids += found
    return Remedy(kind, unescape(details), tuple(dict.fromkeys(ids)), url=url, update=update)


def _with_products(line: str, remedy: Remedy, advisory: Advisory, builds: dict[str, str]) -> Remedy:
    """A fix with the product that it is for. Raises BadLine when that may be one of several.

    A fix that names no product is for the one whose fixed build it names, if there is just one.
    """
    products = {
        escape(entry.name).removesuffix(entry.version).strip().casefold()
        for entry in listed_products(advisory)
    }
    if remedy.kind == "vendor_fix" and not remedy.product_ids and len(products) > 1:
        named = [number for number, build in builds.items() if _names_build(remedy, build)]
        if len(named) == 1:
            return replace(remedy, product_ids=(named[0],))
        names = "; ".join(list(product_names(advisory).values())[:MAX_NAMES])
        raise BadLine(
            line, _("Name the products of this fix, for example “fix for %(names)s | …”.", names=names)
        )
    return remedy


def _names_build(remedy: Remedy, build: str) -> bool:
    """Whether the update, the link or the text of a remedy contains a build as a whole."""
    whole = re.compile(rf"(?<![\w.]){re.escape(build)}(?!\w|\.\d)")
    return any(whole.search(text) for text in (remedy.update, remedy.url, remedy.details))


def _is_same(one: Remedy, other: Remedy) -> bool:
    return one.kind == other.kind and (
        bool(one.update and one.update == other.update) or one.details == other.details
    )
