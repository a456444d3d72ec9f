"""Pages of the security log: a member's own events, and all events for administrators."""

from typing import Any, cast

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required
from marshmallow import ValidationError

from auth import queries as accounts
from auth.current_user import current_user, me
from auth.erasure.export_account import register_export_part
from auth.models import User
from auth.security_log import labels, queries, schemas
from auth.security_log.kinds import KINDS
from auth.security_log.queries import Filter
from auth.views import bp
from core.web.access import require


@bp.get("/settings/security")
@login_required
def settings_security() -> ResponseReturnValue:
    """Security events of one's own account."""
    page = queries.own(me(), request.args.get("after"))
    return render_template("auth/settings_security.html", page=page, words=labels, user=me())


@bp.get("/admin/security-log")
@login_required
def security_log() -> ResponseReturnValue:
    """All security events, filtered by kind, member and period; for administrators."""
    require(current_user.is_admin)
    filters: dict = {}
    errors: dict = {}
    user: User | None = None
    try:
        filters = cast("dict", schemas.FilterSchema().load(request.args.to_dict()))
    except ValidationError as error:
        errors = dict(error.normalized_messages())
    if filters.get("user") and (user := accounts.by_username(filters["user"])) is None:
        errors["user"] = ["?"]
    page = None
    if not errors:
        chosen = Filter(filters["kind"], user, filters["first_day"], filters["last_day"])
        page = queries.events(chosen, request.args.get("after"))
    following = None
    if page and page.next:
        arguments: dict[str, Any] = {name: value for name, value in request.args.items() if value}
        arguments["after"] = page.next
        following = url_for("auth.security_log", **arguments)
    return render_template(
        "auth/security_log.html",
        page=page,
        errors=errors,
        words=labels,
        kinds=[(name, kind.label) for name, kind in KINDS.items()],
        values=request.args,
        following=following,
    ), 422 if errors else 200


@register_export_part("security_events")
def _events(user: User) -> list[dict]:
    return [
        {
            "kind": row.kind,
            "when": row.created_at,
            "means": row.means,
            "facts": row.facts,
            "by_me": row.actor_id == user.id,
            "address": row.origin.address if row.origin else None,
            "program": row.origin.program if row.origin else None,
        }
        for row in queries.all_of(user)
    ]
