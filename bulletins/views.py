"""Public pages: the list, unpatched bulletins, and one bulletin."""

import re
from dataclasses import fields, replace
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Row

from advisories.scores import SEVERITIES
from auth.current_user import current_user, me
from auth.models import User
from auth.reader import reader
from bulletins import (
    bulletin_page,
    digests,
    exports,
    forms,
    panels,
    policy,
    product_queries,
    queries,
)
from bulletins.actions import SUPERSEDES
from bulletins.filters import Filter
from bulletins.originals import queries as originals
from bulletins.queries import SORTS
from bulletins.verdicts.queries import uncertain_ids
from core.cache.dependencies import depends_on
from core.cache.page_cache import cached_for_visitors
from core.web.access import get_or_404
from core.web.query_parameters import query_text
from posts import policy as post_policy
from posts import queries as post_queries
from products import queries as products
from products.inventories.queries import OneInventory, one_inventory
from products.lifecycle.phases import phase_on

bp = Blueprint("bulletins", __name__)
MONTH = re.compile(r"[12]\d{3}-(0[1-9]|1[0-2])$")
MAX_UNFIXED_FIRST = 100  # bulletins without a (stated) fix for the reader's products, before all others
MAX_NOT_STATED = 20  # listed below the bulletins without a fix; a page of their own has the rest


def requested_filter() -> Filter:
    """The filter in the query string; unknown values are ignored."""
    severity = query_text("severity")
    month = query_text("month")
    return Filter(
        severity=severity if severity in SEVERITIES else "",
        exploited="exploited" in request.args,
        unfixed="unfixed" in request.args,
        not_stated="not_stated" in request.args,
        product=query_text("product"),
        vendor=query_text("vendor"),
        month=month if MONTH.match(month) else "",
        cve=query_text("cve")[:30],
        owner=requested_owner(),
    )


def requested_owner() -> User | OneInventory | None:
    """Whose products a list is narrowed to: the reader's, or one inventory, 404 if they do not see it."""
    if not current_user.is_authenticated:
        return None
    if number := query_text("inventory"):
        return get_or_404(one_inventory(me(), number))
    return me() if "mine" in request.args else None


def filter_parameters(narrowed: Filter) -> dict[str, str]:
    """The filter as query parameters, for links."""
    values = {each.name: getattr(narrowed, each.name) for each in fields(Filter) if each.name != "owner"}
    owner = narrowed.owner
    mine = {"inventory": str(owner.inventory_id)} if isinstance(owner, OneInventory) else {}
    mine |= {"mine": "1"} if owner is not None and not mine else {}
    return {name: "1" if value is True else value for name, value in values.items() if value} | mine


def list_url(endpoint: str, parameters: dict[str, str], **changes: str) -> str:
    """The URL of a list with changed parameters; empty ones are left out."""
    values: dict[str, Any] = {name: value for name, value in {**parameters, **changes}.items() if value}
    return url_for(endpoint, **values)


def requested_sort() -> str:
    """The sort order in the query string; "urgent" for an unknown one."""
    sort = request.args.get("sort", "")
    return sort if sort in SORTS else "urgent"


