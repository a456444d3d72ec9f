"""Whether a component and a product of an advisory are the same thing: package URL, CPE, names. Pure.

Keys find candidates in an index; likeness() then decides. It works without a CPE and without the catalogue.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from inventory.versions import packages
from inventory.versions.spellings import loose_spellings, spellings
from products import names

SURE, MAYBE, SIMILAR, NO = "sure", "maybe", "similar", ""
MAX_KEY_CHARACTERS = 200
MIN_LOOSE_CHARACTERS = 3
MIN_MAKER_CHARACTERS = 4  # of the first word of a maker, with which a name may begin
MAX_KEYS = 16  # of one thing
_LEGAL = frozenset(
    (
        "inc incorporated llc ltd limited gmbh corp corporation co company foundation software project the "
        "group team technologies technology ag sa sarl bv srl plc pty oy ab kg e v org organization "
        "community systems international developers contributors labs fz"
    ).split()
)
_PLUS = re.compile(r"\+")
_PYPI = re.compile(r"[-_.]+")


@dataclass(frozen=True)
class Identity:
    """What identifies a component or an affected product.

    `products` are the name without the maker, `wholes` the name with it: each as written, and without a
    number that repeats the version. `loose` are both without editions and descriptions.
    """

    package: packages.Package | None = None
    purl: str = ""  # key of an upstream package URL
    cpe: str = ""
    vendor: str = ""  # key
    products: frozenset[str] = frozenset()
    wholes: frozenset[str] = frozenset()
    loose: frozenset[str] = frozenset()
    is_library: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys for an index, at most MAX_KEYS; two things that are alike share one."""
        if self.package is not None:
            ids = filter(None, (self.package.name, self.package.source))
            start = f"{self.package.kind}:{self.package.vendor}/"
            return tuple(f"{start}{name}"[:MAX_KEY_CHARACTERS] for name in ids)
        found = {f"purl:{self.purl}": self.purl, f"cpe:{self.cpe}": self.cpe}
        for key in (*sorted(self.wholes), *sorted(self.products), *sorted(self.loose)):
            found[f"name:{key}"] = key
        return tuple(each[:MAX_KEY_CHARACTERS] for each, value in found.items() if value)[:MAX_KEYS]


@lru_cache(maxsize=20_000)
def identity(
    name: str, vendor: str = "", version: str = "", purl: str = "", cpe: str = "", platform: str = ""
) -> Identity:
    """The identity of a component or of a product of an advisory; every text is untrusted."""
    package = packages.package_of(name, version, purl, platform)
    if package is not None:
        return Identity(package)
    purl_key, is_library, namespace = _purl(purl)
    cpe_key, cpe_vendor, cpe_product = _cpe(cpe)
    maker = names.words(vendor or cpe_vendor or namespace)
    short_maker = [word for word in maker if word not in _LEGAL] or maker
    products: set[str] = set()
    wholes: set[str] = set()
    for written in spellings(name or cpe_product, version):
        rest = _without_maker(written, maker, short_maker)
        products.add(_key(rest))
        wholes |= {_key(written)} if rest is not written or not maker else set()
        wholes |= {_key([*each, *rest]) for each in (maker, short_maker) if maker}
    return Identity(
        None,
        purl_key,
        cpe_key,
        _key(short_maker),
        frozenset(products - {""}),
        frozenset(wholes - {""}),
        _loose(name or cpe_product, version, maker, short_maker),
        is_library,
    )


def _without_maker(written: list[str], maker: list[str], short_maker: list[str]) -> list[str]:
    """The words of a name without its maker; the same list if it does not begin with it."""
    first = [each for each in short_maker[:1] if each.isalpha() and len(each) >= MIN_MAKER_CHARACTERS]
    starts = (maker, short_maker, first)
    return next((written[len(each) :] for each in starts if each and _begins(written, each)), written)


