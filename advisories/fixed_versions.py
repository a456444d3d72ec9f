"""Derive fixed versions that a document implies, where it states no remedy. Pure.

Four facts imply that a fix exists: a range that ends before a version (that version is not affected), a
product with the status "fixed", the temporal CVSS metric RL:O ("official fix", CVSS 3.1 section 3.2), and a
reference that the issuer tags as a patch. Each becomes a Remedy with its `origin`. What the issuer states of
a product is never overruled: neither a fix of theirs, nor that there is none.
"""

import re
from dataclasses import dataclass, replace
from itertools import chain

from advisories.addresses import is_web_address
from advisories.advisory import AFFECTED, FIXED, Advisory, ProductEntry, Remedy, Vulnerability

NO_FIX = ("none_available", "no_fix_planned", "fix_planned")
OTHER_VERSIONS = "other versions"  # ProductEntry.version of what a record says by default
MAX_VERSION_LENGTH = 100  # characters
_VERSION = re.compile(
    r"(?:[vV]?\d[\w.+:~\-]{0,90}|[0-9a-f]{7,40}|(?=[\w.+:~\-]{0,60}\d)[A-Za-z][\w.+:~\-]{0,90})"
    r"(?: (?:SP|Upd|Update|Patch|HF|Hotfix|Build|Rev|CU|FP|R|P)\.? ?\w{1,20}){0,2}"
)
_BEFORE = re.compile(
    r"(?:<(?!=)|\bbefore\b|\bprior to\b|\bearlier than\b|\bolder than\b)\s{0,3}(.{1,100})$", re.I
)
_UP_TO = re.compile(r"(?:<=|≤|\bup to(?: and including)?\b|\bthrough\b)\s{0,3}(.{1,100})$", re.I)
_AND_BELOW = re.compile(
    r"(.{1,100}?),?\s(?:and|or)\s(?:below|earlier|prior|older|lower|previous|before)(?:\sversions?)?$", re.I
)
_LEADING = re.compile(r"^(?:versions?|release|all versions?|v\.)\s{1,3}", re.I)
_ADDRESS = re.compile(r"<=? (https?://\S{1,500})$")
_LOWER = re.compile(r"^>= ([^,\s]+).*$")
_OFFICIAL_FIX = re.compile(r"/RL:OF?(?:/|$)")


_SERIES = re.compile(r"\.[xX*]\W{0,3}$")  # "< 10.1.x": a series of versions, none of which is named


@dataclass(frozen=True)
class UpperBound:
    """The end of a range: fixed in `before`, or in a version after `last`; one of them is empty."""

    before: str = ""
    last: str = ""


def version_of(text: str) -> str:
    """A text as one version ("V3.0", "Version 4.2", "0:2.9.4-3.el8", a commit); empty when it is none."""
    word = _LEADING.sub("", " ".join(text.split()).lstrip("<>=≤ ")).strip("\"'")
    return word if len(word) <= MAX_VERSION_LENGTH and _VERSION.fullmatch(word) else ""


def upper_bound(text: str) -> UpperBound:
    """The upper bound in a range as documents write it.

    Understood: "< 4.2", ">= 1.0, < 4.2", "All versions < V11.4", "before 4.2", "vers:semver/>=1|<4.2",
    "<= 4.1", "through 4.1", "4.1 and earlier". Empty when there is none, or no version in it.
    """
    text = text.strip()
    if text.lower().startswith("vers:"):
        return _vers_bound(text.partition("/")[2].split("|"))
    if match := _AND_BELOW.fullmatch(text[:300]):
        return UpperBound(last=version_of(match[1].rpartition(",")[2]))
    if match := _UP_TO.search(text[-200:]):
        return UpperBound(last=version_of(match[1]))
    if match := _BEFORE.search(text[-200:]):
        return UpperBound(before="" if _SERIES.search(match[1]) else version_of(match[1]))
    return UpperBound()


