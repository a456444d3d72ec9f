"""Whether somebody can run the site."""

from collections.abc import Iterator

from flask_babel import gettext as _
from sqlalchemy import select

from auth.models import User
from core.db import db
from core.doctor import Finding, examines, judge


@examines()
def administrators() -> Iterator[Finding]:
    """Administrators."""
    names = db.session.scalars(select(User.username).where(User.role == "administrator").limit(5)).all()
    yield judge(_("Administrators"), ", ".join(names) or _("none"), remark=not names,
                advice=_("flask user create NAME --email ADDRESS --role administrator"))
