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
_PARENTHESES = re.compile(r"[(\[][^()\[\]]{0,60}[)\]]")
_TAIL_WORDS = frozenset(
    "x64 x86 64bit 32bit 64 32 bit amd64 arm64 win32 win64 edition version release update lts esr".split()
)
_NUMBER = re.compile(r"v?[0-9]+(?:[._][0-9]+)*[a-z]?[0-9]*")
_PLUS = re.compile(r"\+")
_PYPI = re.compile(r"[-_.]+")


@dataclass(frozen=True)
class Identity:
    """What identifies a component or an affected product."""

    package: packages.Package | None = None
    purl: str = ""  # key of an upstream package URL
    cpe: str = ""
    vendor: str = ""  # key
    product: str = ""  # key, without the vendor
    whole: str = ""  # key of the name as written
    is_library: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys for an index, at most MAX_KEYS; two things that are alike share one."""
        if self.package is not None:
            ids = filter(None, (self.package.name, self.package.source))
            start = f"{self.package.kind}:{self.package.vendor}/"
            return tuple(f"{start}{name}"[:MAX_KEY_CHARACTERS] for name in ids)
        found = {f"purl:{self.purl}": self.purl, f"cpe:{self.cpe}": self.cpe}
        for key in (self.product, self.whole, self.vendor + self.product):
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
    vendor_words = _vendor_words(vendor or cpe_vendor or namespace)
    name_words = _name_words(name, version) or _name_words(cpe_product, version)
    count = len(vendor_words)
    is_prefixed = count and name_words[:count] == vendor_words and len(name_words) > count
    rest = name_words[count:] if is_prefixed else name_words
    return Identity(
        None,
        purl_key,
        cpe_key,
        _key(vendor_words),
        _key(rest),
        _key(name_words),
        is_library,
    )


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


def _vendor_words(vendor: str) -> list[str]:
    found = names.words(vendor)
    return [word for word in found if word not in _LEGAL] or found


def _name_words(name: str, version: str) -> list[str]:
    """Words of a name without what inventories append: "Mozilla Firefox (x64 en-US)", "7-Zip 24.08".

    A single number stays, unless it begins the version: Windows 11 is not Windows 10.
    """
    stripped = _PARENTHESES.sub(" ", name[: names.MAX_NAME_LENGTH]) if "(" in name or "[" in name else name
    tokens = stripped.split()
    while len(tokens) > 1 and _is_appended(tokens[-1].casefold().strip("-,"), version.casefold()):
        tokens.pop()
    return names.words(" ".join(tokens)) or names.words(name)


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
    same = {installed.product, installed.whole} & {named.product, named.whole}
    mine, theirs = installed.vendor + installed.product, named.vendor + named.product
    contains_maker = (named.vendor and theirs in (installed.whole, mine)) or (
        installed.vendor and mine in (named.whole, theirs)
    )
    if contains_maker and mine:
        return SURE
    if not same - {""}:
        return NO
    if installed.vendor and named.vendor:
        return SURE if _is_same_maker(installed.vendor, named.vendor) or named.vendor == named.product else NO
    if named.vendor == named.product or installed.vendor == installed.product:
        return SURE
    if installed.is_library or named.is_library:
        return NO
    return MAYBE


def _is_same_maker(first: str, second: str) -> bool:
    shorter, longer = sorted((first, second), key=len)
    return len(shorter) >= 3 and longer.startswith(shorter)
