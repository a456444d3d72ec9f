"""Pages of administration."""

from flask import Blueprint, render_template
from flask_login import login_required

from admin import status
from auth.current_user import current_user
from core.checks import health
from core.web.access import require

bp = Blueprint("admin", __name__)


@bp.get("/admin")
@login_required
def admin():
    """State of the site for administrators: what to mend, sizes, queues, how it has been."""
    require(current_user.is_admin)
    return render_template(
        "admin/admin.html", findings=health.examine(), counts=status.counts(), charts=status.charts()
    )
