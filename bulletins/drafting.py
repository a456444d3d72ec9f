r"""A bulletin as a form shows it, in lines, and the lines back into an advisory. Pure.

Lines that stay as they are keep everything a document said behind them; a new line is for all that is
affected, unless it names products ("fix for OpenSSL 3.0; Python", with \; for a semicolon in a name). A fix
for one of several products must name it. What a form cannot say (scores for single products, threats, flags)
is only lost with its line.
"""

import re
from dataclasses import dataclass, replace
from itertools import count

from flask_babel import gettext as _

from advisories import scores
from advisories.advisory import REMEDIES, Advisory, ProductEntry, Remedy, Score, Vulnerability
from advisories.csaf.rules import CVE
from bulletins.fixes import product_statuses

SEPARATOR = " | "
FOR = " for "
BETWEEN_NAMES = re.compile(r"(?<!\\);")
MAX_NAMED = 12  # products in a line; a document may name thousands
KINDS = {"fix": "vendor_fix", "none": "none_available", "never": "no_fix_planned"}
LISTED = ("affected", "")  # standings of products that the form lists


class BadLine(ValueError):
    """A line that cannot be read: `line` as typed, `why` a sentence on what is missing, or nothing."""

    def __init__(self, line: str, why: str = ""):
        self.line = line
        self.why = why
        super().__init__(line)


@dataclass(frozen=True)
class Lines:
    """The three lists of the form, as typed."""

    vulnerabilities: tuple[str, ...] = ()
    affected: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()


def lines_of(advisory: Advisory) -> Lines:
    """What the form shows of an advisory."""
    names = _names(advisory)
    remedies = dict.fromkeys(
        _remedy_line(each, names) for said in advisory.vulnerabilities for each in said.remedies
    )
    return Lines(
        tuple(_vulnerability_line(said) for said in advisory.vulnerabilities),
        tuple(_product_line(entry, advisory) for entry in _listed(advisory)),
        tuple(remedies),
    )


def apply(advisory: Advisory, lines: Lines) -> dict:
    """The fields of Advisory that the lines change. Raises BadLine."""
    known = lines_of(advisory)
    if lines == known:
        return {}
    changed = replace(
        advisory,
        products=list(advisory.products),
        vulnerabilities=[
            replace(said, status=dict(said.status), scores=list(said.scores), remedies=list(said.remedies))
            for said in advisory.vulnerabilities
        ],
    )
    _refuse_repeats(lines, known)
    _products(changed, dict(zip(known.affected, _listed(advisory), strict=True)), lines.affected)
    before = list(changed.vulnerabilities)
    _vulnerabilities(changed, lines.vulnerabilities)
    if not changed.vulnerabilities and (lines.affected or lines.remedies):
        changed.vulnerabilities = [_unnamed(changed)]  # what remedies and builds are for
    _remedies(changed, known.remedies, _names(advisory), lines.remedies)
    _give_shown_remedies(changed, before)
    _builds(changed, [line for line in lines.affected if line not in known.affected])
    return {"products": changed.products, "vulnerabilities": changed.vulnerabilities}


def _refuse_repeats(lines: Lines, known: Lines) -> None:
    """Raise BadLine for a product or CVE that is typed a second time: one of the two would be lost."""
    for given, old, width in (
        (lines.affected, known.affected, 2),
        (lines.vulnerabilities, known.vulnerabilities, 1),
    ):
        seen: set[tuple[str, ...]] = set()
        for line in given:
            key = tuple(cell.casefold() for cell in _cells(line, 3)[:width])
            if key in seen and any(key) and line not in old:
                raise BadLine(
                    line, _("This is listed twice: %(line)s. Write one line for it.", line=line[:100])
                )
            seen.add(key)


def _unnamed(advisory: Advisory) -> Vulnerability:
    """The one vulnerability of a bulletin that names none."""
    ids = _affected(advisory) or tuple(entry.id for entry in advisory.products)
    return Vulnerability(title=advisory.title, status={"known_affected": ids} if ids else {})


def _give_shown_remedies(changed: Advisory, before: list[Vulnerability]) -> None:
    """A vulnerability that is new has the remedies that the form shows, as at the creation of a bulletin."""
    fresh = [
        said
        for said in changed.vulnerabilities
        if not said.is_rejected and not any(said is each for each in before)
    ]
    shown = list(
        dict.fromkeys(each for said in changed.vulnerabilities if said not in fresh for each in said.remedies)
    )
    for said in fresh:
        said.remedies += [each for each in shown if each not in said.remedies]


def _listed(advisory: Advisory) -> list[ProductEntry]:
    found = product_statuses(advisory)
    parts = {part for entry in advisory.products if entry.part_of for part in entry.part_of[1:]}
    return [
        entry for entry in advisory.products if found[entry.id].status in LISTED and entry.id not in parts
    ]


