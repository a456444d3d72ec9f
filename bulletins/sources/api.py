"""Sources in the API, for administrators."""

from flask import Response
from flask_babel import gettext as _

from auth import tokens
from auth.models import User
from bulletins.sources import actions, policy, queries, schemas
from bulletins.sources.models import Source
from core.api.api import READ, WRITE, ApiBlueprint, no_content
from core.database.db import db
from core.web.access import get_or_404, require

bp = ApiBlueprint("sources", __name__, description="Addresses that the site fetches, for administrators")


def _administrator() -> User:
    user = tokens.member()
    require(policy.can_administer(user), _("Only administrators can see the sources."))
    return user


def _item(source: Source) -> dict:
    return {name: getattr(source, name) for name in schemas.SourceItem().fields}


def _find(source_id: int) -> Source:
    return get_or_404(queries.get_source(source_id))


@bp.get("/sources")
@tokens.bearer(READ)
@bp.response(200, schemas.SourceList)
@bp.alt_response(403, "FORBIDDEN")
def list_sources() -> dict:
    """All sources, with the results of their last runs."""
    require(tokens.reader().is_admin, _("Only administrators can see the sources."))
    return {"items": [_item(source) for source in queries.sources()]}


@bp.post("/sources")
@tokens.bearer(WRITE)
@bp.arguments(schemas.SourceSchema)
@bp.response(201, schemas.SourceItem)
def add_source(data: dict) -> dict:
    """Add a source; with `is_on` the worker fetches it at once."""
    user = _administrator()
    hours = data.pop("interval_hours") or 0
    source = actions.add(data["kind"], data["name"], data["url"], hours, is_on=data["is_on"], by=user)
    db.session.commit()
    return _item(source)


@bp.get("/sources/<int:source_id>")
@tokens.bearer(READ)
@bp.response(200, schemas.SourceItem)
@bp.alt_response(403, "FORBIDDEN")
def get_source(source_id: int) -> dict:
    """One source."""
    require(tokens.reader().is_admin, _("Only administrators can see the sources."))
    return _item(_find(source_id))


@bp.post("/sources/<int:source_id>/switch")
@tokens.bearer(WRITE)
@bp.arguments(schemas.SwitchSchema)
@bp.response(200, schemas.SourceItem)
def switch_source(data: dict, source_id: int) -> dict:
    """Switch a source on or off, and set the hours between two runs."""
    user = _administrator()
    source = _find(source_id)
    actions.switch(source, by=user, **data)
    db.session.commit()
    return _item(source)


@bp.post("/sources/<int:source_id>/run")
@tokens.bearer(WRITE)
@bp.response(202, schemas.SourceItem)
def run_source(source_id: int) -> dict:
    """Let the worker run a source that is on as soon as it can."""
    _administrator()
    source = _find(source_id)
    actions.run_soon(source)
    db.session.commit()
    return _item(source)


@bp.post("/sources/<int:source_id>/trust")
@tokens.bearer(WRITE)
@bp.response(200, schemas.SourceItem)
def trust_source(source_id: int) -> dict:
    """Accept the signing keys that the provider names now."""
    user = _administrator()
    source = _find(source_id)
    actions.trust_keys(source, by=user)
    db.session.commit()
    return _item(source)


@bp.delete("/sources/<int:source_id>")
@tokens.bearer(WRITE)
@bp.response(204)
def remove_source(source_id: int) -> Response:
    """Remove a source; what was imported from it stays."""
    user = _administrator()
    actions.remove(_find(source_id), by=user)
    db.session.commit()
    return no_content()
