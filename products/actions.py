"""Writes to the catalogue: add, edit, remove, undo, apply an import. Nothing commits.

Every write adds a ProductChange with the previous facts, by which it can be undone. Products must come from
queries.full(), with releases, phases and names loaded.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import Any

from auth.models import User
from core.database import versions
from core.database.bulk import number_rows
from core.database.db import db, lock_rows, utcnow
from core.database.versions import Expected
from core.jobs import events
from core.markup import markup
from products.change_models import ImportConflict, ProductChange
from products.facts import to_date, to_ends, to_json
from products.lifecycle import phases
from products.models import Product, Release
from products.names import parse

DATES = ("released_on", *phases.KINDS)


class SlugTaken(ValueError):
    """There is a product with this slug, possibly a removed one."""


class CycleTaken(ValueError):
    """The product has a release with this cycle, possibly a removed one."""


def create(
    slug: str,
    facts: dict,
    releases: dict[str, dict] | None = None,
    *,
    by: User | None = None,
    source: str = "",
) -> Product:
    """Add a product with `facts` (keys: PRODUCT_FACTS) and releases (RELEASE_FACTS by cycle).

    Raises SlugTaken.
    """
    if db.session.scalar(db.select(Product.id).where(Product.slug == slug)) is not None:
        raise SlugTaken(slug)
    product = Product(slug=slug, name=slug, source=source, releases=[], names=[], words=[])
    for field, value in {"name": slug, **facts}.items():
        product.set_value(field, value)
    product.ours = _stated_facts(facts) if by else []
    for cycle, release_facts in (releases or {}).items():
        product.releases.append(_release(cycle, release_facts))
    _update_supported_until(product)
    db.session.add(product)
    with db.session.no_autoflush:
        _insert_releases(product.releases)
    _log_change(product, "added", {}, by=by, source=source, is_news=True)
    if by:
        events.record("product.created", subject=product, actor=by)
    return product


def add_release(
    product: Product, cycle: str, facts: dict, *, by: User | None = None, source: str = ""
) -> Release:
    """Add a release with `facts` (keys: RELEASE_FACTS); raises CycleTaken."""
    if any(release.cycle == cycle for release in product.releases):
        raise CycleTaken(cycle)
    release = _release(cycle, facts)
    release.ours = _stated_facts(facts) if by else []
    product.releases.append(release)
    db.session.flush()
    _update_supported_until(product)
    _log_change(release, "added", {}, by=by, source=source)
    _record_change(product, by)
    return release


def import_releases(product: Product, releases: dict[str, dict], *, source: str) -> Counter[str]:
    """Add and change the releases of a product by an import; RELEASE_FACTS by cycle.

    Returns how many were added, updated and skipped; removed ones are skipped. The product's own facts are
    set once, and new rows are inserted together, because the write lock is held meanwhile.
    """
    known = {release.cycle: release for release in product.releases}
    counts: Counter[str] = Counter()
    for cycle, facts in releases.items():
        release = known.get(cycle)
        if release is None or release.removed_at is not None:
            counts["skipped" if release else "added"] += 1
        elif apply_import(release, facts, source=source, is_part=True):
            counts["updated"] += 1
        else:
            counts["skipped"] += 1
    new = [_release(cycle, facts) for cycle, facts in releases.items() if cycle not in known]
    product.releases += new
    _insert_releases(new)
    for release in new:
        _log_change(release, "added", {}, source=source)
    _update_supported_until(product)
    return counts


def _insert_releases(releases: Sequence[Release]) -> None:
    """Insert new releases with their phases, together."""
    number_rows(releases)
    number_rows(list(chain.from_iterable(release.phases for release in releases)))
    db.session.flush()


def _release(cycle: str, facts: dict) -> Release:
    release = Release(cycle=cycle, phases=[])
    for field, value in facts.items():
        if value not in (None, ""):
            release.set_value(field, value)
    return release


def edit(
    thing: Product | Release,
    facts: dict,
    *,
    by: User | None = None,
    source: str = "",
    verb: str = "edited",
    expected: Expected = None,
    is_part: bool = False,
) -> dict[str, list]:
    """Change facts that differ; return {field: [before, after]} as JSON values. Raises versions.Stale.

    Facts that a moderator (`by`) changes are listed in `ours`: imports do not overwrite them but add a
    conflict. `is_part`: the caller changes other releases too and updates the product afterwards.
    """
    if by:
        _lock_for_edit(thing, expected)
    changed = {}
    for field, value in facts.items():
        before = to_json(thing.value(field))
        after = to_json(value)
        if before != after or isinstance(before, bool) != isinstance(after, bool):
            changed[field] = [before, after]
            thing.set_value(field, value)
    if not changed:
        return {}
    thing.revision_count = (
        type(thing).revision_count + 1
    )  # evaluated by the database, as imports take no lock
    if by:
        thing.ours = sorted({*thing.ours, *changed})
    has_new_dates = not changed.keys().isdisjoint(DATES)
    _log_change(
        thing, verb, changed, by=by, source=source, is_news=isinstance(thing, Release) and has_new_dates
    )
    if isinstance(thing, Release) and has_new_dates:
        if not is_part:
            _update_supported_until(thing.product)
        events.record(
            "release.dates_changed",
            subject=thing,
            actor=by,
            facts={f: pair for f, pair in changed.items() if f in DATES},
        )
    _record_change(_product(thing), by)
    return changed


def _lock_for_edit(thing: Product | Release, expected: Expected) -> None:
    """Lock a product, or a release and its product, and read the facts again; raises versions.Stale."""
    lock_rows(Product, [_product(thing).id])
    if isinstance(thing, Release):
        lock_rows(Release, [thing.id])
    related = ["phases"] if isinstance(thing, Release) else ["names"]
    db.session.refresh(thing, [*type(thing).__mapper__.columns.keys(), *related])
    versions.require(thing, expected)


def remove(thing: Product | Release, *, by: User, expected: Expected = None) -> None:
    """Remove a product or release from pages, lists, feeds and calendars; raises versions.Stale.

    undo() restores it.
    """
    _lock_for_edit(thing, expected)
    if thing.removed_at is None:
        thing.removed_at = utcnow()
        _after_removal(thing, "removed", by)


def restore(thing: Product | Release, *, by: User, expected: Expected = None) -> None:
    """Restore what was removed; raises versions.Stale."""
    _lock_for_edit(thing, expected)
    if thing.removed_at is not None:
        thing.removed_at = None
        _after_removal(thing, "restored", by)


def undo(change: ProductChange, *, by: User, expected: Expected = None) -> None:
    """Set the facts of a change to their previous values, or revert a removal; raises versions.Stale."""
    thing = change.release or change.product
    if change.verb == "removed":
        restore(thing, by=by, expected=expected)
    elif change.facts:
        before = {field: _from_json(field, pair[0]) for field, pair in change.facts.items()}
        edit(thing, before, by=by, verb="undone", expected=expected)


def apply_import(thing: Product | Release, facts: dict, *, source: str, is_part: bool = False) -> bool:
    """Set facts from an import, except those that moderators set; return whether anything changed."""
    _record_conflicts(thing, {f: facts[f] for f in thing.ours if f in facts}, source)
    free = {field: value for field, value in facts.items() if field not in thing.ours}
    return bool(edit(thing, free, source=source, is_part=is_part))


def resolve_conflict(conflict: ImportConflict, *, accept_import: bool, by: User) -> None:
    """Resolve a conflict: use the value of this and later imports, or keep that of the moderator."""
    thing = conflict.release or conflict.product
    conflict.decided_at = utcnow()
    if accept_import:
        edit(thing, {conflict.field: _from_json(conflict.field, conflict.theirs)}, by=by, verb="decided")
        thing.ours = [field for field in thing.ours if field != conflict.field]


def _record_conflicts(thing: Product | Release, facts: dict, source: str) -> None:
    """Record where an import contradicts a moderator; a resolved conflict with the same value stays so."""
    release = thing if isinstance(thing, Release) else None
    for field, value in facts.items():
        theirs = to_json(value)
        row = db.session.scalar(
            db.select(ImportConflict).where(
                ImportConflict.product_id == _product(thing).id,
                ImportConflict.field == field,
                ImportConflict.release_id == (release.id if release else None),
            )
        )
        if theirs == to_json(thing.value(field)):
            if row is not None:
                db.session.delete(row)
        elif row is None:
            db.session.add(
                ImportConflict(
                    product_id=_product(thing).id,
                    field=field,
                    theirs=theirs,
                    release_id=release.id if release else None,
                    source=source,
                )
            )
        elif row.theirs != theirs:
            row.theirs = theirs
            row.source = source
            row.decided_at = None


def _after_removal(thing: Product | Release, verb: str, by: User) -> None:
    product = _product(thing)
    _log_change(thing, verb, {}, by=by)
    _update_supported_until(product)
    _record_change(product, by)


def _product(thing: Product | Release) -> Product:
    return thing if isinstance(thing, Product) else thing.product


def _update_supported_until(product: Product) -> None:
    product.supported_until = phases.latest_end(product.live_releases)


def _log_change(
    thing: Product | Release,
    verb: str,
    changed: dict,
    *,
    by: User | None = None,
    source: str = "",
    is_news: bool = False,
) -> None:
    db.session.add(
        ProductChange(
            product_id=_product(thing).id,
            release_id=thing.id if isinstance(thing, Release) else None,
            actor_id=by.id if by else None,
            source=source,
            verb=verb,
            facts=changed,
            is_news=is_news,
        )
    )


def _record_change(product: Product, by: User | None) -> None:
    """Record an event for the index; an import records its own."""
    if by:
        events.record("product.changed", subject=product, actor=by)


def _stated_facts(facts: dict) -> list[str]:
    """Names of the facts that are not empty; imports may set the others."""
    return sorted(field for field, value in facts.items() if to_json(value) not in ("", None, [], {}))


def _from_json(field: str, value: Any) -> object:
    """The inverse of facts.to_json()."""
    if field == "names":
        return [parse(line) for line in value]
    if field == "description":
        return markup.render(value)
    if field in ("released_on", "latest_on"):
        return to_date(value)
    return to_ends(value) if field in ("lts", *phases.KINDS) else value
