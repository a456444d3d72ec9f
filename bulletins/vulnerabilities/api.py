"""Vulnerabilities in the API."""

from http import HTTPStatus

from flask import Response
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth import tokens
from bulletins.vulnerabilities import links, picture, queries, schemas
from bulletins.vulnerability_models import Vulnerability
from core.api.api import ApiBlueprint
from core.mail.mail import site_url
from core.web.error_responses import problem

bp = ApiBlueprint("vulnerabilities", __name__, description="Vulnerabilities, joined from all bulletins")


@bp.get("/vulnerabilities/<vulnerability>")
@bp.response(200, schemas.VulnerabilityPage)
def get_vulnerability(vulnerability: str) -> dict | ResponseReturnValue:
    """What issuers state about a vulnerability, and where they differ.

    `vulnerability` is a CVE, GHSA, GCVE, EUVD or another name that a public bulletin states; `id` is the
    name of the page. Unknown names return 404 with `elsewhere`, ambiguous ones 404 with `candidates`.
    """
    resolved = queries.resolve(vulnerability)
    if resolved is None or resolved.candidates or not resolved.is_known:
        return _not_found(vulnerability, resolved)
    return _item(picture.build(resolved, queries.statements(resolved)))


def _not_found(name: str, resolved: queries.Resolved | None) -> Response:
    if resolved is None:
        detail = _("This is no name of a vulnerability. Names look like CVE-2026-1001.")
    elif resolved.candidates:
        detail = _("This name stands for several vulnerabilities.")
    else:
        detail = _("No public bulletin names this vulnerability.")
    return problem(
        404,
        HTTPStatus.NOT_FOUND.phrase,
        detail,
        elsewhere=[{"site": site, "url": url} for site, url in links.elsewhere(name)],
        candidates=list(resolved.candidates) if resolved is not None else [],
    )


def _item(found: picture.Picture) -> dict:
    resolved = found.resolved
    shared = resolved.shared
    return {
        "id": resolved.name,
        "url": site_url() + resolved.path,
        "title": found.title,
        "aliases": resolved.aliases,
        "severity": found.severity or None,
        "is_exploited": found.is_exploited,
        "exploited_by": found.exploited_by,
        "kev": _kev(shared) if shared is not None else None,
        "epss": shared and shared.epss,
        "epss_percentile": shared and shared.epss_percentile,
        "epss_on": shared and shared.epss_on,
        "cwes": [number for number, _name in found.cwes],
        "fix": found.fix_states,
        "statements": [_statement(view) for view in found.views],
        "differences": [
            {
                "kind": each.kind,
                "about": each.about,
                "says": [_saying(saying) for saying in each.sayings],
            }
            for each in found.differences
        ],
        "updates": [update for update, _view in found.updates],
        "references": found.references,
        "mentions": [
            {"kind": hit.kind, "title": hit.title, "url": site_url() + hit.url}
            for hit in queries.mentions(resolved, tokens.reader())
        ],
        "elsewhere": [{"site": site, "url": url} for site, url in links.elsewhere(resolved.name)],
    }


def _kev(shared: Vulnerability) -> dict | None:
    if shared.kev_added_on is None:
        return None
    return {
        "added_on": shared.kev_added_on,
        "due_on": shared.kev_due_on,
        "action": shared.kev_action,
        "is_ransomware": shared.is_ransomware,
    }


def _statement(view: picture.IssuerView) -> dict:
    bulletin = view.statement.bulletin
    return {
        "bulletin": bulletin.reference,
        "url": site_url() + bulletin.url,
        "title": bulletin.title,
        "publisher": bulletin.publisher,
        "tracking_id": bulletin.tracking_id,
        "published_at": bulletin.published_at,
        "document_status": bulletin.document_status,
        "severity": view.severity or None,
        "scores": view.ratings,
        "fix": view.fix,
        "fixed_in": view.fixed_in,
        "is_exploited": {"yes": True, "no": False}.get(view.exploited),
        "products": view.products,
        "has_more_products": view.more_products,
    }


def _saying(saying: picture.Saying) -> dict:
    bulletins = [view.statement.bulletin for view in saying.views]
    return {
        "value": saying.value,
        "bulletins": [each.reference for each in bulletins],
        "publishers": list(dict.fromkeys(each.publisher for each in bulletins)),
    }
