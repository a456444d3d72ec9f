"""From what is installed to the products known here: by purl, by CPE, then by name and alias.

Nothing waits for a vulnerability: the catalogue alone decides. What only a name suggests although
the component's purl says otherwise is a guess, and told as one.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from core.database.db import db
from inventory.release_versions import Releases
from inventory.sbom import Component
from products import names
from products.models import Product, ProductName, Release
from products.queries import live

CHUNK, MAX_WORDS = 500, 8
MAX_REST_WORDS = 24  # of a name, behind the product's, that may tell the release
MAX_COMPARISONS = 300_000  # of components with releases, for one upload
NAMES_A_COMPONENT = 10  # keys that are looked up for a component, about
PLAIN = (names.TITLE, names.NAME, names.REPOLOGY)


@dataclass
class Match:
    """A product, its release when the version tells, by what it was found, and for what components.

    `releases` are all that a name fits equally well, such as the editions of one version.
    """

    product: Product
    release: Release | None
    how: str
    is_sure: bool
    components: list[Component] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)


@dataclass
class Matches:
    """What was found, and what was not."""

    found: list[Match]
    unmatched: list[Component]


class TooManyComparisons(ValueError):
    """The components name products with so many releases that matching them would take too long."""


class _Clue(NamedTuple):
    """One way to a product: a key to look up, and what is left over to tell the release."""

    how: str
    key: str
    version: str = ""
    rest: str = ""
    is_sure: bool = True


def match(components: Iterable[Component], *, max_comparisons: float = inf) -> Matches:
    """Find the products of these components; components of one release are put together.

    Raises TooManyComparisons. The work is a few look-ups for each component, and for each that names a
    product, comparisons with those of its releases that are like it.
    """
    components = list(dict.fromkeys(components))
    total = db.session.scalar(select(func.count()).select_from(ProductName))
    if len(components) * NAMES_A_COMPONENT > total:  # all names are fewer than those that would be asked for
        index = _all_names()
        known = {key for _kind, key in index}
        clues = {each: [clue for clue in _clues(each) if clue.key in known] for each in components}
    else:
        clues = {each: list(_clues(each)) for each in components}
        index = _look_up({clue for each in clues.values() for clue in each})
    wanted = {
        product_id
        for each in clues.values()
        for clue in each
        for kind in _kinds(clue)
        for product_id in index.get((kind, clue.key), ())
    }
    products = {product.id: (product, Releases(product.live_releases)) for product in _load(wanted)}
    budget = _Budget(max_comparisons)
    groups: dict[tuple, Match] = {}
    unmatched = []
    for component, each in clues.items():
        found = _decide(each, index, products, budget)
        if found is None:
            unmatched.append(component)
            continue
        key = (found.product.id, *(release.id for release in found.releases))
        group = groups.setdefault(key, found)
        group.components.append(component)
        if found.is_sure and not group.is_sure:
            group.how, group.is_sure = found.how, True
    found = sorted(
        groups.values(), key=lambda m: (not m.is_sure, m.product.sort_name, m.release.id if m.release else 0)
    )
    return Matches(found, unmatched)


def _clues(component: Component) -> Iterator[_Clue]:
    """Ways to the product, the surest first."""
    version = component.version
    known_as = False
    if component.purl:
        try:
            key, in_purl = names.parse_purl(component.purl)
        except names.BadName:
            key = ""
        if key:
            known_as = True
            yield _Clue(names.PURL, key, version or in_purl)
            version = version or in_purl
    if component.cpe:
        try:
            cpe = names.parse_cpe(component.cpe)
        except names.BadName:
            cpe = None
        if cpe:
            yield _Clue(names.CPE, cpe.key, cpe.version or version)
            yield from _name_clues(cpe.product, cpe.version or version, names.CPE)
    whole = [f"{component.group} {component.name}", component.name] if component.group else [component.name]
    for text in whole:
        if known_as:  # a library of a package manager: only its whole name, and only as a guess
            yield _Clue(names.NAME, names.name_key(text), version, is_sure=False)
        else:
            yield from _name_clues(text, version, names.NAME)


def _name_clues(text: str, version: str, how: str) -> Iterator[_Clue]:
    """The whole name, then ever shorter beginnings whose rest must name a release."""
    found = names.words(text)
    for size in range(min(len(found), MAX_WORDS), 0, -1):
        yield _Clue(
            how if how == names.NAME else f"{how}-name",
            "".join(found[:size]),
            version,
            " ".join(found[size : size + MAX_REST_WORDS]),
        )


def _kinds(clue: _Clue) -> tuple[str, ...]:
    return (clue.how,) if clue.how in (names.PURL, names.CPE) else PLAIN


def _look_up(clues: set[_Clue]) -> dict[tuple[str, str], list[int]]:
    """Product ids by kind and key, through the index of names."""
    wanted: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for clue in clues:
        if clue.key:
            wanted[_kinds(clue)].add(clue.key)
    index: dict[tuple[str, str], list[int]] = defaultdict(list)
    for kinds, keys in wanted.items():
        ordered = sorted(keys)
        for start in range(0, len(ordered), CHUNK):
            rows = db.session.execute(
                select(ProductName.kind, ProductName.key, ProductName.product_id)
                .where(ProductName.kind.in_(kinds), ProductName.key.in_(ordered[start : start + CHUNK]))
                .order_by(ProductName.product_id)
            )
            for kind, key, product_id in rows:
                index[kind, key].append(product_id)
    return index


def _all_names() -> dict[tuple[str, str], list[int]]:
    """Every product id by kind and key."""
    index: dict[tuple[str, str], list[int]] = defaultdict(list)
    for kind, key, product_id in db.session.execute(
        select(ProductName.kind, ProductName.key, ProductName.product_id).order_by(ProductName.product_id)
    ):
        index[kind, key].append(product_id)
    return index


def _load(ids: set[int]) -> Iterator[Product]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), CHUNK):
        yield from db.session.scalars(
            live()
            .where(Product.id.in_(ordered[start : start + CHUNK]))
            .options(selectinload(Product.releases))
        )


class _Budget:
    """What comparing may cost in all."""

    def __init__(self, comparisons: float):
        self.left = comparisons

    def spend(self, comparisons: int) -> None:
        """Raises TooManyComparisons when nothing is left."""
        self.left -= comparisons
        if self.left < 0:
            raise TooManyComparisons(
                _("The document has too many components to match at once. Split it into smaller files.")
            )


def _decide(clues: list[_Clue], index: dict, products: dict, budget: _Budget) -> Match | None:
    """The first clue that leads somewhere decides."""
    for clue in clues:
        ids = dict.fromkeys(i for kind in _kinds(clue) for i in index.get((kind, clue.key), ()))
        found = [_candidate(*products[i], clue, budget) for i in ids if i in products]
        found = [candidate for candidate in found if candidate is not None]
        if found:
            best = next((c for c in found if c.release is not None), found[0])
            best.is_sure = best.is_sure and (len(found) == 1 or best.release is not None)
            return best
    return None


def _candidate(product: Product, releases: Releases, clue: _Clue, budget: _Budget) -> Match | None:
    """This product by this clue; a mere beginning of a name counts only if the rest tells a release."""
    before = releases.comparisons
    fitting = releases.named(clue.rest) if clue.rest else []
    named = fitting[0] if len(fitting) == 1 else None
    release = named or releases.of_version(clue.version)
    budget.spend(1 + releases.comparisons - before)
    if clue.rest and release is None and not fitting:
        return None
    return Match(
        product,
        release,
        clue.how,
        clue.is_sure and (not clue.rest or bool(fitting)),
        releases=[release] if release else fitting,
    )
