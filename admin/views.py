"""The page of administration."""

import re
from pathlib import Path

from flask import Blueprint, current_app, render_template
from flask_login import login_required

from admin import status
from auth.current_user import current_user
from core.checks import health
from core.database.db import utcnow
from core.web.access import require
from kb.models import LAYERS

bp = Blueprint("admin", __name__)


@bp.get("/admin")
@login_required
def admin() -> str:
    """Status of the site for administrators: findings, counts and charts."""
    require(current_user.is_admin)
    return render_template(
        "admin/admin.html", findings=health.run_checks(), counts=status.counts(), charts=status.charts()
    )


@bp.get("/admin/styleguide")
@login_required
def styleguide() -> str:
    """Every colour, icon and component of the interface on one page, for whoever changes it."""
    require(current_user.is_admin)
    return render_template("admin/styleguide.html", icons=icon_names(), layers=LAYERS, day=utcnow())


def icon_names() -> list[str]:
    """The names of the shapes in static/img/icons.svg."""
    shapes = (Path(current_app.static_folder or "") / "img" / "icons.svg").read_text()
    return re.findall(r'<symbol id="([a-z]+)"', shapes)
