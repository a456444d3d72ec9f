"""Product lines of the form: the affected products and their fixed builds. Pure functions."""

from dataclasses import replace
from itertools import count

from advisories.advisory import Advisory, ProductEntry, Remedy, Vulnerability
from bulletins.drafting.lines import BadLine, split_cells, unescape


def apply_lines(changed: Advisory, known: dict[str, ProductEntry], lines: tuple[str, ...]) -> None:
    """Keep entries of unchanged lines, remove those of removed lines, add new ones as affected by everything.

    Raises BadLine for a line without a name.
    """
    named = {(unescape(name), version) for name, version, _build in (split_cells(line, 3) for line in lines)}
    removed = {entry.id for entry in known.values() if (entry.name, entry.version) not in named}
    changed.products = [entry for entry in changed.products if entry.id not in removed]
    for vulnerability in changed.vulnerabilities:
        _remove_products(vulnerability, removed)
    taken = {entry.id for entry in changed.products}
    numbers = (f"P{number}" for number in count(1) if f"P{number}" not in taken)
    seen = {(entry.name, entry.version) for entry in known.values()}
    for line in lines:
        name, version, _build = split_cells(line, 3)
        if not name:
            raise BadLine(line)
        if (unescape(name), version) in seen:
            continue
        seen.add((unescape(name), version))
        entry = ProductEntry(next(numbers), unescape(name), product=unescape(name), version=version)
        changed.products.append(entry)
        _set_affected(changed, entry.id)


def _set_affected(advisory: Advisory, product_id: str) -> None:
    for vulnerability in advisory.vulnerabilities:
        if not vulnerability.is_rejected:
            ids = vulnerability.status.get("known_affected", ())
            vulnerability.status["known_affected"] = (*ids, product_id)


def _remove_products(vulnerability: Vulnerability, removed: set[str]) -> None:
    """Remove products from a vulnerability, with the scores, remedies and issues that were only for them."""

    def remaining(ids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(each for each in ids if each not in removed)

    vulnerability.status = {
        state: remaining(ids) for state, ids in vulnerability.status.items() if remaining(ids)
    }
    for name in ("scores", "remedies", "threats", "known_issues"):
        rows = getattr(vulnerability, name)
        setattr(
            vulnerability,
            name,
            [
                replace(each, product_ids=remaining(each.product_ids))
                for each in rows
                if not each.product_ids or remaining(each.product_ids)
            ],
        )
    vulnerability.flags = [(label, remaining(ids)) for label, ids in vulnerability.flags if remaining(ids)]


def builds_of(changed: Advisory, lines: tuple[str, ...]) -> dict[str, str]:
    """The fixed builds in the lines of products, by product id."""
    cells = [split_cells(line, 3) for line in lines]
    builds = {(unescape(name), version): build for name, version, build in cells if build}
    return {
        entry.id: builds[entry.name, entry.version]
        for entry in changed.products
        if (entry.name, entry.version) in builds
    }


def apply_builds(changed: Advisory, lines: list[str]) -> None:
    """Set the fixed builds of products from their new lines."""
    for line in lines:
        name, version, build = split_cells(line, 3)
        named = (unescape(name), version)
        entry = next(each for each in changed.products if (each.name, each.version) == named)
        for vulnerability in changed.vulnerabilities:
            if vulnerability.is_rejected:
                continue
            if build:
                vulnerability.remedies = _with_build(vulnerability.remedies, entry.id, build)
            else:
                vulnerability.remedies = _without_build(vulnerability.remedies, entry.id)


def _with_build(remedies: list[Remedy], product_id: str, build: str) -> list[Remedy]:
    """The remedies with this build in the fix for a product; text and link of that fix are kept."""
    fixes = [each for each in remedies if each.kind == "vendor_fix" and product_id in each.product_ids]
    found = fixes[-1] if fixes else Remedy("vendor_fix", "")
    details = found.details
    if not details or details == _update_to(found.fixed_build):
        details = _update_to(build)
    others = [
        replace(each, product_ids=tuple(number for number in each.product_ids if number != product_id))
        if each in fixes
        else each
        for each in remedies
    ]
    left = [each for each in others if each.kind != "vendor_fix" or each.product_ids]
    return [*left, replace(found, details=details, product_ids=(product_id,), fixed_build=build)]


def _without_build(remedies: list[Remedy], product_id: str) -> list[Remedy]:
    """The remedies without a build for a product; a fix with other content is kept."""
    left = []
    for each in remedies:
        if not each.fixed_build or product_id not in each.product_ids:
            left.append(each)
            continue
        others = tuple(number for number in each.product_ids if number != product_id)
        if others:
            left.append(replace(each, product_ids=others))
        if each.details != _update_to(each.fixed_build) or each.update or each.url:
            left.append(replace(each, product_ids=(product_id,), fixed_build=""))
    return left


def _update_to(build: str) -> str:
    return f"Update to {build}."
