"""Pages everybody reads: the list, a product, its history, and what ends when."""

from flask import Blueprint, jsonify, redirect, render_template, request, url_for

from auth.current_user import current_user
from core.cache.page_cache import cached_for_visitors
from core.database import paging
from core.web.access import get_or_404
from products import exports, policy, queries
from products.lifecycle import queries as lifecycle_queries
from products.lifecycle import timeline
from products.lifecycle.phases import KINDS, SECURITY, SUPPORT, Phase, Status, phase_on
from products.models import Product, Release
from products.schemas import SLUG

bp = Blueprint("products", __name__)
WINDOWS = (30, 90, 365)
RECENT, ROWS = 30, 60


def argument(name: str) -> str:
    """A query parameter without anything that is not text."""
    return "".join(c for c in request.args.get(name, "") if c.isprintable())[:100].strip()


def filters() -> dict[str, str]:
    """What the list of products is narrowed to; an unknown status counts as none."""
    status = argument("status")
    return {
        "text": argument("q"),
        "category": argument("category"),
        "vendor": argument("vendor"),
        "status": status if status in list(Status) else "",
    }


def find(slug: str, *, removed: bool = False) -> Product:
    """The product, or 404."""
    return get_or_404(queries.full(slug, removed=removed) if SLUG.match(slug) else None)


def link(path: str, values: dict, **changes: object) -> str:
    """`path` with the query parameters that are not empty."""
    named = {"q" if key == "text" else key: value for key, value in {**values, **changes}.items()}
    return url_for(path, **{key: value for key, value in named.items() if value})


@bp.get("/products")
@cached_for_visitors
def products():
    """Search and browse products; each with where it stands today."""
    chosen, day = filters(), queries.today()
    page = queries.products(**chosen, after=request.args.get("after"))
    categories, vendors = queries.facets()
    curates = policy.can_curate(current_user)
    return render_template(
        "products/products.html",
        page=page,
        glances=queries.glances(page, day),
        chosen=chosen,
        day=day,
        categories=categories,
        vendors=vendors,
        link=link,
        statuses=[s for s in Status if s != "unknown"],
        can_curate=curates,
        disputed=len(queries.conflicts(limit=100)) if curates else 0,
    )


@bp.get("/products.csv", defaults={"extension": "csv"})
@bp.get("/products.json", defaults={"extension": "json"})
def export_products(extension: str):
    """The list as CSV or JSON, narrowed as the page is."""
    return exports.answer("products", extension, exports.product_rows(queries.today(), **filters()))


@bp.get("/products/suggest")
def suggest():
    """Products that begin as typed."""
    return jsonify(
        items=[
            {"text": product.name, "url": product.path, "kind": product.vendor}
            for product in queries.suggestions(argument("q"))
        ]
    )


@bp.get("/products/<slug>")
@cached_for_visitors
def product(slug: str):
    """One product: releases, timeline, policy, names, and what was written about it."""
    product = queries.full(slug, removed=policy.can_curate(current_user)) if SLUG.match(slug) else None
    if product is None:
        return redirect(get_or_404(queries.by_alias(slug)).path, 301)
    day, releases = queries.today(), product.live_releases
    tags, posts = queries.related_posts(product, current_user)
    curates = policy.can_curate(current_user)
    return render_template(
        "products/product.html",
        product=product,
        day=day,
        releases=_rows(releases, day),
        tags=tags,
        total=len(releases),
        kinds=[kind for kind in KINDS if any(kind in r.ends for r in releases)],
        glance=queries.glances([product], day)[product.id],
        picture=timeline.draw(releases, day),
        posts=posts,
        can_curate=curates,
        can_own=policy.can_own(current_user) if current_user.is_authenticated else False,
        owned=queries.owned_of_product(current_user, product),
        conflicts=queries.conflicts(product) if curates else [],
    )


def _rows(releases: list[Release], day) -> list[Release]:
    """All that live and the youngest of the others, unless all are asked for."""
    if "all" in request.args or len(releases) <= ROWS:
        return releases
    room = ROWS - sum(phase_on(release, day) is not Phase.ENDED for release in releases)
    shown = []
    for release in releases:
        if phase_on(release, day) is Phase.ENDED:
            room -= 1
            if room < 0:
                continue
        shown.append(release)
    return shown


@bp.get("/products/<slug>/history")
def history(slug: str):
    """Who changed what, when; nothing is ever lost."""
    curates = policy.can_curate(current_user)
    product = find(slug, removed=curates)
    return render_template(
        "products/history.html",
        product=product,
        can_curate=curates,
        page=queries.history(product, request.args.get("after")),
    )


def window() -> dict:
    """What the life-cycle lists are narrowed to."""
    days, kind = request.args.get("days", 90, int), argument("kind")
    mine = "mine" in request.args and current_user.is_authenticated
    return {
        "days": min(max(days, 1), 3650),
        "kind": kind if kind in SUPPORT else SECURITY,
        "category": argument("category"),
        "mine": mine,
    }


def narrowed(chosen: dict) -> dict:
    """window() as lifecycle_queries take it."""
    return {
        "kind": chosen["kind"],
        "category": chosen["category"],
        "owner": current_user if chosen["mine"] else None,
    }


@bp.get("/lifecycle")
@cached_for_visitors
def lifecycle():
    """What ends in the next 30, 90 or 365 days, and what ended lately."""
    chosen, day = window(), queries.today()
    page: paging.Page = lifecycle_queries.ending(
        day, chosen["days"], after=request.args.get("after"), **narrowed(chosen)
    )
    return render_template(
        "products/lifecycle.html",
        page=page,
        chosen=chosen,
        day=day,
        windows=WINDOWS,
        recent=RECENT,
        kinds=SUPPORT,
        categories=queries.facets()[0],
        link=link,
        ended=lifecycle_queries.ended(day, RECENT, **narrowed(chosen)),
    )


@bp.get("/lifecycle.csv", defaults={"extension": "csv"})
@bp.get("/lifecycle.json", defaults={"extension": "json"})
def export_lifecycle(extension: str):
    """The list as CSV or JSON, narrowed as the page is."""
    chosen, day = window(), queries.today()
    found = lifecycle_queries.around(
        day,
        before=0,
        ahead=chosen["days"],
        kinds=[chosen["kind"]],
        category=chosen["category"],
        owner=narrowed(chosen)["owner"],
    )
    return exports.answer("lifecycle", extension, (exports.phase_row(phase, day) for phase in found))