def _vulnerability_line(said: Vulnerability) -> str:
    vector = said.scores[0].vector if said.scores else ""
    return SEPARATOR.join((said.cve, vector, _flat(said.title)))


def _product_line(entry: ProductEntry, advisory: Advisory) -> str:
    builds = dict.fromkeys(
        each.fixed_build
        for said in advisory.vulnerabilities
        for each in said.remedies
        if each.fixed_build and entry.id in each.product_ids
    )
    return SEPARATOR.join((_flat(entry.name), entry.version, ", ".join(builds)))


def _remedy_line(each: Remedy, names: dict[str, str]) -> str:
    """`names` are those of the products that the form lists, by id."""
    word = next((word for word, kind in KINDS.items() if kind == each.kind), each.kind)
    named = [names[number] for number in names if number in each.product_ids]
    if named and len(named) < len(names) and len(named) <= MAX_NAMED:
        word += FOR + "; ".join(named)
    return SEPARATOR.join((word, each.update, each.url, _flat(each.details)))


def _names(advisory: Advisory) -> dict[str, str]:
    """What a remedy calls the listed products: the name, and the version where the name has it not."""
    return {entry.id: _called(entry) for entry in _listed(advisory)}


def _called(entry: ProductEntry) -> str:
    name = _quoted(entry.name)
    return name if not entry.version or name.endswith(entry.version) else f"{name} {entry.version}"


def _quoted(name: str) -> str:
    """A name in a list of names, which semicolons end."""
    return _flat(name).replace(";", "\\;")


