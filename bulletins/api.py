"""Bulletins in the API."""

from collections.abc import Iterable

from flask import Response
from flask_babel import gettext as _

from auth import tokens
from auth.models import User
from bulletins import (
    actions,
    api_schemas,
    bulletin_page,
    exploitation,
    exports,
    forms,
    policy,
    queries,
    schemas,
)
from bulletins.filters import Filter
from bulletins.mitigations import actions as mitigation_actions
from bulletins.mitigations import forms as mitigation_forms
from bulletins.models import AffectedProduct, Bulletin, Mitigation
from bulletins.vulnerability_models import Remediation
from core.api.api import WRITE, ApiBlueprint, listing, no_content, page_of
from core.database import versions
from core.database.db import db
from core.web.access import get_or_404, require
from core.web.forms import Invalid
from posts import api as post_api
from posts.models import Post
from posts.queries import links_from, links_to
from products import queries as products
from products.inventories.queries import one_inventory

REMEDY_FIELDS = (
    "kind",
    "details",
    "url",
    "update",
    "supersedes",
    "fixed_build",
    "restart",
    "can_roll_back",
)
MITIGATION_FIELDS = (
    "id",
    "kind",
    "layer",
    "is_confirmed",
    "text",
    "blocks",
    "steps",
    "side_effects",
    "article_id",
    "url",
    "version",
)
bp = ApiBlueprint("bulletins", __name__, description="Security bulletins and their mitigations")


def item(bulletin: Bulletin) -> dict:
    """The fields of a bulletin in lists of the API."""
    return {**post_api.item(bulletin), **exports.row(bulletin), "embargo_until": bulletin.embargo_until}


def _whole(bulletin: Bulletin) -> dict:
    content = bulletin_page.build_page(bulletin, products.today(), bulletin.products)
    user = tokens.reader()
    return {
        **item(bulletin),
        "vulnerabilities": [_vulnerability_item(each) for each in content.vulnerabilities],
        "products": [_product_item(row, content) for row in bulletin.products],
        "mitigations": [mitigation_item(each) for each in bulletin.mitigations],
        "known_issues": [
            {"update": each.update, "details": each.details, "url": each.url} for each in content.issues
        ],
        "references": [{"url": each.url, "summary": each.summary} for each in content.references],
        "tlp": bulletin.tlp,
        "acknowledgments": bulletin.more.get("acknowledgments", []),
        "supersedes": _references(links_from(bulletin, actions.SUPERSEDES, user)),
        "superseded_by": _references(links_to(bulletin, actions.SUPERSEDES, user)),
    }


def _references(posts: Iterable[Post]) -> list[str]:
    return [post.reference for post in posts if isinstance(post, Bulletin)]


def _tagged(bulletin: Bulletin) -> dict:
    return versions.with_etag(bulletin, _whole(bulletin))


def _vulnerability_item(each: bulletin_page.VulnerabilityFacts) -> dict:
    row = each.row
    shared = row.vulnerability
    return {
        "cve": row.cve or None,
        "title": row.title,
        "is_rejected": row.is_rejected,
        "is_exploited": row.is_exploited or bool(shared and exploitation.listed_sources(shared)),
        "exploited_by": exploitation.sources(row),
        "has_fix": row.has_fix,
        "fix_state": row.fix_state or None,
        "kev_added_on": shared and shared.kev_added_on,
        "kev_due_on": shared and shared.kev_due_on,
        "epss": shared and shared.epss,
        "cwe": (row.more.get("cwe") or [None])[0],
        "aliases": [number for _system, number in row.more.get("other_ids", ())],
        "status": row.status,
        "scores": each.ratings,
        "remediations": [_remedy_item(remedy) for remedy in row.remediations],
        "mitigations": [mitigation.id for mitigation in each.mitigations],
        "threats": [
            {"category": threat["category"], "details": threat.get("details", ""), "at": threat.get("at")}
            for threat in row.more.get("threats", ())
        ],
        "acknowledgments": row.more.get("acknowledgments", []),
    }


