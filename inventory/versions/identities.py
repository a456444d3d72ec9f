"""Whether a component and a product of an advisory are the same thing: package URL, CPE, names. Pure.

Keys find candidates in an index; likeness() then decides. It works without a CPE and without the catalogue.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from inventory.versions import packages
from products import names

SURE, MAYBE, NO = "sure", "maybe", ""
MAX_KEY_CHARACTERS = 200
MAX_KEYS = 12  # of one thing
_LEGAL = frozenset(
    (
        "inc incorporated llc ltd limited gmbh corp corporation co company foundation software project the "
        "group team technologies technology ag sa sarl bv srl plc pty oy ab kg e v org organization "
        "community systems international developers contributors"
    ).split()
)
_PARENTHESES = re.compile(r"[(\[]([^()\[\]]{1,60})[)\]]")
_LOCALE = re.compile(r"[a-z]{2}(?:-[a-z]{2,4})?")
_TAIL_WORDS = frozenset(
    (
        "x64 x86 64bit 32bit 64-bit 32-bit 64 32 bit amd64 arm64 win32 win64 user machine edition version "
        "release update lts esr"
    ).split()
)
_NUMBER = re.compile(r"v?[0-9]+(?:[._][0-9]+)*[a-z]?[0-9]*")
_PLUS = re.compile(r"\+")
_PYPI = re.compile(r"[-_.]+")


@dataclass(frozen=True)
class Identity:
    """What identifies a component or an affected product.

    `products` are the name without the maker, `wholes` the name with it: each as written, and without a
    number that repeats the version.
    """

    package: packages.Package | None = None
    purl: str = ""  # key of an upstream package URL
    cpe: str = ""
    vendor: str = ""  # key
    products: frozenset[str] = frozenset()
    wholes: frozenset[str] = frozenset()
    is_library: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys for an index, at most MAX_KEYS; two things that are alike share one."""
        if self.package is not None:
            ids = filter(None, (self.package.name, self.package.source))
            start = f"{self.package.kind}:{self.package.vendor}/"
            return tuple(f"{start}{name}"[:MAX_KEY_CHARACTERS] for name in ids)
        found = {f"purl:{self.purl}": self.purl, f"cpe:{self.cpe}": self.cpe}
        for key in (*sorted(self.wholes), *sorted(self.products)):
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
    for written in _spellings(name or cpe_product, version):
        rest = next(
            (written[len(each) :] for each in (maker, short_maker) if _begins(written, each)), written
        )
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
        is_library,
    )


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
    return _PLUS.sub("plus", "".join(words))[:MAX_KEY_CHARACTERS]


def _spellings(name: str, version: str) -> list[list[str]]:
    """The words of a name without what inventories append: "Mozilla Firefox (x64 en-US)", "7-Zip 24.08".

    A single number stays, unless it begins the version, when both spellings count: Windows 11 is not
    Windows 10.
    """
    text = _PARENTHESES.sub(_without_build, name[: names.MAX_NAME_LENGTH])
    tokens = text.split()
    while len(tokens) > 1 and tokens[-1].casefold().strip("-,") in _TAIL_WORDS:
        tokens.pop()
    found = [names.words(" ".join(tokens))]
    while len(tokens) > 1 and _is_appended(tokens[-1].casefold().strip("-,"), version.casefold()):
        tokens.pop()
        found.append(names.words(" ".join(tokens)))
    return [each for each in found if each][:3] or [names.words(name)]


def _without_build(match: re.Match) -> str:
    """Parentheses that say for which processor and language it was built, removed; all others stay."""
    words = match[1].casefold().replace(",", " ").split()
    is_build = all(word in _TAIL_WORDS or _LOCALE.fullmatch(word) for word in words)
    return " " if is_build else match[0]


def _is_appended(word: str, version: str) -> bool:
    if word in _TAIL_WORDS:
        return True
    if not _NUMBER.fullmatch(word):
        return False
    number = word.removeprefix("v")
    known = version.removeprefix("v")
    return "." in number or known == number or known.startswith((f"{number}.", f"{number}u"))


def likeness(installed: Identity, named: Identity) -> str:
    """SURE, MAYBE (the name is the same, the maker is not known) or NO.

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
    same = installed.products & named.products
    if not same:
        return NO
    if installed.vendor and named.vendor:
        return SURE if _is_same_maker(installed.vendor, named.vendor) or named.vendor in same else NO
    if named.vendor in same or installed.vendor in same:
        return SURE
    return NO if installed.is_library or named.is_library else MAYBE


def _is_same_maker(first: str, second: str) -> bool:
    shorter, longer = sorted((first, second), key=len)
    return len(shorter) >= 3 and longer.startswith(shorter)
