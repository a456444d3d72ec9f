"""Health check of the administrators."""

from collections.abc import Iterator

from flask_babel import gettext as _

from auth import queries
from auth.models import User
from core.checks.health import Finding, judge, register_check
from core.database.db import db


@register_check()
def administrators() -> Iterator[Finding]:
    """Administrators."""
    found = db.session.scalars(queries.with_role("administrator").order_by(User.id).limit(5))
    names = [user.username for user in found]
    yield judge(
        _("Administrators"),
        ", ".join(names) or _("none"),
        remark=not names,
        advice=_("flask user create NAME --email ADDRESS --role administrator"),
    )