def _remedy_item(remedy: Remediation) -> dict:
    return {
        **_values(remedy, REMEDY_FIELDS),
        "origin": remedy.more.get("origin", ""),
        "product_keys": remedy.product_ids,
    }


def _product_item(row: AffectedProduct, content: bulletin_page.BulletinPage) -> dict:
    product = row.product if row.product is not None and row.product.removed_at is None else None
    return {
        "key": row.key,
        "name": row.name,
        "vendor": row.vendor,
        "version": row.version,
        "status": row.status,
        "has_fix": row.has_fix,
        "fix_state": row.fix_state or None,
        "fixed_builds": content.builds.get(row.key, []),
        "fixed_by": [{"name": each.name, "url": each.url or None} for each in content.fixes_of(row)],
        "product": product.slug if product is not None else None,
        "releases": [each.cycle for each in row.releases if product is not None and each.removed_at is None],
    }


def mitigation_item(each: Mitigation) -> dict:
    """A mitigation as JSON."""
    return _values(each, MITIGATION_FIELDS)


def _values(row: object, names: Iterable[str]) -> dict:
    return {name: getattr(row, name) for name in names}


def _find(reference: str) -> Bulletin:
    return get_or_404(queries.get_bulletin(reference, tokens.reader()))


def _curated(reference: str) -> tuple[Bulletin, User]:
    """The bulletin and the moderator who changes it; 404 before 403."""
    bulletin = _find(reference)
    return bulletin, _moderator()


def _edited(reference: str) -> tuple[Bulletin, User]:
    """The same for an action that loads the rows of the bulletin itself, once it has locked it."""
    bulletin = get_or_404(queries.find_bulletin(reference, tokens.reader()))
    return bulletin, _moderator()


def _moderator() -> User:
    user = tokens.member()
    require(policy.can_curate(user), _("Only moderators can write bulletins."))
    return user


def _saved(reference: str) -> dict:
    """Commit, and answer with the bulletin as it is stored now."""
    db.session.commit()
    db.session.expunge_all()
    return _tagged(_find(reference))


@bp.get("/bulletins")
@bp.arguments(api_schemas.BulletinQuery, location="query")
@bp.response(200, page_of(api_schemas.BulletinItem))
@bp.alt_response(404, "NOT_FOUND")
def list_bulletins(wanted: dict) -> dict:
    """Public bulletins: exploited ones first, then by severity, then by EPSS; or the newest."""
    sort = wanted.pop("sort")
    after = wanted.pop("after", None)
    owner = None
    number = wanted.pop("inventory", None)
    if wanted.pop("mine") or number is not None:
        reader = tokens.reader()
        if not isinstance(reader, User):
            raise Invalid({"mine": [_("Send a token to filter by your products.")]})
        owner = reader if number is None else get_or_404(one_inventory(reader, str(number)))
    page = queries.bulletins(Filter(**wanted, owner=owner), sort, after=after, with_tags=True)
    return listing(page, item)


@bp.post("/bulletins")
@tokens.bearer(WRITE)
@bp.arguments(schemas.BulletinSchema)
@bp.response(201, api_schemas.WholeBulletin)
def write_bulletin(data: dict) -> dict:
    """Create a bulletin as a draft (moderators)."""
    bulletin = forms.create(data, by=_moderator())
    return _saved(bulletin.reference)


@bp.get("/bulletins/<reference>")
@bp.response(200, api_schemas.WholeBulletin)
def get_bulletin(reference: str) -> dict:
    """One bulletin with all its content."""
    return _tagged(_find(reference))


@bp.patch("/bulletins/<reference>")
@tokens.bearer(WRITE)
@bp.arguments(schemas.EditBulletinSchema(partial=True))
@bp.response(200, api_schemas.WholeBulletin)
def edit_bulletin(data: dict, reference: str) -> dict:
    """Change the fields that are sent (moderators); imports do not overwrite what was changed."""
    bulletin, user = _edited(reference)
    forms.update(bulletin, data, by=user, expected=versions.expected_by_header())
    return _saved(bulletin.reference)