@bp.get("/bulletins")
@cached_for_visitors
def bulletins() -> ResponseReturnValue:
    """Bulletins, the most urgent first; for the reader's products by state: no fix, not stated, fixed."""
    depends_on(lists=["kind:bulletin"])
    if not current_user.is_authenticated and not request.args.keys().isdisjoint(("mine", "inventory")):
        return redirect(url_for("auth.login", next=request.full_path))
    narrowed = requested_filter()
    after = request.args.get("after")
    first = []
    unstated = []
    shown = narrowed
    if narrowed.owner is not None and not (narrowed.unfixed or narrowed.not_stated):
        if not after:
            first = queries.bulletins(replace(narrowed, unfixed=True), size=MAX_UNFIXED_FIRST).items
            unstated = queries.bulletins(replace(narrowed, not_stated=True), size=MAX_UNFIXED_FIRST).items
        shown = replace(narrowed, fixed=True)
    curates = policy.can_curate(current_user)
    page = queries.bulletins(shown, requested_sort(), after=after)
    listed = [each.id for each in (*first, *unstated, *page)] if narrowed.owner is not None else []
    return render_template(
        "bulletins/bulletins.html",
        page=page,
        uncertain=uncertain_ids(narrowed.owner or current_user, listed),
        first=first,
        unstated=unstated,
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
def export_bulletins(extension: str) -> ResponseReturnValue:
    """The list as CSV or JSON, filtered like the page."""
    return exports.list_response("bulletins", extension, requested_filter(), requested_sort())


@bp.get("/bulletins/unpatched")
@cached_for_visitors
def unpatched() -> ResponseReturnValue:
    """Bulletins of which the issuer says that there is no fix, and their mitigations.

    Below them, or with `not-stated` alone, those of which nobody says whether there is one; with `past-life`
    those that affect releases past their end of life.
    """
    depends_on(lists=["kind:bulletin"])
    narrowed, reason = _unpatched_filter()
    after = request.args.get("after")
    page = queries.bulletins(narrowed, after=after, with_mitigations=True)
    unstated = []
    if reason == "" and not after:
        other = replace(narrowed, unfixed=False, not_stated=True)
        unstated = queries.bulletins(other, size=MAX_NOT_STATED, with_mitigations=True).items
    is_end_of_life = reason == "past-life"
    return render_template(
        "bulletins/unpatched.html",
        page=page,
        reason=reason,
        unstated=unstated,
        is_end_of_life=is_end_of_life,
        link=list_url,
        chosen={
            **filter_parameters(narrowed),
            "unfixed": "",
            "not_stated": "",
            "end_of_life": "",
            **({reason: "1"} if reason else {}),
        },
        releases=queries.end_of_life_releases(page) if is_end_of_life else {},
    )


def _unpatched_filter() -> tuple[Filter, str]:
    """The filter of the page of unpatched bulletins, and the parameter that asked for it, if any."""
    reason = next((name for name in ("past-life", "not-stated") if name in request.args), "")
    narrowed = replace(
        requested_filter(),
        unfixed=not reason,
        not_stated=reason == "not-stated",
        end_of_life=reason == "past-life",
    )
    return narrowed, reason


@bp.get("/bulletins/unpatched.csv", defaults={"extension": "csv"})
@bp.get("/bulletins/unpatched.json", defaults={"extension": "json"})
def export_unpatched(extension: str) -> ResponseReturnValue:
    """The unpatched bulletins as CSV or JSON."""
    narrowed, _reason = _unpatched_filter()
    return exports.list_response("unpatched", extension, narrowed, "urgent")


def _original_url(original: Row) -> str:
    """The address of the issuer's document in the mirror."""
    year, name = original.path.removesuffix(".json").split("/")
    return url_for("csaf_mirror.document", folder=original.folder, year=int(year), name=name)


def _changed_here(reference: str) -> tuple[str, ...]:
    """For moderators: the parts of an issuer's document that were changed here."""
    if not policy.can_curate(current_user):
        return ()
    found = queries.find_bulletin(reference, current_user)
    return digests.changed_here(queries.get_whole(found.id)) if found and found.is_edited else ()


@bp.get("/bulletins/<reference>")
@cached_for_visitors
def bulletin(reference: str) -> ResponseReturnValue:
    """One bulletin: first steps, mitigations where there is no fix, and all facts."""
    changed_here = _changed_here(reference)  # before the rest: it loads the same rows otherwise
    found = get_or_404(queries.get_bulletin_page(reference, current_user))
    if reference != found.reference:
        return redirect(found.url, 301)
    depends_on(f"thread:{found.id}", lists=["kind:question"])
    day = products.today()
    curates = policy.can_curate(current_user)
    content = bulletin_page.build_page(found, day, product_queries.affected_with_releases(found.id))
    bulletin_page.name_products(content, product_queries.names(found.id, bulletin_page.named_keys(content)))
    wanted = product_queries.parse_filter(request.args.get("status"), query_text("q"), query_text("products"))
    reader().votes = post_queries.votes_of(current_user, [found.id])
    return render_template(
        "bulletins/bulletin.html",
        bulletin=found,
        content=content,
        day=day,
        max_rows=bulletin_page.MAX_ROWS,
        max_fixes=bulletin_page.MAX_FIXES,
        rendered=content.rendered,
        products=product_queries.page(found.id, wanted),
        original=originals.of_bulletin(found),
        original_url=_original_url,
        has_own_document=queries.has_own_document(found),
        superseding=queries.superseding_updates(update.row.update for update in content.updates),
        phases=lambda row: dict.fromkeys(phase_on(each, day) for each in row.releases),
        supersedes=post_queries.links_from(found, SUPERSEDES, current_user),
        superseded_by=post_queries.links_to(found, SUPERSEDES, current_user),
        comments=post_queries.comments_of([found.id], current_user),
        can=post_policy,
        can_curate=curates,
        panels=panels.shown(found, current_user),
        zone=forms.site_zone(),
        local_time=forms.local_time,
        changed_here=changed_here,
    )
