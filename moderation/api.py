"""Moderation in the API: the public log, flags and appeals."""

from auth import tokens
from core.api.api import READ, WRITE, ApiBlueprint, Cursor, listing, page_of
from core.database.db import db
from core.mail.mail import site_url
from moderation import actions, policy, queries, schemas
from moderation.appeals import actions as appeals
from moderation.appeals import policy as appeal_policy
from moderation.appeals.models import Appeal
from moderation.appeals.schemas import AppealItem, AppealSchema
from moderation.models import Decision, Flag
from posts.access import visible_post

bp = ApiBlueprint("moderation", __name__, description="Flags and the public log")


def decision_item(row: Decision) -> dict[str, object]:
    """A line of the public log as JSON; posts that the reader may not see are a number."""
    text, path = queries.subject(row, tokens.reader())
    return {
        "id": row.id,
        "action": row.action,
        "reason": row.reason,
        "subject": text,
        "url": site_url() + path if path else None,
        "by": row.actor.username if row.actor else None,
        "created_at": row.created_at,
    }


def flag_item(row: Flag) -> dict[str, object]:
    """A flag as JSON."""
    return {
        "id": row.id,
        "post_id": row.post_id,
        "reason": row.reason,
        "note": row.note,
        "outcome": row.outcome,
        "created_at": row.created_at,
    }


def appeal_item(row: Appeal) -> dict[str, object]:
    """An appeal as JSON."""
    return {
        "id": row.id,
        "post_id": row.post_id,
        "text": row.text,
        "outcome": row.outcome,
        "answer": row.answer,
        "created_at": row.created_at,
    }


@bp.get("/moderation/log")
@bp.arguments(Cursor, location="query")
@bp.response(200, page_of(schemas.DecisionItem))
def list_decisions(wanted: dict) -> dict:
    """All moderation decisions, newest first."""
    return listing(queries.log(wanted.get("after")), decision_item)


@bp.get("/users/me/flags")
@tokens.bearer(READ)
@bp.arguments(Cursor, location="query")
@bp.response(200, page_of(schemas.FlagItem))
def list_flags(wanted: dict) -> dict:
    """Your flags and their outcome, newest first."""
    return listing(queries.flags_of(tokens.reader(), wanted.get("after")), flag_item)


@bp.post("/posts/<int:post_id>/appeals")
@tokens.bearer(WRITE)
@bp.arguments(AppealSchema)
@bp.response(201, AppealItem)
def appeal_for_post(data: dict, post_id: int) -> dict[str, object]:
    """Ask for a review of your deleted post: once, and again after you edit its text."""
    post = visible_post(post_id, tokens.reader())
    user = tokens.permitted(appeal_policy.can_appeal, post)

    row = appeals.appeal(post, data["text"], by=user)
    db.session.commit()
    return appeal_item(row)


@bp.post("/posts/<int:post_id>/flags")
@tokens.bearer(WRITE)
@bp.arguments(schemas.FlagSchema)
@bp.response(201, schemas.FlagItem)
def flag_post(data: dict, post_id: int) -> dict[str, object]:
    """Flag a post for the moderators."""
    post = visible_post(post_id, tokens.reader())
    user = tokens.permitted(policy.can_flag, post)

    row = actions.flag(post, data["reason"], by=user, note=data["note"])
    db.session.commit()
    return flag_item(row)
