"""The page of a vulnerability. It is not cached: what names a vulnerability comes from the search index."""

from flask import Blueprint, redirect, render_template
from flask.typing import ResponseReturnValue

from auth.current_user import current_user
from bulletins.vulnerabilities import labels, links, names, picture, queries

bp = Blueprint("vulnerabilities", __name__)
MAX_SHOWN_CHARACTERS = 60  # of a text that is no name


@bp.get("/vulnerabilities/<vulnerability>")
def vulnerability(vulnerability: str) -> ResponseReturnValue:
    """What issuers state about a vulnerability, where they differ, and what names it here.

    Another name leads to the page of the CVE; an unknown one is answered with what is elsewhere.
    """
    resolved = queries.resolve(vulnerability)
    if resolved is None:
        return _unknown(vulnerability[:MAX_SHOWN_CHARACTERS], None)
    if resolved.candidates or not resolved.is_known:
        return _unknown(names.normalize(vulnerability), resolved)
    if resolved.name != vulnerability:
        return redirect(resolved.path)
    found = picture.build(resolved, queries.statements(resolved))
    return render_template(
        "vulnerabilities/vulnerability.html",
        found=found,
        resolved=resolved,
        shared=resolved.shared,
        mentions=queries.mentions(resolved, current_user),
        elsewhere=links.elsewhere(resolved.name),
        say=labels,
        max_statements=queries.MAX_STATEMENTS,
    )


def _unknown(shown: str, resolved: queries.Resolved | None) -> ResponseReturnValue:
    """A name that no public bulletin states, that stands for several CVEs, or a text that is no name."""
    mentions = queries.mentions(resolved, current_user) if resolved is not None else []
    page = render_template(
        "vulnerabilities/unknown.html",
        shown=shown,
        resolved=resolved,
        mentions=mentions,
        elsewhere=links.elsewhere(shown),
    )
    return page, 200 if mentions or (resolved is not None and resolved.candidates) else 404
