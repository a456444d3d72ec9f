"""From what is installed to the products known here: by purl, by CPE, then by name and alias.

Nothing waits for a vulnerability: the catalogue alone decides. What only a name suggests although
the component's purl says otherwise is a guess, and told as one.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core.db import db
from products import names
from products.models import Product, ProductName, Release
from products.queries import live
from products.sbom import Component
from products.versions import release_for, releases_named

CHUNK, MAX_WORDS = 500, 8
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


@dataclass(frozen=True)
class _Clue:
    """One way to a product: a key to look up, and what is left over to tell the release."""

    how: str
    key: str
    version: str = ""
    rest: str = ""
    is_sure: bool = True


def match(components: Iterable[Component]) -> Matches:
    """Find the products of these components; components of one release are put together."""
    clues = {component: list(_clues(component)) for component in components}
    index = _look_up({clue for each in clues.values() for clue in each})
    products = _load({product_id for ids in index.values() for product_id in ids})
    groups: dict[tuple, Match] = {}
    unmatched = []
    for component, each in clues.items():
        found = _decide(component, each, index, products)
        if found is None:
            unmatched.append(component)
            continue
        key = (found.product.id, *(release.id for release in found.releases))
        group = groups.setdefault(key, found)
        group.components.append(component)
        if found.is_sure and not group.is_sure:
            group.how, group.is_sure = found.how, True
    found = sorted(groups.values(), key=lambda m: (not m.is_sure, m.product.sort_name,
                                                   m.release.id if m.release else 0))
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
        yield _Clue(how if how == names.NAME else f"{how}-name", "".join(found[:size]), version,
                    " ".join(found[size:]))


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
                .where(ProductName.kind.in_(kinds), ProductName.key.in_(ordered[start:start + CHUNK]))
                .order_by(ProductName.product_id))
            for kind, key, product_id in rows:
                index[kind, key].append(product_id)
    return index


def _load(ids: set[int]) -> dict[int, Product]:
    ordered = sorted(ids)
    return {product.id: product for start in range(0, len(ordered), CHUNK)
            for product in db.session.scalars(
                live().where(Product.id.in_(ordered[start:start + CHUNK]))
                .options(selectinload(Product.releases)))}


def _decide(component: Component, clues: list[_Clue], index: dict, products: dict) -> Match | None:
    """The first clue that leads somewhere decides."""
    for clue in clues:
        ids = dict.fromkeys(i for kind in _kinds(clue) for i in index.get((kind, clue.key), ()))
        found = [_candidate(products[i], clue) for i in ids if i in products]
        found = [candidate for candidate in found if candidate is not None]
        if found:
            best = next((c for c in found if c.release is not None), found[0])
            best.is_sure = best.is_sure and (len(found) == 1 or best.release is not None)
            return best
    return None


def _candidate(product: Product, clue: _Clue) -> Match | None:
    """This product by this clue; a mere beginning of a name counts only if the rest tells a release."""
    releases = product.live_releases
    fitting = releases_named(releases, clue.rest) if clue.rest else []
    named = fitting[0] if len(fitting) == 1 else None
    release = named or release_for(releases, clue.version)
    if clue.rest and release is None and not fitting:
        return None
    return Match(product, release, clue.how, clue.is_sure and (not clue.rest or bool(fitting)),
                 releases=[release] if release else fitting)
