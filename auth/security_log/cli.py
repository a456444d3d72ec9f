"""Records of shell commands in the security log."""

import logging

from sqlalchemy.exc import DBAPIError

from auth.security_log import actions
from core.database.db import db

log = logging.getLogger(__name__)


def record_command(command: str) -> None:
    """Record a command by a name such as `import-articles`; commits."""
    actions.record("shell_act", command=command)
    db.session.commit()


def record_export() -> None:
    """Record a backup of the whole site; commits. Logs a warning when the database cannot be written."""
    try:
        actions.record("site_exported", command="backup")
        db.session.commit()
    except DBAPIError as error:  # a full disk must not prevent a backup
        db.session.rollback()
        log.warning("the backup could not be recorded: %s", type(error.orig).__name__)
