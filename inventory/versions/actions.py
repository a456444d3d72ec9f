"""Store what members have installed. Nothing commits.

The event inventory.changed lets bulletins be compared with versions that are new on the site.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import astuple, replace

from sqlalchemy import delete, exists, select

from auth.models import User
from core.database.db import changed_rows, db, insert
from core.jobs import events
from inventory.sbom import Component
from inventory.versions.models import InstalledComponent, InstalledName, InstalledVersion
from inventory.versions.queries import BATCH_SIZE
from inventory.versions.verdicts import Installed
from products.models import OwnedRelease, Product, Release
from products.names import BadName, parse_purl

MAX_TEXT_CHARACTERS = 500
_NUMBERS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,5}")
_WINDOWS_BUILD = re.compile(r"10\.0\.[0-9]{5}")
Entry = tuple[int, int | None]  # (product id, release id)


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
    vendor = getattr(component, "vendor", "") or ("" if component.purl else component.group)
    texts = (component.name, vendor, version, component.purl, component.cpe)
    return Installed(*(text[:MAX_TEXT_CHARACTERS] for text in texts), product_id, release_id)


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


def store_components(
    user: User, found: Sequence[tuple[Entry | None, Iterable[Component]]], *, replaces: bool = False
) -> int:
    """Store the components of the entries of `user`; None: components of no product of the catalogue.

    `replaces` removes all others first. The entries exist already. Returns the number of versions that are
    new on the site.
    """
    ids = {
        (product_id, release_id): owned_id
        for owned_id, product_id, release_id in db.session.execute(
            select(OwnedRelease.id, OwnedRelease.product_id, OwnedRelease.release_id).where(
                OwnedRelease.user_id == user.id
            )
        )
    }
    if replaces:
        changed_rows(delete(InstalledComponent).where(InstalledComponent.user_id == user.id))
    pairs: dict[tuple[str, int | None], Installed] = {}
    for entry, components in found:
        owned_id = ids.get(entry) if entry else None
        if entry and owned_id is None:
            continue
        for component in components:
            installed = installed_of(component, *(entry or (None, None)))
            pairs[_digest(installed), owned_id] = installed
    return _store(user, pairs)


def store_releases(user: User, entries: Iterable[tuple[int, Product, Release | None]]) -> int:
    """Store entries that were picked by hand, (id, product, release), as families of versions.

    Releases whose name is no number are left out. Returns the number of versions that are new on the site.
    """
    pairs: dict[tuple[str, int | None], Installed] = {}
    for owned_id, product, release in entries:
        installed = family_of(product, release) if release is not None else None
        if installed is not None:
            pairs[_digest(installed), owned_id] = installed
    return _store(user, pairs)


def set_version(user: User, entry: OwnedRelease, product: Product, version: str) -> None:
    """Store the exact version of an entry of `product` that was picked by hand."""
    installed = Installed(
        product.name,
        product.vendor or "",
        version[:MAX_TEXT_CHARACTERS],
        product_id=entry.product_id,
        release_id=entry.release_id,
    )
    changed_rows(delete(InstalledComponent).where(InstalledComponent.owned_id == entry.id))
    _store(user, {(_digest(installed), entry.id): installed})


def _digest(installed: Installed) -> str:
    return hashlib.sha256(json.dumps(astuple(installed)).encode()).hexdigest()


def _store(user: User, pairs: dict[tuple[str, int | None], Installed]) -> int:
    """Store versions by (digest, id of the entry); returns how many are new on the site."""
    versions = {digest: installed for (digest, _), installed in pairs.items()}
    known: dict[str, int] = {}
    new = 0
    digests = sorted(versions)
    for start in range(0, len(digests), BATCH_SIZE):
        batch = digests[start : start + BATCH_SIZE]
        found = _ids(batch)
        missing = [digest for digest in batch if digest not in found]
        if missing:
            _insert_versions({digest: versions[digest] for digest in missing})
            new += len(missing)
            found = _ids(batch)
        known |= found
    rows = [
        {"user_id": user.id, "version_id": known[digest], "owned_id": owned_id} for digest, owned_id in pairs
    ]
    existing = {
        tuple(row)
        for row in db.session.execute(
            select(InstalledComponent.version_id, InstalledComponent.owned_id).where(
                InstalledComponent.user_id == user.id
            )
        )
    }
    added = [row for row in rows if (row["version_id"], row["owned_id"]) not in existing]
    for start in range(0, len(added), BATCH_SIZE):
        db.session.execute(
            insert(InstalledComponent).on_conflict_do_nothing(), added[start : start + BATCH_SIZE]
        )
    if added:
        events.record("inventory.changed", subject=user)
    return new


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


def forget_members(user_ids: Iterable[int]) -> None:
    """Delete what erased accounts had installed."""
    changed_rows(delete(InstalledComponent).where(InstalledComponent.user_id.in_(list(user_ids))))


def forget_unused() -> int:
    """Delete versions that nobody has any more; returns how many."""
    used = exists().where(InstalledComponent.version_id == InstalledVersion.id)
    return changed_rows(delete(InstalledVersion).where(~used))


def complete_entries(limit: int = 2_000) -> int:
    """Store the releases of entries that have none stored yet; returns how many entries were looked at."""
    stored = exists().where(InstalledComponent.owned_id == OwnedRelease.id)
    rows = db.session.execute(
        select(OwnedRelease, Product, Release, User)
        .join(Product, Product.id == OwnedRelease.product_id)
        .join(Release, Release.id == OwnedRelease.release_id)
        .join(User, User.id == OwnedRelease.user_id)
        .where(~stored)
        .order_by(OwnedRelease.id)
        .limit(limit)
    ).all()
    for entry, product, release, user in rows:
        store_releases(user, [(entry.id, product, release)])
    return len(rows)
