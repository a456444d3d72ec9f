"""What an import of a file would do, computed without writing anything."""

import io
import time
from collections import Counter
from dataclasses import dataclass, field

from flask_babel import gettext as _
from sqlalchemy import Row, select

from advisories import recognise
from advisories.advisory import Advisory, Unusable
from advisories.exploited import Exploited, Likelihood, read_epss, read_kev
from advisories.parsing import Log
from advisories.unpacking.streams import MEMORY
from bulletins.import_enrichment import BATCH_SIZE, batches
from bulletins.store_actions import Outcome
from bulletins.uploads import files
from bulletins.uploads.changes import Change, list_changes
from bulletins.uploads.forecast import forecast
from bulletins.vulnerability_models import Vulnerability
from core.database.db import db
from products import endoflife, queries
from products.facts import to_json
from products.models import Product, Release

MAX_LINES = 200  # documents that are compared and shown
MAX_SECONDS = 10  # of comparing; the rest is only imported
MAX_WARNINGS = 5  # shown of one document
REFUSED = "refused"


@dataclass
class Line:
    """What would become of one document: an outcome (of store_actions, or REFUSED) and the reasons."""

    outcome: str
    name: str
    title: str = ""
    reference: str = ""
    reason: str = ""
    changes: list[Change] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass
class Preview:
    """What an import would do; `is_whole` is False when only the first documents were compared."""

    kind: str
    counts: Counter[str] = field(default_factory=Counter)
    lines: list[Line] = field(default_factory=list)
    is_whole: bool = True

    def add(self, line: Line) -> None:
        """Count a line, and show it unless there are MAX_LINES."""
        self.counts[line.outcome] += 1
        if len(self.lines) < MAX_LINES:
            self.lines.append(line)

    @property
    def is_useful(self) -> bool:
        """Whether an import would write anything."""
        return bool(self.counts[Outcome.ADDED] or self.counts[Outcome.UPDATED] or not self.is_whole)


def build(data: bytes, name: str) -> Preview:
    """Compare the content of a file named `name` with what is stored."""
    preview = Preview(files.kind_of(data))
    try:
        if preview.kind == files.KEV:
            _compare_kev(preview, data)
        elif preview.kind == files.EPSS:
            _compare_epss(preview, data)
        elif preview.kind == files.PRODUCT:
            _compare_product(preview, data, name)
        else:
            _compare_advisories(preview, data, name)
    except (Unusable, ValueError) as error:  # BadFile and Refused of product files are ValueErrors
        preview.add(Line(REFUSED, name, reason=str(error)))
    return preview


def _compare_advisories(preview: Preview, data: bytes, name: str) -> None:
    started = time.monotonic()
    for place, found in recognise.iterate(io.BytesIO(data), name, limits=MEMORY):
        if isinstance(found, Unusable):
            preview.add(Line(REFUSED, place, reason=str(found)))
            continue
        for advisory in found:
            if len(preview.lines) >= MAX_LINES or time.monotonic() - started > MAX_SECONDS:
                preview.is_whole = False
                return
            preview.add(_line(advisory))


def _line(advisory: Advisory) -> Line:
    warnings = [" ".join(each.split())[:300] for each in advisory.warnings[:MAX_WARNINGS]]
    try:
        found = forecast(advisory)
    except Unusable as error:
        return Line(REFUSED, advisory.tracking_id, advisory.title, reason=str(error), warnings=warnings)
    line = Line(
        found.outcome, advisory.tracking_id, advisory.title, found.reference, found.reason, warnings=warnings
    )
    if found.before is not None and found.after is not None:
        line.changes = list_changes(found.before, found.after)
        if found.not_imported:
            parts = ", ".join(found.not_imported)
            line.reason = _("was edited here; not imported: %(parts)s", parts=parts)
    return line


