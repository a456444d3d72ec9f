"""Members in the API: profiles, the token's own account, the reputation ledger."""

from flask import g

from auth import queries, schemas, tokens
from auth.models import ReputationEvent, User
from auth.privileges import Privilege
from core.api.api import READ, ApiBlueprint, Cursor, listing, page_of
from core.mail.mail import site_url
from core.web.access import get_or_404

bp = ApiBlueprint("users", __name__, description="Members and their reputation")


def item(user: User) -> dict:
    """A member as an API item, with what is public."""
    url = site_url() + user.profile_url
    return {
        "id": user.id,
        "kind": "user",
        "title": user.display_name,
        "url": url,
        "body": user.about,
        "author": user.username,
        "author_url": url,
        "score": user.reputation,
        "tags": [],
        "created_at": user.created_at,
        "source": None,
        "username": user.username,
        "role": user.role,
        "location": user.location,
        "website": user.website,
        "is_suspended": user.is_suspended,
    }


def reputation_item(event: ReputationEvent) -> dict:
    """One entry of the ledger."""
    return {
        "id": event.id,
        "reason": event.kind,
        "points": event.points,
        "post_id": event.source,
        "created_at": event.created_at,
    }


@bp.get("/users")
@bp.arguments(Cursor, location="query")
@bp.response(200, page_of(schemas.UserItem))
def list_users(query: dict) -> dict:
    """Members by reputation."""
    return listing(queries.members(query.get("after")), item)


@bp.get("/users/me")
@tokens.bearer(READ)
@bp.response(200, schemas.MeItem)
def get_me() -> dict:
    """The member the token belongs to."""
    user = tokens.member()
    return {
        **item(user),
        "email": user.email,
        "is_confirmed": user.confirmed_at is not None,
        "scope": g.api_scope,
        "privileges": [p.value for p in Privilege if user.can(p)],
    }


@bp.get("/users/<username>")
@bp.response(200, schemas.UserItem)
def get_user(username: str) -> dict:
    """One member."""
    return item(get_or_404(queries.by_username(username)))


@bp.get("/users/<username>/reputation")
@bp.arguments(Cursor, location="query")
@bp.response(200, page_of(schemas.ReputationItem))
def list_reputation(query: dict, username: str) -> dict:
    """Reputation history of a member, newest first."""
    user = get_or_404(queries.by_username(username))
    return listing(queries.reputation_history(user, query.get("after")), reputation_item)
