"""What a document names: entries for an inventory, possible matches, and components without a match."""

import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from core.database.db import read_transaction
from inventory import matching
from inventory.actions import Key
from inventory.formats.component import FIELDS, Component
from inventory.matching import Match, Matches

BATCH_SIZE = 10_000  # components that are matched in one read transaction
MAX_COMPARISONS_PER_BATCH = 6_000_000
MAX_EDITIONS = 4  # releases that match equally and are all added: editions of one version
MAX_STORED_MATCHES = 2_000  # of each kind, in the result of an upload
MAX_STORED_UNMATCHED = 20_000
MAX_RESULT_BYTES = 32 * 1024 * 1024  # unpacked
EXAMPLES = 3  # components shown with a match


def match_in_batches(
    components: Iterable[Component], on_progress: Callable[[int], object] = lambda percent: None
) -> Matches:
    """Match many components in short read transactions, which take no write lock.

    `on_progress` is called after each batch, in no transaction, with the percentage. Raises
    TooManyComparisons.
    """
    components = list(components)
    groups: dict[tuple, Match] = {}
    unmatched: list[Component] = []
    for start in range(0, len(components), BATCH_SIZE):
        batch = components[start : start + BATCH_SIZE]
        with read_transaction():
            found = matching.match(batch, max_comparisons=MAX_COMPARISONS_PER_BATCH)
        for match in found.found:
            known = groups.setdefault(_identity(match), match)
            if known is not match:
                known.components += match.components
                known.is_sure = known.is_sure or match.is_sure
        unmatched += found.unmatched
        on_progress(100 * (start + len(batch)) // len(components))
    return Matches(list(groups.values()), unmatched)


def _identity(match: Match) -> tuple:
    return (match.product.id, *(release.id for release in match.releases))


def keys_of(match: Match) -> list[Key]:
    """The entries for a match: its release, the editions of one version, or the product as a whole."""
    if match.release is not None:
        return [(match.product.id, match.release.id)]
    if 0 < len(match.releases) <= MAX_EDITIONS:
        return [(match.product.id, release.id) for release in match.releases]
    return [(match.product.id, None)]


@dataclass
class StoredMatch:
    """A match as it is stored with an upload: ids, how it was found, and some of its components."""

    product_id: int
    release_ids: list[int]
    how: str
    count: int
    examples: list[str]


@dataclass
class Result:
    """The stored result of an upload; lists are cut at the MAX_STORED_… bounds, the numbers are not."""

    sure: list[StoredMatch] = field(default_factory=list)
    possible: list[StoredMatch] = field(default_factory=list)
    unmatched: list[Component] = field(default_factory=list)
    unmatched_count: int = 0


def of_matches(matches: Matches) -> Result:
    """The Result to store."""
    return Result(
        [_stored(each) for each in matches.found if each.is_sure][:MAX_STORED_MATCHES],
        [_stored(each) for each in matches.found if not each.is_sure][:MAX_STORED_MATCHES],
        matches.unmatched[:MAX_STORED_UNMATCHED],
        len(matches.unmatched),
    )


def _stored(match: Match) -> StoredMatch:
    return StoredMatch(
        match.product.id,
        [release_id for _product, release_id in keys_of(match) if release_id is not None],
        match.how,
        len(match.components),
        [f"{each.name} {each.version}".strip() for each in match.components[:EXAMPLES]],
    )


def pack(result: Result) -> bytes:
    """A result as packed JSON."""
    data = {
        "sure": [vars(each) for each in result.sure],
        "possible": [vars(each) for each in result.possible],
        "unmatched": [[getattr(each, name) for name in FIELDS] for each in result.unmatched],
        "unmatched_count": result.unmatched_count,
    }
    return zlib.compress(json.dumps(data).encode(), 6)


def unpack(packed: bytes | None) -> Result:
    """The result that pack() made; an empty one for None."""
    if packed is None:
        return Result()
    data = json.loads(zlib.decompressobj().decompress(packed, MAX_RESULT_BYTES))
    return Result(
        [StoredMatch(**each) for each in data["sure"]],
        [StoredMatch(**each) for each in data["possible"]],
        list(_components(data["unmatched"])),
        data["unmatched_count"],
    )


def _components(rows: list[list[str]]) -> Iterator[Component]:
    for row in rows:
        yield Component(**dict(zip(FIELDS, row, strict=True)))
