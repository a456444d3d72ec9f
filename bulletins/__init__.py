"""Security bulletins: vulnerabilities, affected products, fixes and mitigations."""

from flask import Flask, url_for

from auth.models import User
from bulletins import (  # noqa: F401  (some register themselves on import)
    actions,
    api,
    cli,
    csaf_feeds,
    edit_views,
    feeds,
    forms,
    handlers,
    labels,
    redaction,
    search_facts,
    tasks,
    text_tasks,
    views,
)
from bulletins.mitigations import forms as mitigation_forms
from bulletins.mitigations import queries as mitigation_queries
from bulletins.mitigations import views as mitigation_views  # noqa: F401
from bulletins.models import Bulletin, Mitigation
from bulletins.originals import mirror_feeds
from bulletins.panels import register_panel
from bulletins.sources import api as source_api
from bulletins.sources import cli as source_cli
from bulletins.sources import redaction as source_redaction  # noqa: F401
from bulletins.sources import tasks as source_tasks  # noqa: F401
from bulletins.sources import views as source_views
from bulletins.uploads import api as upload_api
from bulletins.uploads import tasks as upload_tasks  # noqa: F401
from bulletins.uploads import views as upload_views
from bulletins.verdicts import handlers as verdict_handlers  # noqa: F401
from bulletins.verdicts import panels as verdict_panels
from bulletins.verdicts import redaction as verdict_redaction  # noqa: F401
from bulletins.verdicts import views as verdict_views  # noqa: F401
from bulletins.vulnerabilities import api as vulnerability_api
from bulletins.vulnerabilities import search_hits
from bulletins.vulnerabilities import views as vulnerability_views
from core.api.api import register_api
from core.database.db import db
from core.web.lazy_text import lazy_gettext as _
from posts import kinds
from posts.revisions import editables
from posts.revisions.editables import Editable, Field, LastEdit
from search import api as search_api
from search.documents import register_facts
from search.lookups import register_lookup


def _edit_path(bulletin: Bulletin) -> str:
    return url_for("bulletins.edit", reference=bulletin.slug)


def _path(bulletin: Bulletin) -> str:
    return url_for("bulletins.bulletin", reference=bulletin.slug)


def _last_confirmed(mitigation: Mitigation) -> LastEdit:
    editor = db.session.get(User, mitigation.confirmed_by_id) if mitigation.confirmed_by_id else None
    return LastEdit(editor, mitigation.confirmed_at)


def _register_editables() -> None:
    severities = (
        ("", _("not rated")),
        ("critical", _("critical")),
        ("important", _("important")),
        ("moderate", _("moderate")),
        ("low", _("low")),
    )
    statuses = (
        ("final", _("final")),
        ("draft", _("draft")),
        ("interim", _("interim: it may still change")),
        ("withdrawn", _("withdrawn")),
    )
    labels = (
        ("", _("no label")),
        ("CLEAR", "TLP:CLEAR"),
        ("WHITE", "TLP:WHITE"),
        ("GREEN", "TLP:GREEN"),
        ("AMBER", "TLP:AMBER"),
        ("AMBER+STRICT", "TLP:AMBER+STRICT"),
        ("RED", "TLP:RED"),
    )
    editables.register_editable(
        Bulletin,
        editables.for_posts(
            Field("title", _("Title"), is_required=True),
            Field("severity", _("Severity"), "choice", severities),
            Field("body", _("Summary"), "text"),
            Field("vulnerabilities", _("Vulnerabilities"), "text"),
            Field("affected", _("Affected products"), "text"),
            Field("remedies", _("Remedies"), "text"),
            Field("exploited", _("Exploited"), "text"),
            Field("cwes", _("CWE"), "text"),
            Field("aliases", _("Other names of the vulnerabilities"), "text"),
            Field("references", _("References"), "text"),
            Field("threats", _("Threats"), "text"),
            Field("stated_issues", _("Known issues that the document states"), "text"),
            Field("acknowledgments", _("Acknowledgments"), "text"),
            Field("tlp", _("TLP label"), "choice", labels),
            Field("known_issues", _("Known issues"), "text"),
            Field("supersedes", _("Supersedes"), "text"),
            Field("document_status", _("Status of the document"), "choice", statuses),
            Field("withdrawn_reason", _("Reason for the withdrawal"), "text"),
            Field("is_out_of_band", _("Out-of-band: released outside patch day"), "flag"),
        ),
    )
    layers = (
        ("perimeter", _("Perimeter")),
        ("network", _("Network")),
        ("host", _("Host")),
        ("application", _("Application")),
        ("data", _("Data")),
    )
    kind_names = (("mitigation", _("mitigation")), ("workaround", _("workaround")))
    editables.register_editable(
        Mitigation,
        Editable(
            (
                Field("layer", _("Layer of defence"), "choice", layers, is_required=True),
                Field("kind", _("Kind"), "choice", kind_names, is_required=True),
                Field("text", _("What to do"), "text"),
                Field("url", _("Link")),
                Field("blocks", _("What it blocks"), "text"),
                Field("steps", _("Steps"), "text"),
                Field("side_effects", _("Side effects"), "text"),
                Field("article", _("Article that explains it")),
            ),
            lambda mitigation: mitigation_queries.get_mitigation(mitigation.id),
            mitigation_forms.form_values_at,
            lambda mitigation: url_for("posts.post", post_id=mitigation.bulletin_id),
            _last_confirmed,
        ),
    )


def init_app(app: Flask) -> None:
    """Register the kind of post, its editable fields and the entry points."""
    kinds.register_kind(
        kinds.Kind(
            "bulletin",
            "bulletin",
            _path,
            _edit_path,
            outlives_author=True,
            curated=True,
            keeps_slug=True,
            facts=actions.facts_of,
            form_values=forms.compared_values,
            restore=actions.restore,
        )
    )
    _register_editables()
    app.jinja_env.globals["bulletin_labels"] = labels
    register_facts("bulletin", search_facts.search_facts)
    register_panel(verdict_panels.PANEL)
    app.register_blueprint(views.bp)
    app.register_blueprint(feeds.bp)
    app.register_blueprint(csaf_feeds.bp)
    app.register_blueprint(mirror_feeds.bp)
    app.register_blueprint(vulnerability_views.bp)
    app.register_blueprint(source_views.bp)
    app.register_blueprint(upload_views.bp)
    for part in (api.bp, vulnerability_api.bp, source_api.bp, upload_api.bp):
        register_api(part)
    register_lookup("vulnerability", search_hits.find)
    search_api.register_item("vulnerability", search_hits.item)
    app.cli.add_command(cli.group)
    app.cli.add_command(source_cli.group)
