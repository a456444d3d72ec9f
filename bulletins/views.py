"""Pages everybody reads: the list, what is unpatched, and one bulletin."""

import re
from dataclasses import fields, replace

from flask import Blueprint, redirect, render_template, request, url_for

from advisories.scores import SEVERITIES
from auth.current_user import current_user
from bulletins import bulletin_page, exports, panels, policy, queries, store_actions
from bulletins.actions import SUPERSEDES
from bulletins.models import Bulletin
from bulletins.queries import SORTS, Filter
from core.cache.page_cache import cached_for_visitors
from core.web.access import get_or_404
from posts import policy as post_policy
from posts import queries as post_queries
from products import queries as products
from products.lifecycle.phases import phase_on
from products.views import argument

bp = Blueprint("bulletins", __name__)
MONTH = re.compile(r"[12]\d{3}-(0[1-9]|1[0-2])$")
MINE_FIRST = 100  # of what has no fix for a member's own products, on one page


def requested_filter() -> Filter:
    """What the list is narrowed to by the address; what no list could have counts as nothing."""
    severity, month = argument("severity"), argument("month")
    is_mine = "mine" in request.args and current_user.is_authenticated
    return Filter(
        severity=severity if severity in SEVERITIES else "",
        exploited="exploited" in request.args,
        unfixed="unfixed" in request.args,
        product=argument("product"),
        vendor=argument("vendor"),
        month=month if MONTH.match(month) else "",
        cve=argument("cve")[:30],
        owner=current_user if is_mine else None,
    )


def filter_parameters(narrowed: Filter) -> dict[str, str]:
    """The filter as query parameters, for links."""
    values = {each.name: getattr(narrowed, each.name) for each in fields(Filter) if each.name != "owner"}
    mine = {"mine": "1"} if narrowed.owner is not None else {}
    return {name: "1" if value is True else value for name, value in values.items() if value} | mine


def list_url(endpoint: str, parameters: dict[str, str], **changes) -> str:
    """The address of a list with other parameters; those set to nothing are left out."""
    return url_for(endpoint, **{name: value for name, value in {**parameters, **changes}.items() if value})


def requested_sort() -> str:
    """In which order."""
    asked = request.args.get("sort", "")
    return asked if asked in SORTS else "urgent"


def load_bulletin(reference: str) -> Bulletin:
    """The bulletin, if the reader may see it, or 404."""
    return get_or_404(queries.get_bulletin(reference, current_user))


@bp.get("/bulletins")
@cached_for_visitors
def bulletins():
    """Bulletins, the most urgent first; of what one runs, what has no fix before all else."""
    if "mine" in request.args and not current_user.is_authenticated:
        return redirect(url_for("auth.login", next="/bulletins?mine=1"))
    narrowed, after, first = requested_filter(), request.args.get("after"), []
    shown = narrowed
    if narrowed.owner is not None and not narrowed.unfixed:
        if not after:
            first = queries.bulletins(replace(narrowed, unfixed=True), size=MINE_FIRST).items
        shown = replace(narrowed, fixed=True)
    curates = policy.can_curate(current_user)
    return render_template(
        "bulletins/bulletins.html",
        page=queries.bulletins(shown, requested_sort(), after=after),
        first=first,
        narrowed=narrowed,
        chosen=filter_parameters(narrowed),
        sort=requested_sort(),
        link=list_url,
        severities=reversed(SEVERITIES),
        vendors=queries.vendors(),
        can_curate=curates,
        drafts=queries.drafts() if curates else [],
        product=products.full(narrowed.product),
    )


@bp.get("/bulletins.csv", defaults={"extension": "csv"})
@bp.get("/bulletins.json", defaults={"extension": "json"})
def export_bulletins(extension: str):
    """The list as CSV or JSON, narrowed as the page is."""
    return exports.list_response("bulletins", extension, requested_filter(), requested_sort())


@bp.get("/bulletins/unpatched")
@cached_for_visitors
def unpatched():
    """What has no fix today, and what to do instead; then releases that get none any more."""
    is_past_life = "past-life" in request.args
    narrowed = replace(requested_filter(), unfixed=not is_past_life, past_life=is_past_life)
    page = queries.bulletins(narrowed, after=request.args.get("after"), with_mitigations=True)
    return render_template(
        "bulletins/unpatched.html",
        page=page,
        is_past_life=is_past_life,
        link=list_url,
        chosen={
            **filter_parameters(narrowed),
            "unfixed": "",
            "past_life": "",
            "past-life": "1" if is_past_life else "",
        },
        releases=queries.end_of_life_releases(page) if is_past_life else {},
    )


@bp.get("/bulletins/unpatched.csv", defaults={"extension": "csv"})
@bp.get("/bulletins/unpatched.json", defaults={"extension": "json"})
def export_unpatched(extension: str):
    """That list as CSV or JSON."""
    is_past_life = "past-life" in request.args
    narrowed = replace(requested_filter(), unfixed=not is_past_life, past_life=is_past_life)
    return exports.list_response("unpatched", extension, narrowed, "urgent")


@bp.get("/bulletins/<reference>")
@cached_for_visitors
def bulletin(reference: str):
    """One bulletin: what to do first, the shield where there is no fix, and all facts."""
    found = load_bulletin(reference)
    if reference != found.reference:
        return redirect(found.url, 301)
    facts, day = bulletin_page.build_page(found, products.today()), products.today()
    replaced = queries.replaced_by(update.row.update for update in facts.updates)
    return render_template(
        "bulletins/bulletin.html",
        bulletin=found,
        sheet=facts,
        day=day,
        most=bulletin_page.LONGEST_LIST,
        replaced=replaced,
        phases=lambda row: dict.fromkeys(phase_on(each, day) for each in row.releases),
        supersedes=post_queries.links_from(found, SUPERSEDES, current_user),
        superseded_by=post_queries.links_to(found, SUPERSEDES, current_user),
        comments=post_queries.comments_of([found.id], current_user),
        my_votes=post_queries.votes_of(current_user, [found.id]),
        can=post_policy,
        can_curate=policy.can_curate(current_user),
        panels=panels.shown(found, current_user),
        changed_here=store_actions.changed_here(found) if policy.can_curate(current_user) else (),
    )
