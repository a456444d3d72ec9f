"""The site status in the API, for administrators."""

from admin import schemas
from auth import tokens
from core.api.api import READ, ApiBlueprint
from core.checks.health import has_no_errors, run_checks
from core.observability.gauges import collect
from core.web.access import require

bp = ApiBlueprint("status", __name__, description="Site status, for administrators")


@bp.get("/status")
@tokens.bearer(READ)
@bp.response(200, schemas.StatusItem)
@bp.alt_response(403, "FORBIDDEN")
def get_status() -> dict[str, object]:
    """The findings of `flask doctor` and the current gauges."""
    require(tokens.reader().is_admin)
    findings = run_checks()
    return {
        "is_well": has_no_errors(findings),
        "findings": findings,
        "gauges": {each.name: each.value for each in collect()},
    }