def _vers_bound(constraints: list[str]) -> UpperBound:
    """The upper bounds of the constraints of a VERS range; several intervals give several versions."""
    before = [part[1:].strip() for part in constraints if re.match(r"<(?!=)", part)]
    last = [part[2:].strip() for part in constraints if part.startswith("<=")]
    return UpperBound(
        ", ".join(filter(version_of, before)), "" if before else ", ".join(filter(version_of, last))
    )


def range_fix(bound: UpperBound, product_ids: tuple[str, ...]) -> Remedy | None:
    """The fix that a range with an upper bound implies; None when the bound is empty."""
    if bound.before:
        return fixed_in(bound.before, product_ids)
    if bound.last:
        build = f"after {bound.last}"
        details = f"Fixed in a version after {bound.last}"
        return Remedy("vendor_fix", details, product_ids, fixed_build=build, origin="version_range")
    return None


def fixed_in(version: str, product_ids: tuple[str, ...]) -> Remedy:
    """The fix in a version that a range names as not affected."""
    details = f"Fixed in {version}"
    return Remedy("vendor_fix", details, product_ids, fixed_build=version, origin="version_range")


def address_fix(url: str, product_ids: tuple[str, ...]) -> Remedy:
    """The fix of a range that ends with an address instead of a version."""
    details = "The fixed versions are listed by the issuer"
    return Remedy("vendor_fix", details, product_ids, url=url, origin="version_range")


def derive(advisory: Advisory, *, is_record: bool = False, patch_url: str = "") -> None:
    """Add the derived fixes of all vulnerabilities of a document that was read; idempotent.

    `is_record`: a CVE record, which has no remedies by product: a range that ends with "<= 4.1" means that
    later versions are fixed (elsewhere it may be the last version that exists), and a range names the fixed
    version also where a solution is given. `patch_url` is a reference that the issuer tags as a patch.
    """
    entries = {entry.id: entry for entry in advisory.products}
    for vulnerability in advisory.vulnerabilities:
        if not vulnerability.is_rejected:
            _derive(vulnerability, entries, is_record=is_record, patch_url=patch_url)


def without_derived(vulnerability: Vulnerability) -> Vulnerability:
    """A copy with the remedies that the issuer states only."""
    return replace(vulnerability, remedies=[each for each in vulnerability.remedies if not each.origin])


def _derive(
    found: Vulnerability, entries: dict[str, ProductEntry], *, is_record: bool, patch_url: str
) -> None:
    if is_record:
        _from_ranges(found, entries, _without_build(found), is_record=True)
        _from_status(found, entries, _without_build(found), "version_range")
        _extend_to_others(found, entries)
    else:
        _from_status(found, entries, _open(found), "status")
        _from_ranges(found, entries, _open(found), is_record=False)
    if any(remedy.kind == "vendor_fix" for remedy in found.remedies):
        return  # the official fix of a score, or the linked patch, may be the one that is named already
    remaining = _open(found)
    affected = _affected(found)
    if affected and not remaining:
        return  # the issuer says that there is none
    official = [score for score in found.scores if _OFFICIAL_FIX.search(score.vector)]
    scored = set(chain.from_iterable(score.product_ids for score in official))
    ids = tuple(number for number in remaining if number in scored or not scored)
    if official and (ids or not affected) and not _is_without_fix(found):
        found.remedies.append(Remedy("vendor_fix", "An official fix exists", ids, origin="cvss"))
    elif is_web_address(patch_url) and not _is_without_fix(found):
        found.remedies.append(
            Remedy(
                "vendor_fix",
                "The issuer links a patch",
                tuple(remaining),
                url=patch_url,
                origin="patch_reference",
            )
        )


def _is_without_fix(found: Vulnerability) -> bool:
    """Whether the issuer says that there is no fix for any product."""
    return any(remedy.kind in NO_FIX and not remedy.product_ids for remedy in found.remedies)


