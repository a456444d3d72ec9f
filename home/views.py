"""Front page, help, theme, site map, health endpoints, and files for crawlers and browsers."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request, url_for
from sqlalchemy.exc import DBAPIError
from werkzeug.wrappers import Response as BaseResponse

from auth.current_user import current_user
from auth.privileges import GROWN_MEMBERS, POINTS, is_startup, meaning, threshold
from auth.reputation import DAILY_CAP
from auth.sessions import allow_suspended
from bulletins import labels
from bulletins.queries import get_bulletin
from bulletins.vulnerabilities import queries as vulnerabilities
from core.cache.dependencies import depends_on
from core.cache.page_cache import cached_for_visitors
from core.database import schema
from core.database.db import utcnow
from core.mail import mail
from core.markup import markup
from core.markup.markdown_links import IDENTIFIER
from core.web.access import get_or_404, safe_next
from core.web.protection import csrf
from core.web.theme import THEMES
from deployment.calendar import queries as calendar_queries
from deployment.calendar.months import next_patch_day, rule, this_month
from home import first_steps, queries
from home.help_texts import rewards
from kb.labels import layer_introduction
from kb.models import LAYERS
from posts.suggestions.credits import MAX_POINTS_FOR_EDITS
from products.queries import today

bp = Blueprint("home", __name__)
THEME_COOKIE_SECONDS = 365 * 24 * 3600


@bp.get("/")
@cached_for_visitors
def home() -> str:
    """The front page: search, unanswered questions, bulletins and what is new."""
    depends_on(lists=["kind:question", "kind:article", "kind:bulletin"])
    ending, ending_is_mine = queries.ending_soon(current_user)
    month = this_month()
    return render_template(
        "home/home.html",
        coming=next_patch_day(),
        this_month=month,
        totals=calendar_queries.totals(month, month).get(str(month), calendar_queries.Totals()),
        zone=rule().zone,
        day=today(),
        ending=ending,
        ending_is_mine=ending_is_mine,
        unpatched=queries.unpatched(),
        say=labels,
        unanswered=queries.unanswered_questions(current_user),
        active=queries.active_questions(current_user),
        articles=queries.recent_articles(current_user),
        layers={layer: layer_introduction(layer) for layer in LAYERS},
        counts=queries.articles_by_layer(),
        tags=queries.popular_tags(),
        first_steps=first_steps.steps() if _needs_first_steps() else [],
    )


def _needs_first_steps() -> bool:
    return current_user.is_authenticated and current_user.is_admin and not first_steps.is_established()


@bp.get("/help")
@cached_for_visitors
def help_page() -> str:
    """The help: asking, formatting, searching, reputation and privileges."""
    privileges = [(meaning(privilege), threshold(privilege), points) for privilege, points in POINTS.items()]
    example = "`code`, **bold**, [a link](https://example.org)\n\n```powershell\nGet-HotFix\n```"
    return render_template(
        "home/help.html",
        privileges=privileges,
        example=example,
        is_startup=is_startup(),
        grown=GROWN_MEMBERS,
        rewards=rewards(),
        daily_cap=DAILY_CAP,
        most_for_edits=MAX_POINTS_FOR_EDITS,
        example_html=markup.render(example).html,
    )


@csrf.exempt
@bp.post("/theme")
@allow_suspended
def theme() -> Response:
    """Store the choice of light, dark or automatic in a cookie without session."""
    choice = request.form.get("theme", "auto")
    response = make_response(redirect(safe_next(request.form.get("next"))))
    if choice in THEMES:
        response.set_cookie(
            "theme",
            choice,
            max_age=THEME_COOKIE_SECONDS,
            samesite="Lax",
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=False,
        )
    else:
        response.delete_cookie("theme")
    return response


@bp.get("/identifiers/<identifier>")
def identifier(identifier: str) -> BaseResponse:
    """Redirect a CVE or GHSA to its vulnerability, an RB number to its bulletin, others to a search."""
    found = get_or_404(IDENTIFIER.fullmatch(identifier))[0]
    is_bulletin = found.upper().startswith("RB-")
    bulletin = get_bulletin(found.upper(), current_user) if is_bulletin else None
    vulnerability = vulnerabilities.resolve(found)
    if vulnerability is not None and vulnerability.is_known:
        return redirect(vulnerability.path)
    return redirect(bulletin.url if bulletin else url_for("search.search", q=found))


@bp.get("/sitemap.xml")
@cached_for_visitors
def sitemap() -> Response:
    """The index of the site map (sitemaps.org)."""
    parts = [
        url_for("home.sitemap_pages"),
        *(url_for("home.sitemap_posts", number=number) for number in range(1, queries.sitemap_parts() + 1)),
        *(
            url_for("home.sitemap_vulnerabilities", number=number)
            for number in range(1, vulnerabilities.sitemap_parts() + 1)
        ),
    ]
    body = render_template("home/sitemap.xml", parts=parts, site=mail.site_url())
    return Response(body, mimetype="application/xml")


@bp.get("/sitemap/<int:number>.xml")
@cached_for_visitors
def sitemap_posts(number: int) -> Response:
    """A part of the site map with public posts."""
    return _site_map(queries.sitemap_posts(number))


@bp.get("/sitemap/vulnerabilities/<int:number>.xml")
@cached_for_visitors
def sitemap_vulnerabilities(number: int) -> Response:
    """A part of the site map with vulnerabilities that public bulletins name."""
    return _site_map(vulnerabilities.sitemap(number))


@bp.get("/sitemap/pages.xml")
@cached_for_visitors
def sitemap_pages() -> Response:
    """The part of the site map with products and months."""
    return _site_map(queries.sitemap_pages())


def _site_map(pages: Iterator[tuple[str, datetime]]) -> Response:
    body = render_template("home/sitemap_part.xml", pages=pages, site=mail.site_url())
    return Response(body, mimetype="application/xml")


@bp.get("/robots.txt")
def robots() -> Response:
    """Paths that crawlers must not read (RFC 9309)."""
    lines = [
        "User-agent: *",
        "Disallow: /search",
        "Disallow: /settings",
        "Disallow: /moderation",
        "Disallow: /posts/",
        "Disallow: /identifiers/",
        f"Sitemap: {mail.site_url()}{url_for('home.sitemap')}",
        "",
    ]
    return Response("\n".join(lines), mimetype="text/plain")


@bp.get("/.well-known/security.txt")
def security_txt() -> Response:
    """How to report a vulnerability in this site (RFC 9116)."""
    expires = (utcnow() + timedelta(days=180)).strftime("%Y-%m-%dT00:00:00Z")
    body = (
        f"Contact: mailto:{mail.sender()}\nExpires: {expires}\nPreferred-Languages: en\n"
        f"Canonical: {mail.site_url()}{url_for('home.security_txt')}\n"
    )
    return Response(body, mimetype="text/plain")


@bp.get("/opensearch.xml")
def opensearch() -> Response:
    """The OpenSearch description, by which browsers add the site's search."""
    return Response(
        render_template("home/opensearch.xml", url=mail.site_url() + url_for("search.search")),
        mimetype="application/opensearchdescription+xml",
    )


@bp.get("/healthz")
def healthz() -> Response:
    """Liveness: the process answers."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
def readyz() -> Response:
    """Readiness: the primary database answers, with a schema that this code can use."""
    try:
        ready = schema.is_usable()
    except DBAPIError:
        ready = False
    return Response("ready\n" if ready else "not ready\n", 200 if ready else 503, mimetype="text/plain")
