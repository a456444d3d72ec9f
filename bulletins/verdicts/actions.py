"""Compare bulletins with installed versions, and correct what comes out. Nothing commits."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import delete, func, select, update

from auth.models import User
from bulletins.models import AffectedProduct, Bulletin
from bulletins.verdicts import queries
from bulletins.verdicts.models import (
    APPROVED,
    PROPOSED,
    RANGE,
    REFUSED,
    UNDONE,
    AffectedName,
    Correction,
    VersionVerdict,
)
from bulletins.verdicts.statements import statements_of
from bulletins.vulnerability_models import BulletinVulnerability
from core.database import versions as edit_versions
from core.database.bulk import insert_prepared
from core.database.db import changed_rows, db, insert, utcnow
from core.database.versions import Expected
from core.jobs import events
from inventory.versions import queries as version_queries
from inventory.versions.models import InstalledName, InstalledVersion
from inventory.versions.verdicts import ALARMS, Rules, Statement, verdict_on

BATCH_SIZE = 500
MAX_NAMES = 3_000  # keys of one bulletin


class NotPossible(ValueError):
    """The correction was decided already, or is proposed; the message is the reason."""


def refresh_bulletins(bulletin_ids: Iterable[int]) -> int:
    """Compare bulletins, whose rows are flushed, with all installed versions; returns the number of verdicts.

    Called in the transaction that changes the rows, so that alerts see the verdicts.
    """
    ids = sorted(set(bulletin_ids))
    count = 0
    for start in range(0, len(ids), BATCH_SIZE):
        batch = ids[start : start + BATCH_SIZE]
        rows: dict[int, list[AffectedProduct]] = defaultdict(list)
        for row in db.session.scalars(queries.rows_of(batch)):
            rows[row.bulletin_id].append(row)
        vulnerabilities = queries.vulnerabilities_of(batch)
        for bulletin_id in batch:
            count += _refresh(bulletin_id, rows[bulletin_id], vulnerabilities.get(bulletin_id, []))
    return count


def _refresh(bulletin_id: int, rows: list[AffectedProduct], vulnerabilities: list) -> int:
    statements = statements_of(rows, vulnerabilities)
    index = _Index(rows, statements)
    changed_rows(delete(AffectedName).where(AffectedName.bulletin_id == bulletin_id))
    keys = sorted(index.by_key)[:MAX_NAMES]
    _insert(AffectedName, [{"bulletin_id": bulletin_id, "key": key} for key in keys])
    ids = select(AffectedProduct.id).where(AffectedProduct.bulletin_id == bulletin_id)
    changed_rows(delete(VersionVerdict).where(VersionVerdict.affected_product_id.in_(ids)))
    versions = version_queries.with_keys(index.by_key, index.by_product)
    if not versions:
        return 0
    stored = version_queries.keys_of([version.id for version in versions])
    known = queries.rules(bulletin_id)
    found = []
    for version in versions:
        found += index.verdicts(version, stored.get(version.id, set()), known)
    _insert(VersionVerdict, found)
    return len(found)


@dataclass(frozen=True)
class Findings:
    """The verdicts of installed versions on the products of a bulletin, by position, before they are stored.

    `rules` and `last_version_id` are those that were compared.
    """

    keys: list[str]
    verdicts: list[tuple[int, int, str]]  # (id of the version, position of the product, state)
    rules: Rules
    last_version_id: int


def compare_products(
    rows: Sequence[AffectedProduct],
    vulnerabilities: Sequence[BulletinVulnerability],
    bulletin_id: int | None = None,
) -> Findings:
    """Compare the rows of one bulletin, which need not be stored, with all installed versions. Reads only."""
    index = _Index(rows, statements_of(rows, vulnerabilities))
    last = db.session.scalar(select(func.max(InstalledVersion.id))) or 0
    known = queries.rules(bulletin_id)
    versions = version_queries.with_keys(index.by_key, index.by_product)
    stored = version_queries.keys_of([version.id for version in versions])
    found = [
        (version.id, row.position, state)
        for version in versions
        for row, state in index.alarms(version, stored.get(version.id, set()), known)
    ]
    return Findings(sorted(index.by_key)[:MAX_NAMES], found, known, last)


def store_findings(bulletin: Bulletin, findings: Findings, ids: dict[int, int]) -> bool:
    """Store verdicts on the products of a bulletin, whose `ids` are by position.

    False, and nothing is written, if corrections changed meanwhile. Versions that came meanwhile are compared
    by the worker.
    """
    if queries.rules(bulletin.id) != findings.rules:
        return False
    changed_rows(delete(AffectedName).where(AffectedName.bulletin_id == bulletin.id))
    insert_prepared(AffectedName, ("bulletin_id", "key"), [(bulletin.id, key) for key in findings.keys])
    mine = select(AffectedProduct.id).where(AffectedProduct.bulletin_id == bulletin.id)
    changed_rows(delete(VersionVerdict).where(VersionVerdict.affected_product_id.in_(mine)))
    existing = {version_id for version_id, _place, _state in findings.verdicts}
    existing &= version_queries.existing_ids(existing)
    insert_prepared(
        VersionVerdict,
        ("version_id", "affected_product_id", "state"),
        [
            (version_id, ids[place], state)
            for version_id, place, state in findings.verdicts
            if version_id in existing
        ],
    )
    newer = update(InstalledVersion).where(InstalledVersion.id > findings.last_version_id)
    if changed_rows(newer.values(compared_at=None)):
        events.record("components.changed", subject=bulletin)
    return True


class _Index:
    """The statements of one bulletin by key and by product: a version is compared with related ones only."""

    def __init__(self, rows: Sequence[AffectedProduct], statements: Sequence[Statement]) -> None:
        self.rows = rows
        self.statements = statements
        self.by_key: dict[str, list[int]] = defaultdict(list)
        self.by_product: dict[int, list[int]] = defaultdict(list)
        for place, statement in enumerate(statements):
            for key in dict.fromkeys(statement.identity.keys):
                self.by_key[key].append(place)
            if statement.product_id is not None:
                self.by_product[statement.product_id].append(place)

    def verdicts(self, version: InstalledVersion, keys: Collection[str], known: Rules) -> list[dict]:
        """The rows of VersionVerdict of one version."""
        return [
            {"version_id": version.id, "affected_product_id": row.id, "state": state}
            for row, state in self.alarms(version, keys, known)
        ]

    def alarms(
        self, version: InstalledVersion, keys: Collection[str], known: Rules
    ) -> list[tuple[AffectedProduct, str]]:
        """The products that concern a version, or may do so, with the state."""
        installed = version.installed
        places: set[int] = set()
        for key in {*keys, *installed.identity.keys}:
            places.update(self.by_key.get(key, ()))
        if installed.product_id is not None:
            places.update(self.by_product.get(installed.product_id, ()))
        ordered = sorted(places)
        verdicts = verdict_on(installed, [self.statements[place] for place in ordered], known)
        return [
            (self.rows[place], verdict.state)
            for place, verdict in zip(ordered, verdicts, strict=True)
            if verdict is not None and verdict.state in ALARMS
        ]


@dataclass(frozen=True)
class Comparison:
    """Verdicts of versions on the products of bulletins up to an id, and keys that corrections add."""

    version_ids: list[int]
    last_product_id: int
    verdicts: list[dict]
    names: list[dict]


def compare_versions(versions: Sequence[InstalledVersion]) -> Comparison:
    """Compare installed versions with all bulletins. Reads only: it may take seconds."""
    last = db.session.scalar(select(func.max(AffectedProduct.id))) or 0
    ids = [version.id for version in versions]
    stored = version_queries.keys_of(ids)
    known = queries.rules()
    names = []
    for version in versions:
        keys = stored.setdefault(version.id, set())
        for installed_key, named_key in known.same:
            if installed_key in keys and named_key not in keys:
                keys.add(named_key)
                names.append({"version_id": version.id, "key": named_key})
    keys = sorted({key for each in stored.values() for key in each})
    product_ids = {version.product_id for version in versions if version.product_id is not None}
    bulletin_ids = _related_bulletins(keys, product_ids)
    found: list[dict] = []
    for start in range(0, len(bulletin_ids), BATCH_SIZE):
        batch = bulletin_ids[start : start + BATCH_SIZE]
        rows: dict[int, list[AffectedProduct]] = defaultdict(list)
        for row in db.session.scalars(queries.rows_of(batch)):
            rows[row.bulletin_id].append(row)
        vulnerabilities = queries.vulnerabilities_of(batch)
        ranges = queries.ranges_of(batch)
        for bulletin_id, products in rows.items():
            index = _Index(products, statements_of(products, vulnerabilities.get(bulletin_id, [])))
            rules = replace(known, ranges=ranges.get(bulletin_id, {}))
            for version in versions:
                found += index.verdicts(version, stored[version.id], rules)
    return Comparison(ids, last, found, names)


def store_comparison(comparison: Comparison) -> None:
    """Replace the verdicts of the versions by those of a comparison.

    Verdicts on products that are newer than the comparison stay; products that are gone are left out.
    """
    ids = comparison.version_ids
    changed_rows(
        delete(VersionVerdict).where(
            VersionVerdict.version_id.in_(ids),
            VersionVerdict.affected_product_id <= comparison.last_product_id,
        )
    )
    existing: set[int] = set()
    wanted = sorted({row["affected_product_id"] for row in comparison.verdicts})
    for start in range(0, len(wanted), BATCH_SIZE):
        batch = wanted[start : start + BATCH_SIZE]
        existing.update(db.session.scalars(select(AffectedProduct.id).where(AffectedProduct.id.in_(batch))))
    _insert(VersionVerdict, [row for row in comparison.verdicts if row["affected_product_id"] in existing])
    _insert(InstalledName, comparison.names)
    changed_rows(update(InstalledVersion).where(InstalledVersion.id.in_(ids)).values(compared_at=utcnow()))


def _related_bulletins(keys: Sequence[str], product_ids: Collection[int]) -> list[int]:
    found: set[int] = set()
    for start in range(0, len(keys), BATCH_SIZE):
        batch = keys[start : start + BATCH_SIZE]
        found.update(db.session.scalars(select(AffectedName.bulletin_id).where(AffectedName.key.in_(batch))))
    ordered = sorted(product_ids)
    for start in range(0, len(ordered), BATCH_SIZE):
        batch = ordered[start : start + BATCH_SIZE]
        found.update(
            db.session.scalars(
                select(AffectedProduct.bulletin_id).distinct().where(AffectedProduct.product_id.in_(batch))
            )
        )
    return sorted(found)


def _insert(model: type, rows: list[dict]) -> None:
    for start in range(0, len(rows), BATCH_SIZE):
        db.session.execute(insert(model).on_conflict_do_nothing(), rows[start : start + BATCH_SIZE])


def propose(bulletin: Bulletin, finding: queries.Finding, facts: dict, *, by: User) -> Correction:
    """Propose that a verdict is wrong; `facts` are kind, versions and note. Raises NotPossible."""
    mine, named = finding.version.installed.identity, finding.statement.identity
    kind = facts["kind"]
    correction = Correction(
        kind=kind,
        bulletin_id=bulletin.id,
        installed_key="" if kind == RANGE else next(iter(mine.keys), ""),
        named_key="" if kind == RANGE else next(iter(named.keys), ""),
        product_key=finding.row.key if kind == RANGE else "",
        component=" ".join(filter(None, (finding.version.name, finding.version.version)))[:500],
        named=finding.row.name[:500],
        versions=facts.get("versions", "") if kind == RANGE else "",
        note=facts["note"],
        proposed_by_id=by.id,
    )
    if queries.same_proposal(correction):
        raise NotPossible
    db.session.add(correction)
    db.session.flush()
    events.record("correction.proposed", subject=correction, actor=by, bulletin_id=bulletin.id)
    return correction


def decide(
    correction: Correction, status: str, *, by: User, answer: str = "", expected: Expected = None
) -> None:
    """Approve, refuse or undo a correction; approval and its undoing compare again, for everybody.

    Raises versions.Stale, and NotPossible when the correction does not have the status for it.
    """
    edit_versions.require(correction, expected)
    allowed = {APPROVED: (PROPOSED, REFUSED), REFUSED: (PROPOSED,), UNDONE: (APPROVED,)}
    if correction.status not in allowed[status]:
        raise NotPossible
    correction.status = status
    correction.answer = answer
    correction.decided_by_id = by.id
    correction.decided_at = utcnow()
    correction.revision_count += 1
    db.session.flush()
    if status != REFUSED:
        _apply(correction)
    events.record(
        "bulletin.correction_approved"
        if status == APPROVED
        else "bulletin.correction_refused"
        if status == REFUSED
        else "bulletin.correction_undone",
        subject=correction.bulletin,
        actor=by,
        correction=correction.id,
        note=_summary(correction),
        member=correction.proposed_by_id,
    )


def _summary(correction: Correction) -> str:
    """What the log says: names and versions."""
    words = {"other": "≠", "same": "=", "range": "→"}[correction.kind]
    left = correction.named if correction.kind == RANGE else correction.component
    right = correction.versions if correction.kind == RANGE else correction.named
    return f"{left[:180]} {words} {right[:180]}"


def _apply(correction: Correction) -> None:
    """Compare again what a correction changes: one bulletin at once, versions by the worker."""
    if correction.kind == RANGE:
        refresh_bulletins([correction.bulletin_id])
        return
    holders = select(InstalledName.version_id).where(InstalledName.key == correction.installed_key)
    changed_rows(update(InstalledVersion).where(InstalledVersion.id.in_(holders)).values(compared_at=None))
