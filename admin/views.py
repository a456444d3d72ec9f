"""The page of administration."""

from flask import Blueprint, render_template
from flask_login import login_required

from admin import status
from auth.current_user import current_user
from core.checks import health
from core.web.access import require

bp = Blueprint("admin", __name__)


@bp.get("/admin")
@login_required
def admin() -> str:
    """Status of the site for administrators: findings, counts and charts."""
    require(current_user.is_admin)
    return render_template(
        "admin/admin.html", findings=health.run_checks(), counts=status.counts(), charts=status.charts()
    )