@bp.post("/bulletins/<reference>/schedule")
@tokens.bearer(WRITE)
@bp.arguments(schemas.ScheduleSchema)
@bp.response(200, api_schemas.WholeBulletin)
def schedule_bulletin(data: dict, reference: str) -> dict:
    """Set the time at which a draft is published, not earlier; null removes the schedule (moderators)."""
    bulletin, user = _curated(reference)
    versions.require_header(bulletin)
    try:
        if data["at"] is None:
            actions.unschedule(bulletin)
        else:
            actions.schedule(bulletin, data["at"], by=user)
    except actions.NotPossible as error:
        raise Invalid({"at": [_("This cannot be scheduled: %(why)s", why=str(error))]}) from error
    return _saved(bulletin.reference)


@bp.post("/bulletins/<reference>/publish")
@tokens.bearer(WRITE)
@bp.response(200, api_schemas.WholeBulletin)
def publish_bulletin(reference: str) -> dict:
    """Publish a draft now (moderators)."""
    bulletin, user = _curated(reference)
    versions.require_header(bulletin)
    actions.publish(bulletin, by=user)
    return _saved(bulletin.reference)


@bp.post("/bulletins/<reference>/unpublish")
@tokens.bearer(WRITE)
@bp.response(200, api_schemas.WholeBulletin)
def unpublish_bulletin(reference: str) -> dict:
    """Make a published bulletin a draft again (moderators)."""
    bulletin, user = _curated(reference)
    versions.require_header(bulletin)
    actions.unpublish(bulletin, by=user)
    return _saved(bulletin.reference)


@bp.post("/bulletins/<reference>/withdraw")
@tokens.bearer(WRITE)
@bp.arguments(schemas.WithdrawSchema)
@bp.response(200, api_schemas.WholeBulletin)
def withdraw_bulletin(data: dict, reference: str) -> dict:
    """Withdraw a public bulletin with a reason (moderators); its page and documents stay and say so.

    PATCH with `document_status` final ends the withdrawal.
    """
    bulletin, user = _edited(reference)
    with forms.refusals("reason"):
        actions.withdraw(bulletin, data["reason"], by=user, expected=versions.expected_by_header())
    return _saved(bulletin.reference)


@bp.post("/bulletins/<reference>/mitigations")
@tokens.bearer(WRITE)
@bp.arguments(schemas.MitigationSchema)
@bp.response(201, api_schemas.MitigationItem)
def add_mitigation(data: dict, reference: str) -> dict:
    """Add a mitigation (moderators)."""
    bulletin, user = _curated(reference)
    mitigation = mitigation_actions.add(bulletin, mitigation_forms.facts_from(data), by=user)
    db.session.commit()
    return versions.with_etag(mitigation, mitigation_item(mitigation))


@bp.put("/bulletins/<reference>/mitigations/<int:mitigation_id>")
@tokens.bearer(WRITE)
@bp.arguments(schemas.MitigationSchema)
@bp.response(200, api_schemas.MitigationItem)
def put_mitigation(data: dict, reference: str, mitigation_id: int) -> dict:
    """Confirm a document's mitigation with its layer and steps, or change one entered here (moderators)."""
    bulletin, user = _curated(reference)
    mitigation = _mitigation(bulletin, mitigation_id)
    facts = mitigation_forms.facts_from(data, mitigation)
    mitigation_actions.change(bulletin, mitigation, facts, by=user, expected=versions.expected_by_header())
    db.session.commit()
    return versions.with_etag(mitigation, mitigation_item(mitigation))


@bp.delete("/bulletins/<reference>/mitigations/<int:mitigation_id>")
@tokens.bearer(WRITE)
@bp.response(204)
def remove_mitigation(reference: str, mitigation_id: int) -> Response:
    """Remove a mitigation that was entered here (moderators)."""
    bulletin, user = _curated(reference)
    mitigation_actions.remove(
        bulletin, _mitigation(bulletin, mitigation_id), by=user, expected=versions.expected_by_header()
    )
    db.session.commit()
    return no_content()


def _mitigation(bulletin: Bulletin, mitigation_id: int) -> Mitigation:
    return get_or_404(next((each for each in bulletin.mitigations if each.id == mitigation_id), None))
