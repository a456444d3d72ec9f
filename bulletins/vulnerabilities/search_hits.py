"""Vulnerabilities as results of search: the first one for a query that is a name of one."""

from datetime import UTC, datetime
from html import escape

from flask_babel import gettext as _

from bulletins.vulnerabilities import labels, picture, queries
from core.mail.mail import site_url
from search.lookups import Page


def find(name: str) -> Page | None:
    """The page of a vulnerability that is known here; None for other texts."""
    resolved = queries.resolve(name)
    if resolved is None or not resolved.is_known:
        return None
    found = picture.build(resolved, queries.statements(resolved))
    title = f"{resolved.name}: {found.title}" if found.title else resolved.name
    return Page(found, title, resolved.path, escape(summary(found)))


def summary(found: picture.Picture) -> str:
    """Severity, exploitation, fixes and issuers in one line."""
    issuers = dict.fromkeys(view.statement.bulletin.publisher for view in found.views)
    facts = [
        found.severity,
        _("exploited") if found.is_exploited else "",
        *(labels.fix(state) for state in found.shown_fix_states),
        *list(issuers)[:5],
        *found.resolved.aliases[:5],
    ]
    return ", ".join(filter(None, facts))


def item(found: picture.Picture) -> dict:
    """The JSON item of a vulnerability in lists of several kinds; `id` is the number of its row."""
    resolved = found.resolved
    shared = resolved.shared
    times = [
        view.statement.bulletin.published_at for view in found.views if view.statement.bulletin.published_at
    ]
    return {
        "id": shared.id if shared is not None else resolved.statement_ids[0],
        "kind": "vulnerability",
        "title": f"{resolved.name}: {found.title}" if found.title else resolved.name,
        "url": site_url() + resolved.path,
        "body": summary(found),
        "author": None,
        "author_url": None,
        "score": 0,
        "tags": [],
        "created_at": min(times, default=shared.created_at if shared is not None else datetime.now(UTC)),
        "source": None,
        "name": resolved.name,
    }