def _from_ranges(
    found: Vulnerability, entries: dict[str, ProductEntry], product_ids: list[str], *, is_record: bool
) -> None:
    """Fixes of the products whose range ends before a version; equal ones are merged."""
    products: dict[Remedy, list[str]] = {}
    for entry in (entries[number] for number in product_ids if number in entries):
        text = entry.vers or entry.version
        bound = upper_bound(text)
        fix = None
        if bound.before or (bound.last and is_record):
            fix = range_fix(bound, ())
        elif is_record and (match := _ADDRESS.search(text)):
            fix = address_fix(match[1], ())
        if fix is not None:
            products.setdefault(fix, []).append(entry.id)
    found.remedies += [replace(fix, product_ids=tuple(ids)) for fix, ids in products.items()]


def _extend_to_others(found: Vulnerability, entries: dict[str, ProductEntry]) -> None:
    """Let the fixes of ranges count for the "other versions" of the product.

    A record that says "affected" by default, and lists only affected ranges, means those ranges.
    """
    others = [number for number in _open(found) if entries[number].version == OTHER_VERSIONS]
    for place, remedy in enumerate(found.remedies):
        families = {_family(entries[number], entries) for number in remedy.product_ids}
        ids = tuple(number for number in others if _family(entries[number], entries) in families)
        if remedy.origin and ids:
            found.remedies[place] = replace(remedy, product_ids=(*remedy.product_ids, *ids))


def _without_build(found: Vulnerability) -> list[str]:
    """Affected products for which no remedy names a fixed build or says that there is no fix."""
    stated = [each for each in found.remedies if each.kind in NO_FIX or each.fixed_build or each.update]
    if any(not remedy.product_ids for remedy in stated):
        return []
    named = set(chain.from_iterable(remedy.product_ids for remedy in stated))
    return [number for number in _affected(found) if number not in named]


def _affected(found: Vulnerability) -> list[str]:
    return list(dict.fromkeys(chain.from_iterable(found.status.get(state, ()) for state in AFFECTED)))


def _open(found: Vulnerability) -> list[str]:
    """Affected products of which no remedy says whether there is a fix."""
    stated = [remedy for remedy in found.remedies if remedy.kind in ("vendor_fix", *NO_FIX)]
    affected = _affected(found)
    if any(not remedy.product_ids for remedy in stated):
        return []
    named = set(chain.from_iterable(remedy.product_ids for remedy in stated))
    return [number for number in affected if number not in named]


def _from_status(
    found: Vulnerability, entries: dict[str, ProductEntry], product_ids: list[str], origin: str
) -> None:
    """Fixes of the products that have a fixed version: same vendor and product, or the same component."""
    fixed: dict[tuple, dict[str, None]] = {}
    for number in dict.fromkeys(chain.from_iterable(found.status.get(state, ()) for state in FIXED)):
        entry = entries.get(number)
        if entry is not None and (key := _family(entry, entries)):
            fixed.setdefault(key, {})[_LOWER.sub(r"\1", entry.version) or entry.name] = None
    groups: dict[tuple, list[str]] = {}
    for number in product_ids if fixed else ():
        entry = entries.get(number)
        key = _family(entry, entries) if entry is not None else ()
        if key in fixed:
            groups.setdefault(key, []).append(number)
    for key, ids in groups.items():
        versions = ", ".join(list(fixed[key])[:3])[:MAX_VERSION_LENGTH]
        details = f"Fixed in {versions}"
        found.remedies.append(Remedy("vendor_fix", details, tuple(ids), fixed_build=versions, origin=origin))


def _family(entry: ProductEntry, entries: dict[str, ProductEntry]) -> tuple:
    """What a product and its fixed version have in common; empty when unknown."""
    if entry.part_of:
        component = entries.get(entry.part_of[1])
        inner = _family(component, entries) if component is not None and not component.part_of else ()
        return (*inner, entry.part_of[2]) if inner else ()
    if entry.product:
        return (entry.vendor.casefold(), entry.product.casefold())
    if entry.purl:
        return (entry.purl.partition("@")[0],)
    return ()
