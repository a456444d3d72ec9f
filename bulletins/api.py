"""Bulletins in the API."""

from flask_babel import gettext as _

from auth import tokens
from bulletins import actions, api_schemas, bulletin_page, exports, forms, policy, queries, schemas
from bulletins.mitigations import actions as mitigation_actions
from bulletins.models import Bulletin, Mitigation
from bulletins.queries import Filter
from core.api.api import WRITE, ApiBlueprint, listing, no_content, page_of
from core.database import versions
from core.database.db import db
from core.web.access import get_or_404, require
from core.web.forms import Invalid
from posts import actions as posts
from posts import api as post_api
from posts.queries import links_from, links_to
from products import queries as products

bp = ApiBlueprint("bulletins", __name__, description="Security bulletins and the no-patch shield")


def item(bulletin: Bulletin) -> dict:
    """A bulletin as every list of the API has it."""
    return {**post_api.item(bulletin), **exports.row(bulletin), "embargo_until": bulletin.embargo_until}


def _whole(bulletin: Bulletin) -> dict:
    facts, user = bulletin_page.build_page(bulletin, products.today()), tokens.reader()
    return {
        **item(bulletin),
        "vulnerabilities": [_weakness(each) for each in facts.weaknesses],
        "products": [_affected(row, facts.builds.get(row.key, [])) for row in bulletin.products],
        "mitigations": [mitigation_item(each) for each in bulletin.mitigations],
        "known_issues": [
            {"update": each.update, "details": each.details, "url": each.url} for each in facts.issues
        ],
        "supersedes": [other.reference for other in links_from(bulletin, actions.SUPERSEDES, user)],
        "superseded_by": [other.reference for other in links_to(bulletin, actions.SUPERSEDES, user)],
    }


def _tagged(bulletin: Bulletin) -> dict:
    return versions.tagged(bulletin, _whole(bulletin))


def _weakness(each: bulletin_page.VulnerabilityFacts) -> dict:
    row, shared = each.row, each.row.vulnerability if each.row.vulnerability_id else None
    return {
        "cve": row.cve or None,
        "title": row.title,
        "is_rejected": row.is_rejected,
        "is_exploited": row.is_exploited or bool(shared and shared.kev_added_on),
        "has_fix": row.has_fix,
        "kev_added_on": shared and shared.kev_added_on,
        "kev_due_on": shared and shared.kev_due_on,
        "epss": shared and shared.epss,
        "status": row.status,
        "scores": each.ratings,
        "remediations": [
            {
                **{
                    name: getattr(remedy, name)
                    for name in (
                        "kind",
                        "details",
                        "url",
                        "update",
                        "supersedes",
                        "fixed_build",
                        "restart",
                        "can_roll_back",
                    )
                },
                "product_keys": remedy.product_ids,
            }
            for remedy in row.remediations
        ],
        "mitigations": [mitigation.id for mitigation in each.mitigations],
    }


def _affected(row, builds: list[str]) -> dict:
    is_listed = row.product is not None and row.product.removed_at is None
    return {
        "key": row.key,
        "name": row.name,
        "vendor": row.vendor,
        "version": row.version,
        "status": row.status,
        "has_fix": row.has_fix,
        "fixed_builds": builds,
        "product": row.product.slug if is_listed else None,
        "releases": [each.cycle for each in row.releases if is_listed and each.removed_at is None],
    }


