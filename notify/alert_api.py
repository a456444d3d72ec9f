"""Security alerts in the API: sign up with an address, or switch one's own on and off."""

from flask_babel import gettext as _

from auth import tokens
from core.api import READ, WRITE
from core.db import db
from core.limits import client_address, limit
from notify import alert_actions, alert_queries
from notify.alert_schemas import AskedItem, MemberItem, MemberSchema, SignUpSchema
from notify.alert_views import SIGN_UPS
from notify.api import bp


@bp.post("/alerts")
@bp.arguments(SignUpSchema)
@bp.response(202, AskedItem)
@bp.alt_response(429, "TOO_MANY_REQUESTS")
def sign_up_for_alerts(data: dict):
    """Ask for alerts to an address: a mail asks its owner to confirm. The answer is the same for all."""
    limit("alerts", client_address(), *SIGN_UPS)
    alert_actions.sign_up(data.pop("email"), data)
    db.session.commit()
    return {"message": _("We sent an email with a link to confirm.")}


@bp.get("/users/me/alerts")
@tokens.bearer(READ)
@bp.response(200, MemberItem)
def get_alerts():
    """Your security alerts about what you run."""
    row = alert_queries.of_member(tokens.reader())
    if row is None:
        return {"on": False, "scope": None, "minimum": "important", "cadence": "at-once"}
    return {"on": True, "scope": row.scope, "minimum": row.minimum, "cadence": row.cadence}


@bp.put("/users/me/alerts")
@tokens.bearer(WRITE)
@bp.arguments(MemberSchema)
@bp.response(200, MemberItem)
def switch_alerts(data: dict):
    """Turn them on or off, and say how severe and how often."""
    alert_actions.switch(tokens.reader(), **data)
    db.session.commit()
    return get_alerts()
