"""Health checks of the instance folder: permissions, owner, free space."""

import os
from collections.abc import Iterator
from pathlib import Path

from flask import current_app
from flask_babel import gettext as _

from core.checks.health import Finding, finding, register_check

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
MIN_FREE_BYTES = 500 * 10**6  # less is an error
LOW_FREE_BYTES = 2 * 10**9  # less is a warning
MIN_FREE_INODES = 10_000
LOW_FREE_INODES = 100_000


@register_check()
def permissions() -> Iterator[Finding]:
    """Permissions of the instance."""
    instance = current_app.config["REDOUBT_INSTANCE"]
    paths = [path for pattern in PRIVATE for path in _match(instance, pattern)]
    readable = [path for path in paths if path.stat().st_mode & 0o077]
    yield finding(
        _("Permissions"),
        _("Readable by other users: %(names)s", names=_names(readable, instance))
        if readable
        else _("instance readable by its owner only"),
        error=bool(readable),
        advice=_("Run chmod -R go-rwx on the instance folder."),
    )
    foreign = [path for path in paths if path.stat().st_uid != os.geteuid()]
    yield finding(
        _("Owner"),
        _("Owned by another user: %(names)s", names=_names(foreign, instance))
        if foreign
        else _("the user running this command"),
        error=bool(foreign),
        advice=_(
            "Run the site and its commands as the same user, and make that user the owner of these files."
        ),
    )


@register_check()
def disk_space() -> Iterator[Finding]:
    """Disk space."""
    disk = os.statvfs(current_app.config["REDOUBT_INSTANCE"])
    free = disk.f_bavail * disk.f_frsize
    advice = _("Free some space. A full disk stops all writing.")
    yield finding(
        _("Disk"),
        _("%(n)s MB free", n=f"{free // 10**6:,}"),
        error=free < MIN_FREE_BYTES,
        warning=free < LOW_FREE_BYTES,
        advice=advice,
    )
    if disk.f_files:  # some file systems have no fixed number
        yield finding(
            _("Inodes"),
            _("%(n)s free", n=f"{disk.f_favail:,}"),
            error=disk.f_favail < MIN_FREE_INODES,
            warning=disk.f_favail < LOW_FREE_INODES,
            advice=advice,
        )


def _match(instance: Path, pattern: str) -> list[Path]:
    if "*" in pattern:
        return sorted(instance.glob(pattern))
    return [instance / pattern] if (instance / pattern).exists() else []


def _names(paths: list[Path], instance: Path) -> str:
    return ", ".join(str(path.relative_to(instance.parent)) for path in paths)