def _flat(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _unflat(text: str) -> str:
    return text.replace("\\\\", "\0").replace("\\n", "\n").replace("\0", "\\")


def _cells(line: str, number: int) -> list[str]:
    """So many cells of a line; those that are missing are empty, the last takes the rest."""
    cells = [cell.strip() for cell in line.split("|", number - 1)]
    return cells + [""] * (number - len(cells))


def _products(changed: Advisory, known: dict[str, ProductEntry], lines: tuple[str, ...]) -> None:
    """Keep the entries of known lines, drop those whose line is gone, add the rest, affected by all."""
    called = {(_unflat(name), version) for name, version, _build in (_cells(line, 3) for line in lines)}
    gone = {entry.id for entry in known.values() if (entry.name, entry.version) not in called}
    changed.products = [entry for entry in changed.products if entry.id not in gone]
    for said in changed.vulnerabilities:
        _forget(said, gone)
    taken = {entry.id for entry in changed.products}
    numbers = (f"P{number}" for number in count(1) if f"P{number}" not in taken)
    old = {(entry.name, entry.version) for entry in known.values()}
    for line in lines:
        name, version, _build = _cells(line, 3)
        if not name:
            raise BadLine(line)
        if (_unflat(name), version) in old:
            continue
        old.add((_unflat(name), version))
        entry = ProductEntry(next(numbers), _unflat(name), product=_unflat(name), version=version)
        changed.products.append(entry)
        for said in changed.vulnerabilities:
            if not said.is_rejected:
                ids = said.status.get("known_affected", ())
                said.status["known_affected"] = (*ids, entry.id)


def _forget(said: Vulnerability, gone: set[str]) -> None:
    """Take products out of everything that names them; what names nothing any more goes too."""

    def left(ids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(each for each in ids if each not in gone)

    said.status = {state: left(ids) for state, ids in said.status.items() if left(ids)}
    for name in ("scores", "remedies", "threats", "known_issues"):
        rows = getattr(said, name)
        setattr(
            said,
            name,
            [
                replace(each, product_ids=left(each.product_ids))
                for each in rows
                if not each.product_ids or left(each.product_ids)
            ],
        )
    said.flags = [(label, left(ids)) for label, ids in said.flags if left(ids)]


def _affected(changed: Advisory) -> tuple[str, ...]:
    return tuple(entry.id for entry in _listed(changed))


def _vulnerabilities(changed: Advisory, lines: tuple[str, ...]) -> None:
    known = {said.cve or said.title: said for said in changed.vulnerabilities}
    ids, found = _affected(changed), []
    cells = {line: _vulnerability_cells(line) for line in lines}
    gone = [
        said
        for key, said in known.items()
        if key not in {cve or title for cve, _vector, title in cells.values()}
    ]
    new = [line for line, (cve, _vector, title) in cells.items() if (cve or title) not in known]
    for line in lines:
        cve, vector, title = cells[line]
        said = known.get(cve or title)
        if said is None:
            said = _corrected(cve, title, gone, is_only=len(new) == 1)
        if said is None:
            said = Vulnerability(status={"known_affected": ids} if ids else {})
        said.cve = cve
        said.title = title
        if vector != (said.scores[0].vector if said.scores else ""):
            version = scores.version_of(scores.normal(vector))
            if vector and not version:
                raise BadLine(line)
            said.scores = [Score(version, scores.normal(vector), None, ids)] if vector else []
        found.append(said)
    changed.vulnerabilities = found


def _vulnerability_cells(line: str) -> tuple[str, str, str]:
    cve, vector, title = _cells(line, 3)
    cve, title = cve.upper(), _unflat(title)
    if (cve and not CVE.fullmatch(cve)) or not (cve or title):
        raise BadLine(line)
    return cve, vector, title


def _corrected(cve: str, title: str, gone: list[Vulnerability], *, is_only: bool) -> Vulnerability | None:
    """The vulnerability whose CVE or title a new line corrects, taken from those whose lines are gone.

    It has the same title or CVE, or it is the only one gone and the line the only new one. It keeps what was
    said of it: status, scores, remedies.
    """
    same = [said for said in gone if (title and said.title == title) or (cve and said.cve == cve)]
    match = same[0] if same else gone[0] if is_only and len(gone) == 1 else None
    if match is not None:
        gone.remove(match)
    return match


def _remedies(
    changed: Advisory, known: tuple[str, ...], names: dict[str, str], lines: tuple[str, ...]
) -> None:
    """Drop the remedies whose line is gone, put a changed line in the place of the old, add the rest.

    `names` are those that the known lines were made with.
    """
    new = {line: _remedy(line, changed) for line in lines if line not in known}
    gone = [line for line in known if line not in lines]
    instead: dict[str, Remedy] = {}
    for line in gone:
        before = _remedy(line, changed, check=False)
        match = next((text for text, remedy in new.items() if _same(remedy, before)), None)
        if match is not None:
            instead[line] = new.pop(match)
    added = [_for_some(item, changed) for item in new.items()]
    for said in changed.vulnerabilities:
        left = []
        for each in said.remedies:
            line = _remedy_line(each, names)
            if line in instead:
                ours = instead[line]
                each = replace(
                    each,
                    kind=ours.kind,
                    update=ours.update,
                    url=ours.url,
                    details=ours.details,
                    product_ids=ours.product_ids or each.product_ids,
                )
            if line in instead or line not in gone:
                left.append(each)
        if not said.is_rejected:
            left += [
                replace(remedy, product_ids=remedy.product_ids or _affected(changed)) for remedy in added
            ]
        said.remedies = left


def _remedy(line: str, advisory: Advisory, *, check: bool = True) -> Remedy:
    """The remedy of a line, for the products that it names, or for none in particular."""
    kind, update, url, details = _cells(line, 4)
    kind, _for, products = kind.partition(FOR)
    kind = KINDS.get(kind.strip().lower(), kind.strip().lower())
    if kind not in REMEDIES or not (update or details or url) or (url and not url.startswith("http")):
        raise BadLine(line)
    ids = []
    by_name = {name.casefold(): number for number, name in _names(advisory).items()}
    for product in filter(None, (name.strip() for name in BETWEEN_NAMES.split(products))):
        found = [number for name, number in by_name.items() if name == product.casefold()] or [
            entry.id for entry in _listed(advisory) if _quoted(entry.name).casefold() == product.casefold()
        ]
        if not found and check:
            raise BadLine(line, _("“%(name)s” is not among the affected products.", name=product))
        ids += found
    return Remedy(kind, _unflat(details), tuple(dict.fromkeys(ids)), url=url, update=update)


def _for_some(item: tuple[str, Remedy], advisory: Advisory) -> Remedy:
    """A new remedy; raises BadLine for a fix that does not say which of several products it is for."""
    line, remedy = item
    products = {
        _flat(entry.name).removesuffix(entry.version).strip().casefold() for entry in _listed(advisory)
    }
    if remedy.kind == "vendor_fix" and not remedy.product_ids and len(products) > 1:
        names = "; ".join(list(_names(advisory).values())[:MAX_NAMED])
        raise BadLine(
            line, _("Say which products this fix is for, such as “fix for %(names)s | …”.", names=names)
        )
    return remedy


def _same(one: Remedy, other: Remedy) -> bool:
    return one.kind == other.kind and (
        bool(one.update and one.update == other.update) or one.details == other.details
    )


def _builds(changed: Advisory, lines: list[str]) -> None:
    """A fix for each product whose new line names the build that fixes it."""
    for line in lines:
        name, version, build = _cells(line, 3)
        called = (_unflat(name), version)
        entry = next(each for each in changed.products if (each.name, each.version) == called)
        for said in changed.vulnerabilities:
            if not said.is_rejected:
                said.remedies = (
                    _with_build(said.remedies, entry.id, build)
                    if build
                    else _without_build(said.remedies, entry.id)
                )


def _with_build(remedies: list[Remedy], product_id: str, build: str) -> list[Remedy]:
    """The remedies with the build in the fix for a product: the text and link of that fix stay."""
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
    """The remedies without a build for a product; a fix that says more than the build stays."""
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
