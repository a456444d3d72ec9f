"""What the security log says of commands in the shell."""

import logging

from sqlalchemy.exc import DBAPIError

from auth.security_log import actions
from core.database.db import db

log = logging.getLogger(__name__)


def note(command: str) -> None:
    """Record that a command was run, by a name like `import-articles`; commits."""
    actions.record("shell_act", command=command)
    db.session.commit()


def note_export() -> None:
    """Record that the whole site was copied; commits. Where nothing can be written, a warning is logged."""
    try:
        actions.record("site_exported", command="backup")
        db.session.commit()
    except DBAPIError as error:  # a full disk is when a backup is wanted most
        db.session.rollback()
        log.warning("the backup could not be recorded: %s", type(error.orig).__name__)
