"""Whatever changes a report holds its bulletin's row first, then what the report is now is read anew."""

from sqlalchemy import inspect

from core.database.db import db
from deployment.models import DeploymentReport
from posts import locks


def hold(report: DeploymentReport) -> None:
    """Take the bulletin of a report, and read both anew."""
    locks.lock(report.bulletin)
    db.session.refresh(report, [column.key for column in inspect(report).mapper.column_attrs])
