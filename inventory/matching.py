"""Match installed components to products of the catalogue: by purl, by CPE, then by name and alias.

A match by name of a component that has an unknown purl is a guess and marked as such.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from math import inf
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from core.database.db import db
from inventory import inventory_names
from inventory.formats.component import Component
from inventory.release_versions import Releases
from products import names
from products.models import Product, ProductName, Release
from products.queries import live

BATCH_SIZE = 500  # keys or ids of one query
MAX_WORDS = 8  # of the name of a product
MAX_REST_WORDS = 24  # words after the product's name that may identify the release
MAX_COMPARISONS = 300_000  # of components with releases, per upload
LOOKUPS_PER_COMPONENT = 10  # approximate number of keys of a component
Index = dict[tuple[str, str], list[int]]  # product ids by (kind, key)
DISTRIBUTION_PURLS = ("pkg:deb/", "pkg:rpm/", "pkg:apk/", "pkg:alpm/")
PLAIN_KINDS = (names.TITLE, names.NAME, names.REPOLOGY)


@dataclass
class Match:
    """A product, its release if known, how it was found (purl, cpe, …), and the components.

    `releases` are all that match equally, such as the editions of one version.
    """

    product: Product
    release: Release | None
    how: str
    is_sure: bool
    components: list[Component] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)


@dataclass
class Matches:
    """Matches, and components without a match."""

    found: list[Match]
    unmatched: list[Component]


class TooManyComparisons(ValueError):
    """Matching would need more comparisons than allowed."""


class _Clue(NamedTuple):
    """A key to look up a product, and the remaining words that may identify the release."""

    how: str
    key: str
    version: str = ""
    rest: str = ""
    is_sure: bool = True
    text: str = ""  # the rest as it is written


def match(components: Iterable[Component], *, max_comparisons: float = inf) -> Matches:
    """Find the products of components, grouped by release; raises TooManyComparisons.

    The cost is a few lookups per component, and comparisons with similar releases of the products found.
    """
    components = list(dict.fromkeys(components))
    total = db.session.scalar(select(func.count()).select_from(ProductName)) or 0
    if len(components) * LOOKUPS_PER_COMPONENT > total:  # reading all names is cheaper
        index = _all_names()
        known = {key for _kind, key in index}
        clues = {each: [clue for clue in _clues(each) if clue.key in known] for each in components}
    else:
        clues = {each: list(_clues(each)) for each in components}
        index = _look_up({clue for each in clues.values() for clue in each})
    wanted: set[int] = set()
    for clue in chain.from_iterable(clues.values()):
        wanted.update(*(index.get((kind, clue.key), ()) for kind in _kinds(clue)))
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
            group.how = found.how
            group.is_sure = True
    matches = sorted(
        groups.values(), key=lambda m: (not m.is_sure, m.product.sort_name, m.release.id if m.release else 0)
    )
    return Matches(matches, unmatched)


def _clues(component: Component) -> Iterator[_Clue]:
    """Yield clues, the most reliable first."""
    version = component.version
    purl_key, purl_version = _purl_parts(component.purl)
    if purl_key:
        version = version or purl_version
        yield _Clue(names.PURL, purl_key, version)
    if is_of_distribution(component.purl):
        return  # a package of a distribution is never the upstream product
    if component.cpe:
        try:
            cpe = names.parse_cpe(component.cpe)
        except names.BadName:
            cpe = None
        if cpe:
            yield _Clue(names.CPE, cpe.key, cpe.version or version)
            yield from _name_clues(cpe.product, cpe.version or version, names.CPE)
    name = inventory_names.spelled(component.name, component.vendor)
    whole = [f"{component.group} {name}", name] if component.group else [name]
    for text in whole:
        if purl_key:  # a library of a package manager: only the whole name, as a guess
            yield _Clue(names.NAME, names.name_key(text), version, is_sure=False)
        else:
            yield from _name_clues(text, version, names.NAME)


def is_of_distribution(purl: str) -> bool:
    """Whether a package URL is of a package of a Linux distribution, which patches what it takes over."""
    return purl.startswith(DISTRIBUTION_PURLS)


def _purl_parts(purl: str) -> tuple[str, str]:
    """(key, version) of a package URL; empty when it is absent or invalid."""
    if not purl:
        return "", ""
    try:
        return names.parse_purl(purl)
    except names.BadName:
        return "", ""


def _name_clues(text: str, version: str, how: str) -> Iterator[_Clue]:
    """Yield the whole name, then shorter prefixes whose remaining words must identify a release."""
    text = names.folded(text)
    spans = names.word_spans(text)
    found = [word for word, _end in spans]
    for size in range(min(len(found), MAX_WORDS), 0, -1):
        yield _Clue(
            how if how == names.NAME else f"{how}-name",
            "".join(found[:size]),
            version,
            " ".join(found[size : size + MAX_REST_WORDS]),
            text=text[spans[size - 1][1] :],
        )


def _kinds(clue: _Clue) -> tuple[str, ...]:
    return (clue.how,) if clue.how in (names.PURL, names.CPE) else PLAIN_KINDS


def _look_up(clues: set[_Clue]) -> Index:
    """Product ids by kind and key, of the given clues."""
    wanted: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for clue in clues:
        if clue.key:
            wanted[_kinds(clue)].add(clue.key)
    index: Index = defaultdict(list)
    for kinds, keys in wanted.items():
        ordered = sorted(keys)
        for start in range(0, len(ordered), BATCH_SIZE):
            rows = db.session.execute(
                select(ProductName.kind, ProductName.key, ProductName.product_id)
                .where(ProductName.kind.in_(kinds), ProductName.key.in_(ordered[start : start + BATCH_SIZE]))
                .order_by(ProductName.product_id)
            )
            for kind, key, product_id in rows:
                index[kind, key].append(product_id)
    return index


def _all_names() -> Index:
    """All product ids by kind and key."""
    index: Index = defaultdict(list)
    for kind, key, product_id in db.session.execute(
        select(ProductName.kind, ProductName.key, ProductName.product_id).order_by(ProductName.product_id)
    ):
        index[kind, key].append(product_id)
    return index


def _load(ids: set[int]) -> Iterator[Product]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), BATCH_SIZE):
        yield from db.session.scalars(
            live()
            .where(Product.id.in_(ordered[start : start + BATCH_SIZE]))
            .options(selectinload(Product.releases))
        )


class _Budget:
    """The remaining number of comparisons."""

    def __init__(self, comparisons: float) -> None:
        self.left = comparisons

    def spend(self, comparisons: int) -> None:
        """Subtract comparisons; raises TooManyComparisons below zero."""
        self.left -= comparisons
        if self.left < 0:
            raise TooManyComparisons(
                _("The document has too many components to match at once. Split it into smaller files.")
            )


def _decide(
    clues: list[_Clue],
    index: Index,
    products: dict[int, tuple[Product, Releases]],
    budget: _Budget,
) -> Match | None:
    """The match of the first clue that has one."""
    for clue in clues:
        ids = dict.fromkeys(i for kind in _kinds(clue) for i in index.get((kind, clue.key), ()))
        tried = [_candidate(*products[i], clue, budget) for i in ids if i in products]
        found = [candidate for candidate in tried if candidate is not None]
        if found:
            best = next((c for c in found if c.release is not None), found[0])
            best.is_sure = best.is_sure and (len(found) == 1 or best.release is not None)
            return best
    return None


def _candidate(product: Product, releases: Releases, clue: _Clue, budget: _Budget) -> Match | None:
    """The match of a product by a clue; a prefix of a name counts only if the rest identifies a release."""
    before = releases.comparisons
    found = _named_releases(releases, clue)
    if len(found) != 1 and (by_version := releases.all_of_version(clue.version)):
        both = [release for release in by_version if release in found]
        found = both or by_version
    found = inventory_names.of_edition(found, clue.text)
    budget.spend(1 + releases.comparisons - before)
    if clue.rest and not found:
        return None
    known = frozenset(chain.from_iterable(names.words(f"{each.label} {each.codename}") for each in found))
    return Match(
        product,
        found[0] if len(found) == 1 else None,
        clue.how,
        clue.is_sure and (not clue.rest or inventory_names.is_plain(clue.text, also=known)),
        releases=found,
    )


def _named_releases(releases: Releases, clue: _Clue) -> list[Release]:
    """The releases that the words after a product's name identify: by label, else by a number in them."""
    if not clue.rest:
        return []
    found = releases.named(clue.rest)
    if len(found) == 1 or not inventory_names.is_plain(clue.text):
        return found
    for version in inventory_names.versions_in(clue.text):
        by_version = releases.all_of_version(version)
        both = [release for release in by_version if release in found]
        if both or (by_version and not found):
            return both or by_version
    return found
