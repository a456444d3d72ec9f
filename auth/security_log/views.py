"""Pages of the security log: one's own part, all of it for administrators; refusals are recorded here."""

import logging

from flask import Flask, Response, current_app, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required
from marshmallow import ValidationError
from sqlalchemy.exc import DBAPIError

from auth import queries as accounts
from auth.current_user import current_user, me
from auth.erasure.export_account import register_export_part
from auth.models import User
from auth.security_log import actions, labels, queries, schemas
from auth.security_log.full_hours import FullHours
from auth.security_log.kinds import KINDS
from auth.security_log.queries import Filter
from auth.views import bp
from core.database.db import writing
from core.web.access import require

log = logging.getLogger(__name__)
RECORDED = {403: "refused", 429: "limited"}  # by status


@bp.get("/settings/security")
@login_required
def settings_security() -> ResponseReturnValue:
    """What happened to my account: when, what, from where."""
    page = queries.own(me(), request.args.get("after"))
    return render_template("auth/settings_security.html", page=page, words=labels, user=me())


@bp.get("/admin/security-log")
@login_required
def security_log() -> ResponseReturnValue:
    """All security events, for administrators: by kind, member and period."""
    require(current_user.is_admin)
    wanted, errors, user = {}, {}, None
    try:
        wanted = schemas.FilterSchema().load(request.args.to_dict())
    except ValidationError as error:
        errors = error.normalized_messages()
    if wanted.get("user") and (user := accounts.by_username(wanted["user"])) is None:
        errors["user"] = ["?"]
    page = None
    if not errors:
        chosen = Filter(wanted["kind"], user, wanted["first_day"], wanted["last_day"])
        page = queries.events(chosen, request.args.get("after"))
    following = None
    if page and page.next:
        following = url_for(
            "auth.security_log",
            after=page.next,
            **{name: value for name, value in request.args.items() if value and name != "after"},
        )
    return render_template(
        "auth/security_log.html",
        page=page,
        errors=errors,
        kinds=KINDS,
        words=labels,
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


def record_refusal(answer: Response) -> Response:
    """A request that was refused: of a member always, of a visitor only for being too many."""
    kind = RECORDED.get(answer.status_code)
    if kind is None or request.url_rule is None:
        return answer
    user = g.get("api_user") or (current_user if not request.path.startswith("/api/") else None)
    user_id = getattr(user, "id", None)
    if user_id is None and kind == "refused":
        return answer
    hours: FullHours = current_app.extensions["security_log_full_hours"]
    event = {"user": user_id, "actor": user_id, "route": request.url_rule.rule, "method": request.method}
    if hours.has(kind, user_id):
        actions.log_only(kind, **event)
        return answer
    try:
        with writing():
            actions.record(kind, **event)
            end = actions.full_until(kind, user_id)
        if end is not None:
            hours.note(kind, user_id, end)
    except DBAPIError as error:  # the answer is right all the same
        log.warning("a refusal could not be recorded: %s", type(error.orig).__name__)
    return answer


def init_app(app: Flask) -> None:
    """Record what is refused, after it was answered."""
    app.extensions["security_log_full_hours"] = FullHours()
    app.after_request(record_refusal)
