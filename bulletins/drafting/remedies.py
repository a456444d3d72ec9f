"""Remedy lines of the form. Pure functions."""

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
    changed: Advisory, known: tuple[str, ...], names: dict[str, str], lines: tuple[str, ...]
) -> None:
    """Remove the remedies of removed lines, replace those of changed lines, add the rest. Raises BadLine.

    `names` are the product_names() that the known lines were made with.
    """
    new = {line: _remedy(line, changed) for line in lines if line not in known}
    removed = [line for line in known if line not in lines]
    replacements: dict[str, Remedy] = {}
    for line in removed:
        before = _remedy(line, changed, check=False)
        match = next((text for text, remedy in new.items() if _is_same(remedy, before)), None)
        if match is not None:
            replacements[line] = new.pop(match)
    for line, remedy in new.items():
        _check_products(line, remedy, changed)
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


def _check_products(line: str, remedy: Remedy, advisory: Advisory) -> None:
    """Raise BadLine for a fix that does not name which of several products it is for."""
    products = {
        escape(entry.name).removesuffix(entry.version).strip().casefold()
        for entry in listed_products(advisory)
    }
    if remedy.kind == "vendor_fix" and not remedy.product_ids and len(products) > 1:
        names = "; ".join(list(product_names(advisory).values())[:MAX_NAMES])
        raise BadLine(
            line, _("Name the products of this fix, for example “fix for %(names)s | …”.", names=names)
        )


def _is_same(one: Remedy, other: Remedy) -> bool:
    return one.kind == other.kind and (
        bool(one.update and one.update == other.update) or one.details == other.details
    )