def _compare_kev(preview: Preview, data: bytes) -> None:
    log = Log()
    for entries in batches(read_kev(io.BytesIO(data), log), BATCH_SIZE):
        known = _known({entry.cve for entry in entries})
        for entry in entries:
            _compare_entry(preview, entry, known.get(entry.cve))
    _add_warnings(preview, log)


def _compare_entry(preview: Preview, entry: Exploited, row: Row | None) -> None:
    before = str(row.kev_added_on) if row is not None and row.kev_added_on else ""
    if row is not None and (row.kev_added_on, row.kev_due_on, row.is_ransomware) == (
        entry.added_on,
        entry.due_on,
        entry.is_ransomware,
    ):
        preview.counts[Outcome.SKIPPED] += 1
        return
    outcome = Outcome.ADDED if row is None else Outcome.UPDATED
    change = Change(_("Exploited since"), before, str(entry.added_on))
    preview.add(Line(outcome, entry.cve, entry.name[:200], changes=[change]))


def _compare_epss(preview: Preview, data: bytes) -> None:
    log = Log()
    for scores in batches(read_epss(io.BytesIO(data), log), BATCH_SIZE):
        known = _known({score.cve for score in scores})
        for score in scores:
            _compare_score(preview, score, known.get(score.cve))
    _add_warnings(preview, log)


def _compare_score(preview: Preview, score: Likelihood, row: Row | None) -> None:
    if row is None or (row.epss, row.epss_percentile) == (score.probability, score.percentile):
        preview.counts[Outcome.SKIPPED] += 1  # scores are stored for CVEs that bulletins name
        return
    before = "" if row.epss is None else f"{row.epss:.5f}"
    preview.add(
        Line(Outcome.UPDATED, score.cve, changes=[Change("EPSS", before, f"{score.probability:.5f}")])
    )


def _known(cves: set[str]) -> dict[str, Row]:
    columns = ("cve", "kev_added_on", "kev_due_on", "is_ransomware", "epss", "epss_percentile")
    found = db.session.execute(
        select(*(getattr(Vulnerability, name) for name in columns)).where(Vulnerability.cve.in_(cves))
    )
    return {row.cve: row for row in found}


def _add_warnings(preview: Preview, log: Log) -> None:
    for warning in log.warnings[:MAX_LINES]:
        preview.add(Line(REFUSED, "", reason=str(warning)))


def _compare_product(preview: Preview, data: bytes, name: str) -> None:
    file = endoflife.read(data, name.rpartition("/")[2].removesuffix(".md"))
    product = queries.full(file.slug, removed=True)
    title = str(file.facts.get("name", file.slug))
    if product is None:
        releases = Change(_("Releases"), "", ", ".join(list(file.releases)[:20]))
        preview.add(Line(Outcome.ADDED, file.slug, title, changes=[releases]))
        return
    if product.removed_at is not None:
        preview.add(Line(Outcome.SKIPPED, file.slug, title, reason=_("was removed here")))
        return
    changes = _changes(product, file.facts, "")
    known = {release.cycle: release for release in product.releases}
    for cycle, facts in file.releases.items():
        if cycle not in known:
            changes.append(Change(_("Release"), "", cycle))
        elif known[cycle].removed_at is None:
            changes += _changes(known[cycle], facts, cycle)
    outcome = Outcome.UPDATED if changes else Outcome.SKIPPED
    reason = "" if changes else _("nothing changes")
    preview.add(Line(outcome, file.slug, title, reason=reason, changes=changes[:MAX_LINES]))


def _changes(thing: Product | Release, facts: dict, cycle: str) -> list[Change]:
    """The facts that an import would change; those that moderators set stay."""
    return [
        Change(f"{cycle} {name}".strip(), _shown(thing.value(name)), _shown(value))
        for name, value in facts.items()
        if name not in thing.ours and to_json(thing.value(name)) != to_json(value)
    ]


def _shown(value: object) -> str:
    shown = to_json(value)
    return "" if shown is None else str(shown)[:200]