def mitigation_item(each: Mitigation) -> dict:
    """A mitigation as JSON."""
    return {
        name: getattr(each, name)
        for name in (
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
    }


def _find(reference: str) -> Bulletin:
    return get_or_404(queries.get_bulletin(reference, tokens.reader()))


def _curated(reference: str) -> tuple[Bulletin, object]:
    """The bulletin and the moderator who changes it; 404 before 403."""
    bulletin, user = _find(reference), tokens.reader()
    require(policy.can_curate(user), _("Moderators write bulletins."))
    return bulletin, user


@bp.get("/bulletins")
@bp.arguments(api_schemas.BulletinQuery, location="query")
@bp.response(200, page_of(api_schemas.BulletinItem))
def list_bulletins(wanted: dict):
    """Public bulletins: what is exploited first, then by severity, then by EPSS; or the newest."""
    sort, after, is_mine = wanted.pop("sort"), wanted.pop("after", None), wanted.pop("mine")
    user = tokens.reader()
    if is_mine and user.id is None:
        raise Invalid({"mine": [_("Send a token, so that we know what you run.")]})
    page = queries.bulletins(
        Filter(**wanted, owner=user if is_mine else None), sort, after=after, with_tags=True
    )
    return listing(page, item)


@bp.post("/bulletins")
@tokens.bearer(WRITE)
@bp.arguments(schemas.BulletinSchema)
@bp.response(201, api_schemas.WholeBulletin)
def write_bulletin(data: dict):
    """Write a bulletin, as a draft (moderators)."""
    user = tokens.reader()
    require(policy.can_curate(user), _("Moderators write bulletins."))
    posts.limit_posting(user)
    bulletin = forms.create(data, by=user)
    db.session.commit()
    return _tagged(_find(bulletin.reference))


@bp.get("/bulletins/<reference>")
@bp.response(200, api_schemas.WholeBulletin)
def get_bulletin(reference: str):
    """One bulletin with everything it says."""
    return _tagged(_find(reference))


@bp.patch("/bulletins/<reference>")
@tokens.bearer(WRITE)
@bp.arguments(schemas.EditBulletinSchema(partial=True))
@bp.response(200, api_schemas.WholeBulletin)
def edit_bulletin(data: dict, reference: str):
    """Change what is sent, keep the rest (moderators); imports leave alone what was changed."""
    bulletin, user = _curated(reference)
    forms.update(bulletin, data, by=user, expected=versions.expected_by_header())
    db.session.commit()
    return _tagged(_anew(bulletin))


def _anew(bulletin: Bulletin) -> Bulletin:
    db.session.expunge_all()
    return _find(bulletin.reference)


@bp.post("/bulletins/<reference>/schedule")
@tokens.bearer(WRITE)
@bp.arguments(schemas.ScheduleSchema)
@bp.response(200, api_schemas.WholeBulletin)
def schedule_bulletin(data: dict, reference: str):
    """Name the instant at which a draft is published, not a second earlier; null takes it away."""
    bulletin, user = _curated(reference)
    versions.require_header(bulletin)
    try:
        if data["at"] is None:
            actions.unschedule(bulletin)
        else:
            actions.schedule(bulletin, data["at"], by=user)
    except actions.NotPossible as error:
        raise Invalid({"at": [_("This cannot be scheduled: %(why)s", why=str(error))]}) from error
    db.session.commit()
    return _tagged(_anew(bulletin))


@bp.post("/bulletins/<reference>/publish")
@tokens.bearer(WRITE)
@bp.response(200, api_schemas.WholeBulletin)
def publish_bulletin(reference: str):
    """Make a draft public now (moderators)."""
    bulletin, user = _curated(reference)
    versions.require_header(bulletin)
    actions.publish(bulletin, by=user)
    db.session.commit()
    return _tagged(_anew(bulletin))


@bp.post("/bulletins/<reference>/withdraw")
@tokens.bearer(WRITE)
@bp.response(200, api_schemas.WholeBulletin)
def withdraw_bulletin(reference: str):
    """Take a bulletin back to a draft (moderators)."""
    bulletin, user = _curated(reference)
    versions.require_header(bulletin)
    actions.withdraw(bulletin, by=user)
    db.session.commit()
    return _tagged(_anew(bulletin))


@bp.post("/bulletins/<reference>/mitigations")
@tokens.bearer(WRITE)
@bp.arguments(schemas.MitigationSchema)
@bp.response(201, api_schemas.MitigationItem)
def add_mitigation(data: dict, reference: str):
    """Add what protects without the patch (moderators)."""
    bulletin, user = _curated(reference)
    if not data["text"]:
        raise Invalid({"text": [_("Say what to do.")]})
    made = mitigation_actions.add(bulletin, forms.mitigation_facts(data), by=user)
    db.session.commit()
    return versions.tagged(made, mitigation_item(made))


@bp.put("/bulletins/<reference>/mitigations/<int:mitigation_id>")
@tokens.bearer(WRITE)
@bp.arguments(schemas.MitigationSchema)
@bp.response(200, api_schemas.MitigationItem)
def put_mitigation(data: dict, reference: str, mitigation_id: int):
    """Confirm a document's mitigation with its layer and steps, or change one of ours (moderators)."""
    bulletin, user = _curated(reference)
    mitigation = _mitigation(bulletin, mitigation_id)
    if mitigation.is_ours and not data["text"]:
        raise Invalid({"text": [_("Say what to do.")]})
    mitigation_actions.change(
        bulletin, mitigation, forms.mitigation_facts(data), by=user, expected=versions.expected_by_header()
    )
    db.session.commit()
    return versions.tagged(mitigation, mitigation_item(mitigation))


@bp.delete("/bulletins/<reference>/mitigations/<int:mitigation_id>")
@tokens.bearer(WRITE)
@bp.response(204)
def remove_mitigation(reference: str, mitigation_id: int):
    """Take a mitigation that was written here away (moderators)."""
    bulletin, user = _curated(reference)
    mitigation_actions.remove(
        bulletin, _mitigation(bulletin, mitigation_id), by=user, expected=versions.expected_by_header()
    )
    db.session.commit()
    return no_content()


def _mitigation(bulletin: Bulletin, mitigation_id: int) -> Mitigation:
    return get_or_404(next((each for each in bulletin.mitigations if each.id == mitigation_id), None))
