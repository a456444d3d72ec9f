"""Security alerts in the API: sign up with an address, or turn one's own on and off."""

from flask_babel import gettext as _

from alerts import actions, queries
from alerts.schemas import AskedItem, MemberItem, MemberSchema, SignUpSchema
from auth import tokens
from core.api.api import READ, WRITE, ApiBlueprint
from core.database.db import db
from core.limits.rate_limits import client_address, limit

bp = ApiBlueprint("alerts", __name__, description="Security alerts by email")


@bp.post("/alerts")
@bp.arguments(SignUpSchema)
@bp.response(202, AskedItem)
@bp.alt_response(429, "TOO_MANY_REQUESTS")
def sign_up_for_alerts(data: dict) -> dict[str, str]:
    """Sign an address up for alerts: a mail asks its owner to confirm. The answer is always the same."""
    limit("alerts", client_address(), *actions.SIGN_UPS_PER_NETWORK_ADDRESS)
    actions.sign_up(data.pop("email"), data)
    db.session.commit()
    return {"message": _("We sent an email with a link to confirm.")}


@bp.get("/users/me/alerts")
@tokens.bearer(READ)
@bp.response(200, MemberItem)
def get_alerts() -> dict[str, object]:
    """Get your security alerts about your products."""
    row = queries.of_member(tokens.reader())
    if row is None:
        return {"on": False, "scope": None, "minimum": "important", "cadence": "at-once"}
    return {"on": True, "scope": row.scope, "minimum": row.minimum, "cadence": row.cadence}


@bp.put("/users/me/alerts")
@tokens.bearer(WRITE)
@bp.arguments(MemberSchema)
@bp.response(200, MemberItem)
def switch_alerts(data: dict) -> dict[str, object]:
    """Turn your alerts on or off, and set severity and cadence."""
    actions.switch(tokens.member(), **data)
    db.session.commit()
    return get_alerts()