def _loose(name: str, version: str, maker: list[str], short_maker: list[str]) -> frozenset[str]:
    found = set()
    for written in loose_spellings(name, version):
        rest = _without_maker(written, maker, short_maker)
        found |= {_key(written), _key(rest)}
    return frozenset(each for each in found if len(each) >= MIN_LOOSE_CHARACTERS)


def _begins(words: list[str], start: list[str]) -> bool:
    """Whether words begin with others, and go on."""
    return bool(start) and words[: len(start)] == start and len(words) > len(start)


def _purl(purl: str) -> tuple[str, bool, str]:
    if not purl:
        return "", False, ""
    try:
        key, _ = names.parse_purl(purl)
    except names.BadName:
        return "", False, ""
    kind, _, rest = key.partition("/")
    if kind == "pypi":
        key = f"pypi/{_PYPI.sub('-', rest)}"
    is_library = kind not in ("generic", "github", "gitlab", "bitbucket", "docker", "oci", "swid")
    return key, is_library, rest.rpartition("/")[0] if not is_library else ""


def _cpe(cpe: str) -> tuple[str, str, str]:
    if not cpe:
        return "", "", ""
    try:
        found = names.parse_cpe(cpe)
    except names.BadName:
        return "", "", ""
    return found.key, found.vendor, found.product


def _key(words: list[str]) -> str:
    return _PLUS.sub("plus", "".join(word for word in words if word != "and"))[:MAX_KEY_CHARACTERS]


def likeness(installed: Identity, named: Identity) -> str:
    """SURE, MAYBE (the name is the same, the maker is not known), SIMILAR (up to an edition) or NO.

    Two packages are alike if the distribution and the name are the same; a package and an upstream product
    never are.
    """
    if installed.package is not None or named.package is not None:
        return _packages(installed.package, named.package)
    if installed.purl and named.purl and installed.is_library and named.is_library:
        return SURE if installed.purl == named.purl else NO
    if (installed.purl and installed.purl == named.purl) or (installed.cpe and installed.cpe == named.cpe):
        return SURE
    return _names(installed, named)


def _packages(installed: packages.Package | None, named: packages.Package | None) -> str:
    if installed is None or named is None or (installed.kind and named.kind and installed.kind != named.kind):
        return NO
    if installed.vendor and named.vendor and installed.vendor != named.vendor:
        return NO
    mine = {installed.name, installed.source} - {""}
    return SURE if mine & ({named.name, named.source} - {""}) else NO


def _names(installed: Identity, named: Identity) -> str:
    if installed.vendor and named.vendor and installed.wholes & named.wholes:
        return SURE
    if installed.vendor and not named.vendor and installed.wholes & named.products:
        return SURE  # the name contains the maker
    if named.vendor and not installed.vendor and named.wholes & installed.products:
        return SURE
    is_same_maker = bool(installed.vendor and named.vendor) and _is_same_maker(installed.vendor, named.vendor)
    if is_same_maker and (installed.products & named.wholes or installed.wholes & named.products):
        return SURE
    same = installed.products & named.products
    if not same:
        return _loosely(installed, named, is_same_maker=is_same_maker)
    if installed.vendor and named.vendor:
        return SURE if _is_same_maker(installed.vendor, named.vendor) or named.vendor in same else NO
    if named.vendor in same or installed.vendor in same:
        return SURE
    return NO if installed.is_library or named.is_library else MAYBE


def _loosely(installed: Identity, named: Identity, *, is_same_maker: bool) -> str:
    """SIMILAR if the names are the same up to an edition, by one maker or one named like the product."""
    same = installed.loose & named.loose
    if not same or installed.is_library or named.is_library:
        return NO
    return SIMILAR if is_same_maker or named.vendor in same or installed.vendor in same else NO


def _is_same_maker(first: str, second: str) -> bool:
    shorter, longer = sorted((first, second), key=len)
    return len(shorter) >= 3 and longer.startswith(shorter)
