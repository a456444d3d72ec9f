"""Health checks of attachments: their number and space, and files that are missing."""

from collections.abc import Iterator

from flask_babel import gettext as _

from core.checks.health import Finding, finding, register_check
from posts.attachments import queries
from posts.attachments.store import current_store

SAMPLE = 200  # newest attachments whose bytes are looked for


@register_check()
def attachments() -> Iterator[Finding]:
    """Attachments."""
    count, size = queries.total()
    missing = sum(1 for digest in queries.newest_digests(SAMPLE) if not current_store().has(digest))
    text = _("%(n)s files, %(m)s MB", n=f"{count:,}", m=f"{size // 10**6:,}")
    if missing:
        text += _(", %(n)s of the newest %(m)s are missing", n=missing, m=SAMPLE)
    yield finding(
        _("Attachments"),
        text,
        error=bool(missing),
        advice=_("Restore the folder uploads/attachments of the instance, or the bucket, from a backup."),
    )
