"""Moderation in the API: the public log, raising a flag."""

from flask import request

from auth import tokens
from core.api import ApiBlueprint
from core.db import db
from core.limits import limit
from core.web import get_or_404, parse, require
from moderation import actions, policy, queries, schemas
from posts import queries as post_queries
from posts.models import Post

bp = ApiBlueprint("moderation", __name__, description="Flags and the public log")


@bp.get("/moderation/log")
def log():
    """Every decision, newest first."""
    reader = tokens.reader()
    page = queries.log(request.args.get("after"))
    items = []
    for row in page:
        text, url = queries.subject(row, reader)
        items.append({"id": row.id, "action": row.action, "reason": row.reason, "subject": text,
                      "url": url or None, "by": row.actor.username if row.actor else None,
                      "created_at": row.created_at.isoformat()})
    return {"items": items, "next": page.next}


@bp.post("/posts/<int:post_id>/flags")
@tokens.bearer("write")
def flag(post_id: int):
    """Ask a moderator to look at a post."""
    data, user = parse(schemas.FlagSchema), tokens.reader()
    post = get_or_404(post_queries.get(Post, post_id, user))
    require(policy.can_flag(user, post))
    limit("flag", user.id, 20, 3600)
    row = actions.flag(post, data["reason"], by=user, note=data["note"])
    db.session.commit()
    return {"id": row.id, "post_id": post.id, "reason": row.reason, "outcome": row.outcome}, 201
