"""Security alerts in the API: sign up with an address, or switch one's own on and off."""

from flask_babel import gettext as _

from alerts import actions, queries
from alerts.schemas import AskedItem, MemberItem, MemberSchema, SignUpSchema
from alerts.views import SIGN_UPS
from auth import tokens
from core.api.api import READ, WRITE, ApiBlueprint
from core.database.db import db
from core.limits.rate_limits import client_address, limit

bp = ApiBlueprint("alerts", __name__, description="Security alerts by email")


@bp.post("/alerts")
@bp.arguments(SignUpSchema)
@bp.response(202, AskedItem)
@bp.alt_response(429, "TOO_MANY_REQUESTS")
def sign_up_for_alerts(data: dict):
    """Ask for alerts to an address: a mail asks its owner to confirm. The answer is the same for all."""
    limit("alerts", client_address(), *SIGN_UPS)
    actions.sign_up(data.pop("email"), data)
    db.session.commit()
    return {"message": _("We sent an email with a link to confirm.")}


@bp.get("/users/me/alerts")
@tokens.bearer(READ)
@bp.response(200, MemberItem)
def get_alerts():
    """Your security alerts about what you run."""
    row = queries.of_member(tokens.reader())
    if row is None:
        return {"on": False, "scope": None, "minimum": "important", "cadence": "at-once"}
    return {"on": True, "scope": row.scope, "minimum": row.minimum, "cadence": row.cadence}


@bp.put("/users/me/alerts")
@tokens.bearer(WRITE)
@bp.arguments(MemberSchema)
@bp.response(200, MemberItem)
def switch_alerts(data: dict):
    """Turn them on or off, and say how severe and how often."""
    actions.switch(tokens.reader(), **data)
    db.session.commit()
    return get_alerts()
