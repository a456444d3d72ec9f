"""How inventories and advisories spell a product: with versions, processors, editions and descriptions. Pure.

spellings() are other ways to write the same name; loose_spellings() leave out words in which names of one
product often differ (Client, for Windows, Enterprise), so they only suggest that two things are the same.
"""

import re

from products import names

MAX_SPELLINGS = 4
_PARENTHESES = re.compile(r"[(\[]([^()\[\]]{1,60})[)\]]")
_LOCALE = re.compile(r"[a-z]{2}(?:-[a-z]{2,4})?")
TAIL_WORDS = frozenset(
    (
        "x64 x86 x86_64 64bit 32bit 64-bit 32-bit 64 32 bit amd64 arm64 win32 win64 user machine edition "
        "version release update lts esr v v."
    ).split()
)
_EDITION_WORDS = frozenset(
    (
        "app application browser center client community data datacenter dc desktop enterprise free full "
        "home jdk jre linux macos mac personal pro professional runtime sdk server service stable standard "
        "windows"
    ).split()
)
_CUTS = re.compile(r" (?:for|with|-|–) |: ", re.I)
_PLATFORM = re.compile(r"(?<=[a-z]{4})(?:windows|macos|linux)$")
_NUMBER = re.compile(r"v?[0-9]+(?:[._][0-9]+)*[a-z]?[0-9]*")
_DOTTED = re.compile(r"v?([0-9]{1,6})\.[0-9]")
_WRITTEN = re.compile(r"(?:^|\s)v?([0-9]{1,4}(?:\.[0-9]{1,6}){2,3})(?![0-9.])")
_PROCESSOR = re.compile(r"[-_](?:x64|x86|amd64|arm64)$", re.I)


def spellings(name: str, version: str) -> list[list[str]]:
    """The words of a name without what inventories append: "Mozilla Firefox (x64 en-US)", "7-Zip 24.08".

    A single number stays, unless it begins the version, when both spellings count: Windows 11 is not
    Windows 10.
    """
    text = _PARENTHESES.sub(_without_build, name[: names.MAX_NAME_LENGTH])
    tokens = text.split()
    while len(tokens) > 1 and tokens[-1].casefold().strip("-,") in TAIL_WORDS:
        tokens.pop()
    tokens[-1:] = [_PROCESSOR.sub("", each) for each in tokens[-1:]]
    found = [names.words(" ".join(tokens))]
    if before := _before_version(tokens, version):
        found.append(names.words(" ".join(before)))
    while len(tokens) > 1 and _is_appended(tokens[-1].casefold().strip("-,"), version.casefold()):
        tokens.pop()
        found.append(names.words(" ".join(tokens)))
    distinct = [each for place, each in enumerate(found) if each and each not in found[:place]]
    return distinct[:MAX_SPELLINGS] or [names.words(name)]


def _before_version(tokens: list[str], version: str) -> list[str]:
    """The words before a dotted number that is the version: "ImageMagick" of "ImageMagick 7.1.1-10 Q16"."""
    for place, token in enumerate(tokens[1:], 1):
        match = _DOTTED.match(token)
        if match and (not version or version.lstrip("vV").split(".")[0] == match[1]):
            before = tokens[:place]
            while len(before) > 1 and before[-1].casefold().strip("-,") in TAIL_WORDS | {""}:
                before.pop()
            return before
    return []


def _without_build(match: re.Match) -> str:
    """Parentheses that say for which processor and language it was built, removed; all others stay."""
    words = match[1].casefold().replace(",", " ").split()
    is_build = all(word in TAIL_WORDS or _LOCALE.fullmatch(word) for word in words)
    return " " if is_build else match[0]


def _is_appended(word: str, version: str) -> bool:
    if word in TAIL_WORDS:
        return True
    if not _NUMBER.fullmatch(word):
        return False
    number = word.removeprefix("v")
    known = version.removeprefix("v")
    return "." in number or known == number or known.startswith((f"{number}.", f"{number}u"))


def loose_spellings(name: str, version: str) -> list[list[str]]:
    """spellings() without editions and descriptions; numbers stay: Windows 10 is not Windows 11."""
    text = _PARENTHESES.sub(" ", name[: names.MAX_NAME_LENGTH])
    found = []
    for part in (text, _CUTS.split(text, maxsplit=1)[0]):
        for each in spellings(part, version) if part.strip() else ():
            kept = list(each)
            while len(kept) > 1 and kept[-1] in _EDITION_WORDS:
                kept.pop()
            kept[-1:] = [_PLATFORM.sub("", word) for word in kept[-1:]]
            if kept and kept not in found:
                found.append(kept)
    return found[:MAX_SPELLINGS]


def written_version(name: str, version: str) -> str:
    """The version of a product whose installer writes another number: "Python 3.11.3" has 3.11.3150.0.

    Only where the number in the name agrees in its first two parts, and begins the third.
    """
    match = _WRITTEN.search(name)
    if match is None:
        return version
    wanted = match[1].split(".")
    given = version.split(".")
    is_longer = len(given) >= 3 and given[2] != wanted[2] and len(given[2]) > 2 and given[2].isdigit()
    return match[1] if is_longer and given[:2] == wanted[:2] and given[2].startswith(wanted[2]) else version
