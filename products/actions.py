"""Writes to the catalogue: add, edit, remove, undo, and what an import may change. Nothing commits.

Every write leaves a ProductChange with the facts as they were, which is also how it is undone.
The product given must come from queries.full(), with releases, phases and names at hand.
"""

from core.database import versions
from core.database.db import db, lock_rows, utcnow
from core.database.versions import Expected
from core.jobs import events
from core.markup import markup
from products.change_models import ImportConflict, ProductChange
from products.facts import plain, to_date, to_ends
from products.lifecycle import phases
from products.models import Product, Release
from products.names import parse

DATES = ("released_on", *phases.KINDS)


def create(
    slug: str, facts: dict, releases: dict[str, dict] | None = None, *, by=None, source: str = ""
) -> Product:
    """A new product with `facts`, some of PRODUCT_FACTS, and releases: RELEASE_FACTS by cycle."""
    product = Product(slug=slug, name=slug, source=source, releases=[], names=[], words=[])
    for field, value in {"name": slug, **facts}.items():
        product.put(field, value)
    product.ours = _given(facts) if by else []
    for cycle, release_facts in (releases or {}).items():
        product.releases.append(_release(cycle, release_facts))
    _recount(product)
    db.session.add(product)
    db.session.flush()
    _note(product, "added", {}, by=by, source=source, is_news=True)
    if by:
        events.record("product.created", subject=product, actor=by)
    return product


def add_release(product: Product, cycle: str, facts: dict, *, by=None, source: str = "") -> Release:
    """A new release with `facts`, some of RELEASE_FACTS."""
    release = _release(cycle, facts)
    release.ours = _given(facts) if by else []
    product.releases.append(release)
    db.session.flush()
    _recount(product)
    _note(release, "added", {}, by=by, source=source)
    _tell(product, by)
    return release


def _release(cycle: str, facts: dict) -> Release:
    release = Release(cycle=cycle, phases=[])
    for field, value in facts.items():
        if value not in (None, ""):
            release.put(field, value)
    return release


def edit(
    thing: Product | Release,
    facts: dict,
    *,
    by=None,
    source: str = "",
    verb: str = "edited",
    expected: Expected = None,
) -> dict[str, list]:
    """Change what differs; returns {field: [before, after]} as JSON keeps it. Raises versions.Stale.

    What a moderator (`by`) changes is theirs from then on: imports dispute it, never overwrite it.
    """
    if by:
        _begin_edit(thing, expected)
    changed = {}
    for field, value in facts.items():
        before, after = plain(thing.value(field)), plain(value)
        if before != after or isinstance(before, bool) != isinstance(after, bool):
            changed[field] = [before, after]
            thing.put(field, value)
    if not changed:
        return {}
    thing.revision_count = type(thing).revision_count + 1  # an import takes no lock
    if by:
        thing.ours = sorted({*thing.ours, *changed})
    dates = isinstance(thing, Release) and not changed.keys().isdisjoint(DATES)
    _note(thing, verb, changed, by=by, source=source, is_news=dates)
    if dates:
        _recount(thing.product)
        events.record(
            "release.dates_changed",
            subject=thing,
            actor=by,
            facts={f: pair for f, pair in changed.items() if f in DATES},
        )
    _tell(_product(thing), by)
    return changed


def _begin_edit(thing: Product | Release, expected: Expected) -> None:
    """Take a product, or its product and a release, for an edit by people, and read its facts again.

    Raises versions.Stale.
    """
    lock_rows(Product, [_product(thing).id])
    if isinstance(thing, Release):
        lock_rows(Release, [thing.id])
    related = ["phases"] if isinstance(thing, Release) else ["names"]
    db.session.refresh(thing, [*type(thing).__mapper__.columns.keys(), *related])
    versions.require(thing, expected)


def remove(thing: Product | Release, *, by, expected: Expected = None) -> None:
    """Take a product or a release off every page, list, feed and calendar; undo() brings it back.

    Raises versions.Stale.
    """
    _begin_edit(thing, expected)
    if thing.removed_at is None:
        thing.removed_at = utcnow()
        _after_removal(thing, "removed", by)


def restore(thing: Product | Release, *, by, expected: Expected = None) -> None:
    """Bring back what was removed. Raises versions.Stale."""
    _begin_edit(thing, expected)
    if thing.removed_at is not None:
        thing.removed_at = None
        _after_removal(thing, "restored", by)


def undo(change: ProductChange, *, by, expected: Expected = None) -> None:
    """Set the facts that `change` changed to what they were before; a removal is taken back.

    Raises versions.Stale.
    """
    thing = change.release or change.product
    if change.verb == "removed":
        restore(thing, by=by, expected=expected)
    elif change.facts:
        before = {field: _typed(field, pair[0]) for field, pair in change.facts.items()}
        edit(thing, before, by=by, verb="undone", expected=expected)


def merge(thing: Product | Release, facts: dict, *, source: str) -> bool:
    """Take over what an import says, but for what moderators decided; whether anything changed."""
    _dispute(thing, {f: facts[f] for f in thing.ours if f in facts}, source)
    return bool(edit(thing, {f: v for f, v in facts.items() if f not in thing.ours}, source=source))


def decide(conflict: ImportConflict, *, take_theirs: bool, by) -> None:
    """Settle a conflict: the import's fact, which imports then keep up to date, or ours for good."""
    thing = conflict.release or conflict.product
    conflict.decided_at = utcnow()
    if take_theirs:
        edit(thing, {conflict.field: _typed(conflict.field, conflict.theirs)}, by=by, verb="decided")
        thing.ours = [field for field in thing.ours if field != conflict.field]


def _dispute(thing: Product | Release, facts: dict, source: str) -> None:
    """Note where an import contradicts a moderator; a contradiction already decided stays decided."""
    release = thing if isinstance(thing, Release) else None
    for field, value in facts.items():
        theirs, ours = plain(value), plain(thing.value(field))
        row = db.session.scalar(
            db.select(ImportConflict).where(
                ImportConflict.product_id == _product(thing).id,
                ImportConflict.field == field,
                ImportConflict.release_id == (release.id if release else None),
            )
        )
        if theirs == ours:
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
            row.theirs, row.source, row.decided_at = theirs, source, None


def _after_removal(thing: Product | Release, verb: str, by) -> None:
    product = _product(thing)
    _note(thing, verb, {}, by=by)
    _recount(product)
    _tell(product, by)


def _product(thing: Product | Release) -> Product:
    return thing if isinstance(thing, Product) else thing.product


def _recount(product: Product) -> None:
    product.supported_until = phases.latest_end(product.live_releases)


def _note(
    thing: Product | Release, verb: str, changed: dict, *, by=None, source: str = "", is_news: bool = False
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


def _tell(product: Product, by) -> None:
    """Let the index follow; an import tells of all its products in one event."""
    if by:
        events.record("product.changed", subject=product, actor=by)


def _given(facts: dict) -> list[str]:
    """Names of the facts that say something; what was left empty an import may fill."""
    return sorted(field for field, value in facts.items() if plain(value) not in ("", None, [], {}))


def _typed(field: str, value: object) -> object:
    """The inverse of facts.plain()."""
    if field == "names":
        return [parse(line) for line in value]
    if field == "description":
        return markup.render(value)
    if field in ("released_on", "latest_on"):
        return to_date(value)
    return to_ends(value) if field in ("lts", *phases.KINDS) else value
