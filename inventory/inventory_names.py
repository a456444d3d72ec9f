"""Names as inventories write them: spelled like the catalogue, and which of their words say nothing.

Pure. `Java 8 Update 401` is the Oracle JDK 8, `SLES 15 SP5` is 15.5, `LTSC 2021` is 21H2. Sources: the
lists of installed software of Windows, `os-release` of the distributions, Microsoft's pages of LTSC releases.
"""

import re
from collections.abc import Sequence
from typing import Any

from products.names import words

_JAVA = re.compile(
    r"java(?: ?\(tm\))?(?: ?se)?(?: development kit| runtime environment| jdk| jre| platform)?"
    r"(?=[ \d]|$)",
)
_OLD_JAVA = re.compile(r"\b1\.(\d)\.0_(\d{1,4})\b")
_JAVA_UPDATE = re.compile(r"\b(\d{1,2}) ?(?:update|u) ?(\d{1,4})\b")
_SUSE = re.compile(r"(?:suse|sles|sled)\b")
_SERVICE_PACK = re.compile(r"\b(\d{2}) ?sp ?(\d)\b")
_LONG_TERM = re.compile(r"\blts[cb]\b")
_LONG_TERM_YEAR = re.compile(r"\b(?:2015|2016|2019|2021|2024)\b")
_MARKS = re.compile(r"[®™©]|\((?:tm|r|c)\)")
LONG_TERM_RELEASES = {"2015": "1507", "2016": "1607", "2019": "1809", "2021": "21h2", "2024": "24h2"}
MAX_NAME_CHARACTERS = 300
_VERSION = re.compile(r"(?<![\w.])v?(\d{1,9}(?:[.]\d{1,9}){0,7})(?![\w.]*\d)")
MAX_VERSIONS = 3  # in a name
# Words beside the name of a product that do not make it another product.
PLAIN_WORDS = frozenset(
    """
    jdk jre openjdk hotspot x64 x86 x86_64 amd64 arm64 aarch64 i386 i686 win32 win64 64 32 bit bits
    64bit 32bit noarch en us gb de fr es it nl pl pt br ru ja jp zh cn tw ko sv da fi nb cs hu tr uk el
    multi multilingual neutral for based system systems machine wide all users user only remove the and
    with version versions ver release releases build update updates cumulative rollup hotfix patch
    service pack sp level edition editions lts ltsc ltsb esr stable current ga final general
    availability home pro professional enterprise education standard datacenter business ultimate
    premium essentials foundation express developer community core single language workstations
    workstation server servers desktop client n kn iot web evaluation eval retail volume oem plus
    extended support gnu linux os microsoft windows mac macos inc llc ltd corp corporation foundation
    software gmbh
    """.split()
)
_EDITIONS_OF_COMPANIES = frozenset(("enterprise",))
_EDITIONS_OF_HOMES = frozenset(("home", "pro", "professional", "core", "workstations", "single"))
_SCHOOLS = frozenset(("education",))


def spelled(name: str, vendor: str = "") -> str:
    """A name as the catalogue would write it, in lower case."""
    text = _MARKS.sub("", name[:MAX_NAME_CHARACTERS].casefold()).strip()
    if (found := _JAVA.match(text)) and (
        not vendor or "oracle" in vendor.casefold() or "sun " in vendor.casefold()
    ):
        text = "oracle jdk" + text[found.end() :]
        text = _JAVA_UPDATE.sub(r"\1.0.\2", _OLD_JAVA.sub(r"\1.0.\2", text))
    elif _SUSE.match(text):
        text = _SERVICE_PACK.sub(r"\1.\2", text)
    elif "windows" in text and _LONG_TERM.search(text):
        text = _LONG_TERM_YEAR.sub(lambda year: LONG_TERM_RELEASES[year[0]], text)
    return text


def versions_in(text: str) -> list[str]:
    """Numbers in the rest of a name that may be the version, the first MAX_VERSIONS of them."""
    return [match[1] for match in _VERSION.finditer(text[:MAX_NAME_CHARACTERS])][:MAX_VERSIONS]


def is_plain(text: str, *, also: frozenset[str] = frozenset()) -> bool:
    """Whether the words before the first number of the rest of a name say nothing about another product."""
    number = _VERSION.search(text[:MAX_NAME_CHARACTERS])
    between = text[: number.start()] if number else text
    return all(word in PLAIN_WORDS or word in also or word.isdigit() for word in words(between))


def of_edition(releases: Sequence[Any], text: str) -> list[Any]:
    """Those of several equal releases that are of the edition in `text`; all when none or no edition is.

    The releases of Windows end in `-w` (Home and Pro), `-e` (Enterprise, Education), `-e-lts` and `-iot-lts`.
    """
    if len(releases) < 2:
        return list(releases)
    present = set(words(text))
    long_term = bool(present & {"ltsc", "ltsb"})
    parts = {id(release): set(release.cycle.split("-")[1:]) for release in releases}
    found = [each for each in releases if ("lts" in parts[id(each)]) == long_term]
    if long_term:
        found = [each for each in found if ("iot" in parts[id(each)]) == ("iot" in present)]
    elif present & _EDITIONS_OF_COMPANIES or (present & _SCHOOLS and not present & _EDITIONS_OF_HOMES):
        found = [each for each in found if "w" not in parts[id(each)]]
    elif present & _EDITIONS_OF_HOMES:
        found = [each for each in found if "e" not in parts[id(each)]]
    return found or list(releases)
