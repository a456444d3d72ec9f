"""Files of the instance: who may read them, and whether there is room for more."""

import os
from collections.abc import Iterator
from pathlib import Path

from flask import current_app
from flask_babel import gettext as _

from core.checks.health import Finding, judge, register_check

PRIVATE = (
    ".",
    "secret_key",
    "redoubt.db",
    "redoubt.db-wal",
    "redoubt.db-shm",
    "outbox",
    "index",
    "uploads",
    "backups",
    "backups/*",
)
LEAST_BYTES, FEW_BYTES = 500 * 10**6, 2 * 10**9
LEAST_FILES, FEW_FILES = 10_000, 100_000


@register_check()
def permissions() -> Iterator[Finding]:
    """Permissions of the instance."""
    instance = current_app.config["REDOUBT_INSTANCE"]
    there = [path for pattern in PRIVATE for path in _match(instance, pattern)]
    open_ones = [path for path in there if path.stat().st_mode & 0o077]
    yield judge(
        _("Permissions"),
        _("Readable by other users: %(names)s", names=_names(open_ones, instance))
        if open_ones
        else _("instance readable by its owner only"),
        fault=bool(open_ones),
        advice=_("Run chmod -R go-rwx on the instance folder."),
    )
    strange = [path for path in there if path.stat().st_uid != os.geteuid()]
    yield judge(
        _("Owner"),
        _("Owned by another user: %(names)s", names=_names(strange, instance))
        if strange
        else _("the user running this command"),
        fault=bool(strange),
        advice=_(
            "Run the site and its commands as the same user, and make that user the owner of these files."
        ),
    )


@register_check()
def room() -> Iterator[Finding]:
    """Room on the disk."""
    disk = os.statvfs(current_app.config["REDOUBT_INSTANCE"])
    free = disk.f_bavail * disk.f_frsize
    advice = _("Free some space. A full disk stops all writing.")
    yield judge(
        _("Disk"),
        _("%(n)s MB free", n=f"{free // 10**6:,}"),
        fault=free < LEAST_BYTES,
        remark=free < FEW_BYTES,
        advice=advice,
    )
    if disk.f_files:  # some file systems have no fixed number
        yield judge(
            _("Inodes"),
            _("%(n)s free", n=f"{disk.f_favail:,}"),
            fault=disk.f_favail < LEAST_FILES,
            remark=disk.f_favail < FEW_FILES,
            advice=advice,
        )


def _match(instance: Path, pattern: str) -> list[Path]:
    if "*" in pattern:
        return sorted(instance.glob(pattern))
    return [instance / pattern] if (instance / pattern).exists() else []


def _names(paths: list[Path], instance: Path) -> str:
    return ", ".join(str(path.relative_to(instance.parent)) for path in paths)
