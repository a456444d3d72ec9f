"""Pages of nobody's room: front page, help, theme, administration, and what crawlers and browsers ask for."""

from datetime import timedelta

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request, url_for
from sqlalchemy.exc import DBAPIError

from auth.current_user import current_user
from auth.privileges import GROWN_MEMBERS, POINTS, is_startup, meaning, threshold
from auth.reputation import DAILY_CAP
from auth.sessions import allow_suspended
from bulletins import labels
from bulletins.queries import get_bulletin
from core.cache.page_cache import cached_for_visitors
from core.database import schema
from core.database.db import utcnow
from core.mail import mail
from core.markup import markup
from core.markup.markdown_links import IDENTIFIER
from core.web.access import get_or_404, safe_next
from core.web.protection import csrf
from core.web.theme import THEMES
from deployment.calendar.months import next_patch_day, rule
from home import first_steps, queries
from home.help_texts import rewards
from kb.labels import layer_introduction
from kb.models import LAYERS
from posts.credits import MAX_POINTS_FOR_EDITS
from products.queries import today

bp = Blueprint("home", __name__)
YEAR = 365 * 24 * 3600


@bp.get("/")
@cached_for_visitors
def home():
    """The search box first, then what waits and what is new."""
    ending, ending_is_mine = queries.ending_soon(current_user)
    return render_template(
        "home/home.html",
        coming=next_patch_day(),
        zone=rule().zone,
        day=today(),
        ending=ending,
        ending_is_mine=ending_is_mine,
        unpatched=queries.unpatched(),
        say=labels,
        waiting=queries.waiting_questions(current_user),
        active=queries.active_questions(current_user),
        articles=queries.fresh_articles(current_user),
        layers={layer: layer_introduction(layer) for layer in LAYERS},
        counts=queries.articles_by_layer(),
        tags=queries.popular_tags(),
        first_steps=first_steps.steps() if _needs_first_steps() else [],
    )


def _needs_first_steps() -> bool:
    return current_user.is_authenticated and current_user.is_admin and not first_steps.is_settled()


@bp.get("/help")
@cached_for_visitors
def help_page():
    """How the site works: asking, formatting, searching, reputation and privileges."""
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
def theme():
    """Keep the reader's choice of light, dark or automatic in a plain cookie."""
    choice = request.form.get("theme", "auto")
    answer = make_response(redirect(safe_next(request.form.get("next"))))
    if choice in THEMES:
        answer.set_cookie(
            "theme",
            choice,
            max_age=YEAR,
            samesite="Lax",
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=False,
        )
    else:
        answer.delete_cookie("theme")
    return answer


@bp.get("/identifiers/<identifier>")
def identifier(identifier: str):
    """What is known here about a CVE, KB, GHSA or RB identifier: its bulletin, else what search finds."""
    found = get_or_404(IDENTIFIER.fullmatch(identifier))[0]
    is_bulletin = found.upper().startswith("RB-")
    bulletin = get_bulletin(found.upper(), current_user) if is_bulletin else None
    return redirect(bulletin.url if bulletin else url_for("search.search", q=found))


@bp.get("/sitemap.xml")
@cached_for_visitors
def sitemap():
    """Where the addresses of everything public are (sitemaps.org)."""
    parts = [
        url_for("home.sitemap_pages"),
        *(url_for("home.sitemap_posts", number=number) for number in range(1, queries.sitemap_parts() + 1)),
    ]
    body = render_template("home/sitemap.xml", parts=parts, site=mail.site_url())
    return Response(body, mimetype="application/xml")


@bp.get("/sitemap/<int:number>.xml")
@cached_for_visitors
def sitemap_posts(number: int):
    """Addresses of public posts, so many ids at a time."""
    return _site_map(queries.mapped_posts(number))


@bp.get("/sitemap/pages.xml")
@cached_for_visitors
def sitemap_pages():
    """Addresses of products and months."""
    return _site_map(queries.mapped_pages())


def _site_map(pages) -> Response:
    body = render_template("home/sitemap_part.xml", pages=pages, site=mail.site_url())
    return Response(body, mimetype="application/xml")


@bp.get("/robots.txt")
def robots():
    """What crawlers should leave alone."""
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
def security_txt():
    """How to report a vulnerability in this site (RFC 9116)."""
    expires = (utcnow() + timedelta(days=180)).strftime("%Y-%m-%dT00:00:00Z")
    body = (
        f"Contact: mailto:{mail.sender()}\nExpires: {expires}\nPreferred-Languages: en\n"
        f"Canonical: {mail.site_url()}{url_for('home.security_txt')}\n"
    )
    return Response(body, mimetype="text/plain")


@bp.get("/opensearch.xml")
def opensearch():
    """Lets a browser use the site's search box as its own."""
    return Response(
        render_template("home/opensearch.xml", url=mail.site_url() + url_for("search.search")),
        mimetype="application/opensearchdescription+xml",
    )


@bp.get("/healthz")
def healthz():
    """The process is alive."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
def readyz():
    """The process can serve everybody: the primary database answers, with a schema this code can use."""
    try:
        ready = schema.is_usable()
    except DBAPIError:
        ready = False
    return Response("ready\n" if ready else "not ready\n", 200 if ready else 503, mimetype="text/plain")
