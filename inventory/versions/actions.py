"""Store what members have installed. Nothing commits.

The event components.changed lets bulletins be compared with versions that are new on the site.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, replace

from sqlalchemy import delete, exists, or_, select, update

from core.database.db import changed_rows, db, insert
from core.jobs import events
from inventory.formats.component import Component
from inventory.versions.models import InstalledComponent, InstalledName, InstalledVersion
from inventory.versions.queries import BATCH_SIZE, keys_of
from inventory.versions.spellings import written_version
from inventory.versions.verdicts import Installed
from products.inventories.models import Inventory
from products.models import OwnedRelease, Product, Release
from products.names import BadName, parse_purl

MAX_TEXT_CHARACTERS = 500
_NUMBERS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,5}")
_WINDOWS_BUILD = re.compile(r"10\.0\.[0-9]{5}")
FROM_FILES = "sbom"  # source of entries
Entry = tuple[int, int | None]  # (product id, release id)
Pair = tuple[Installed, int | None]  # what is installed, and the id of its entry
Stored = tuple[int, int | None]  # (id of the version, id of the entry)


def installed_of(
    component: Component, product_id: int | None = None, release_id: int | None = None
) -> Installed:
    """A component of a document as what is compared; a purl may hold the version."""
    version = component.version
    if not version and component.purl:
        try:
            version = parse_purl(component.purl)[1]
        except BadName:
            version = ""
    vendor = component.vendor or ("" if component.purl else component.group)
    version = written_version(component.name, version)
    return Installed(
        component.name[:MAX_TEXT_CHARACTERS],
        vendor[:MAX_TEXT_CHARACTERS],
        version[:MAX_TEXT_CHARACTERS],
        component.purl[:MAX_TEXT_CHARACTERS],
        component.cpe[:MAX_TEXT_CHARACTERS],
        product_id,
        release_id,
    )


def family_of(product: Product, release: Release) -> Installed | None:
    """A release of the catalogue as a family of versions: 8.3; None when its name is no number.

    A build of Windows is the family of a release that has another name (22H2 of 10.0.19045).
    """
    found = Installed(
        product.name, product.vendor or "", "", product_id=product.id, release_id=release.id, is_family=True
    )
    if _NUMBERS.fullmatch(release.cycle) and (
        not release.latest or f"{release.latest}.".startswith((f"{release.cycle}.", f"v{release.cycle}."))
    ):
        return replace(found, version=release.cycle)
    if _WINDOWS_BUILD.fullmatch(release.latest):
        return replace(found, version=release.latest)
    return None


def pairs_of(inventory: Inventory, found: Iterable[tuple[Entry | None, Iterable[Component]]]) -> list[Pair]:
    """Components as what store() takes: with the ids of their entries, which exist already.

    No entry: components of no product of the catalogue. Entries that are gone are left out.
    """
    ids = _entry_ids(inventory)
    pairs: dict[Pair, None] = {}
    for entry, components in found:
        owned_id = ids.get(entry) if entry else None
        if entry and owned_id is None:
            continue
        for component in components:
            pairs[installed_of(component, *(entry or (None, None))), owned_id] = None
    return list(pairs)


def store_components(
    inventory: Inventory,
    found: Iterable[tuple[Entry | None, Iterable[Component]]],
    *,
    replaces: bool = False,
) -> None:
    """Store the components of a document at once; uploads store many in parts, with store()."""
    kept = store(inventory, pairs_of(inventory, found))
    ids = surplus_ids(inventory, kept) if replaces else []
    for start in range(0, len(ids), BATCH_SIZE):
        forget_components(ids[start : start + BATCH_SIZE])


def store_releases(inventory: Inventory, things: Mapping[Entry, tuple[Product, Release | None]]) -> None:
    """Store entries that were picked by hand as families of versions.

    Releases whose name is no number are left out, and entries with an exact version.
    """
    ids = _entry_ids(inventory)
    exact = set(
        db.session.scalars(
            select(InstalledComponent.owned_id)
            .join(InstalledComponent.version)
            .where(InstalledComponent.inventory_id == inventory.id, ~InstalledVersion.is_family)
        )
    )
    pairs: list[Pair] = []
    for entry, (product, release) in things.items():
        installed = family_of(product, release) if release is not None else None
        if installed is not None and entry in ids and ids[entry] not in exact:
            pairs.append((installed, ids[entry]))
    store(inventory, pairs)


def set_version(inventory: Inventory, entry: Entry, product: Product, version: str) -> None:
    """Store the exact version of an entry of `product` that was picked by hand, instead of others."""
    owned_id = _entry_ids(inventory)[entry]
    installed = Installed(
        product.name,
        product.vendor or "",
        version[:MAX_TEXT_CHARACTERS],
        product_id=entry[0],
        release_id=entry[1],
    )
    changed_rows(delete(InstalledComponent).where(InstalledComponent.owned_id == owned_id))
    store(inventory, [(installed, owned_id)])


def _entry_ids(inventory: Inventory) -> dict[Entry, int]:
    """The ids of the entries of an inventory by product and release."""
    rows = select(OwnedRelease.id, OwnedRelease.product_id, OwnedRelease.release_id).where(
        OwnedRelease.inventory_id == inventory.id
    )
    return {
        (product_id, release_id): owned_id for owned_id, product_id, release_id in db.session.execute(rows)
    }


def _digest(installed: Installed) -> str:
    return hashlib.sha256(json.dumps(astuple(installed)).encode()).hexdigest()


def store(inventory: Inventory, pairs: Sequence[Pair]) -> set[Stored]:
    """Store versions with the ids of their entries, and return what is stored of them.

    An entry with an exact version is no family of versions any more.
    """
    digests = {pair: _digest(pair[0]) for pair in pairs}
    versions = {digest: pair[0] for pair, digest in digests.items()}
    known: dict[str, int] = {}
    ordered = sorted(versions)
    for start in range(0, len(ordered), BATCH_SIZE):
        batch = ordered[start : start + BATCH_SIZE]
        found = _ids(batch)
        missing = [digest for digest in batch if digest not in found]
        if missing:
            _insert_versions({digest: versions[digest] for digest in missing})
            found = _ids(batch)
        known |= found
    wanted = {(known[digest], pair[1]) for pair, digest in digests.items()}
    _replace_families({owned_id for installed, owned_id in pairs if owned_id and not installed.is_family})
    added = sorted(wanted - _existing(inventory, [version_id for version_id, _ in wanted]), key=str)
    rows = [
        {"inventory_id": inventory.id, "version_id": version_id, "owned_id": owned_id}
        for version_id, owned_id in added
    ]
    for start in range(0, len(rows), BATCH_SIZE):
        batch_of_rows = rows[start : start + BATCH_SIZE]
        db.session.execute(insert(InstalledComponent).on_conflict_do_nothing(), batch_of_rows)
    if added:
        events.record("components.changed", subject=inventory)
    return wanted


def _existing(inventory: Inventory, version_ids: list[int]) -> set[Stored]:
    found: set[Stored] = set()
    for start in range(0, len(version_ids), BATCH_SIZE):
        rows = db.session.execute(
            select(InstalledComponent.version_id, InstalledComponent.owned_id).where(
                InstalledComponent.inventory_id == inventory.id,
                InstalledComponent.version_id.in_(version_ids[start : start + BATCH_SIZE]),
            )
        )
        found.update((version_id, owned_id) for version_id, owned_id in rows)
    return found


def _replace_families(owned_ids: set[int]) -> None:
    families = select(InstalledVersion.id).where(InstalledVersion.is_family)
    ordered = sorted(owned_ids)
    for start in range(0, len(ordered), BATCH_SIZE):
        changed_rows(
            delete(InstalledComponent).where(
                InstalledComponent.owned_id.in_(ordered[start : start + BATCH_SIZE]),
                InstalledComponent.version_id.in_(families),
            )
        )


def surplus_ids(inventory: Inventory, kept: set[Stored]) -> list[int]:
    """Ids of what files brought before, except `kept`; what was picked by hand stays. Reads only."""
    rows = db.session.execute(
        select(InstalledComponent.id, InstalledComponent.version_id, InstalledComponent.owned_id)
        .outerjoin(OwnedRelease, OwnedRelease.id == InstalledComponent.owned_id)
        .where(
            InstalledComponent.inventory_id == inventory.id,
            or_(InstalledComponent.owned_id.is_(None), OwnedRelease.source == FROM_FILES),
        )
    )
    return [row_id for row_id, version_id, owned_id in rows if (version_id, owned_id) not in kept]


def forget_components(ids: Sequence[int]) -> None:
    """Delete components, up to BATCH_SIZE of them."""
    changed_rows(delete(InstalledComponent).where(InstalledComponent.id.in_(ids)))


def _ids(digests: list[str]) -> dict[str, int]:
    rows = select(InstalledVersion.digest, InstalledVersion.id).where(InstalledVersion.digest.in_(digests))
    return dict(db.session.execute(rows).tuples().all())


def _insert_versions(versions: dict[str, Installed]) -> None:
    """Insert versions and their keys; another process may insert the same ones."""
    fields = ("name", "vendor", "version", "purl", "cpe", "product_id", "release_id", "is_family")
    db.session.execute(
        insert(InstalledVersion).on_conflict_do_nothing(index_elements=["digest"]),
        [
            {"digest": digest} | {name: getattr(installed, name) for name in fields}
            for digest, installed in versions.items()
        ],
    )
    ids = _ids(list(versions))
    keys = [
        {"version_id": ids[digest], "key": key}
        for digest, installed in versions.items()
        for key in dict.fromkeys(installed.identity.keys)
    ]
    if keys:
        db.session.execute(insert(InstalledName).on_conflict_do_nothing(), keys)


def complete_names(after: int, limit: int = BATCH_SIZE) -> int | None:
    """Store keys that the present rules give to versions above an id; returns the last id, None at the end.

    Versions with new keys are compared again by the worker.
    """
    found = list(
        db.session.scalars(
            select(InstalledVersion)
            .where(InstalledVersion.id > after)
            .order_by(InstalledVersion.id)
            .limit(limit)
        )
    )
    if not found:
        return None
    stored = keys_of([version.id for version in found])
    new = [
        {"version_id": version.id, "key": key}
        for version in found
        for key in dict.fromkeys(version.installed.identity.keys)
        if key not in stored.get(version.id, set())
    ]
    if new:
        db.session.execute(insert(InstalledName).on_conflict_do_nothing(), new)
        ids = {row["version_id"] for row in new}
        changed_rows(update(InstalledVersion).where(InstalledVersion.id.in_(ids)).values(compared_at=None))
        events.record("components.changed")
    return found[-1].id


def forget_unused() -> int:
    """Delete versions that nobody has any more; returns how many."""
    used = exists().where(InstalledComponent.version_id == InstalledVersion.id)
    return changed_rows(delete(InstalledVersion).where(~used))


def complete_entries(limit: int = 2_000) -> int:
    """Store the releases of entries that have none stored yet; returns how many entries were looked at."""
    stored = exists().where(InstalledComponent.owned_id == OwnedRelease.id)
    rows = db.session.execute(
        select(OwnedRelease, Product, Release, Inventory)
        .join(Product, Product.id == OwnedRelease.product_id)
        .join(Release, Release.id == OwnedRelease.release_id)
        .join(Inventory, Inventory.id == OwnedRelease.inventory_id)
        .where(~stored)
        .order_by(OwnedRelease.id)
        .limit(limit)
    ).all()
    pairs: dict[Inventory, list[Pair]] = {}
    for entry, product, release, inventory in rows:
        installed = family_of(product, release)
        if installed is not None:
            pairs.setdefault(inventory, []).append((installed, entry.id))
    for inventory, found in pairs.items():
        store(inventory, found)
    return len(rows)
