"""The state of the site for programs of its administrators."""

from admin import schemas
from auth import tokens
from core.api.api import READ, ApiBlueprint
from core.checks.health import examine, is_well
from core.observability.gauges import collect
from core.web.access import require

bp = ApiBlueprint("status", __name__, description="Site status, for administrators")


@bp.get("/status")
@tokens.bearer(READ)
@bp.response(200, schemas.StatusItem)
@bp.alt_response(403, "FORBIDDEN")
def get_status():
    """What `flask doctor` finds, and the numbers of now."""
    require(tokens.reader().is_admin)
    findings = examine()
    return {
        "is_well": is_well(findings),
        "findings": findings,
        "readings": {each.name: each.value for each in collect()},
    }
