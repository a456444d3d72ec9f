"""The infrastructure that all packages use: database, settings, events, mail, markup, limits, cache.

It has no knowledge of the site's content, such as questions or articles.
"""

from flask import Flask

from core import cli, config, redaction  # noqa: F401
from core.api import api as api_document
from core.api import docs
from core.cache import (
    fragments,
    marks,
    page_cache,
    page_values,  # noqa: F401  (it registers values)
    response_cache,
    shared_pages,
)
from core.cache.dependencies import ChangeLog
from core.checks import database as database_checks  # noqa: F401  (it registers health checks)
from core.checks import files, mail_dns, settings  # noqa: F401  (they register health checks)
from core.database import db, loaded_attributes
from core.jobs import events, stored_markup, tasks, worker  # noqa: F401  (tasks registers scheduled work)
from core.limits import costs, rate_limits
from core.mail import mail as mail_queue
from core.mail import outbox_redaction  # noqa: F401  (it registers the outbox folder for redaction)
from core.observability import (
    history,
    logs,
    metrics,
    processes,  # noqa: F401  (it registers gauges)
    queues,  # noqa: F401  (it registers gauges)
    scrape,
)
from core.web import (
    conditional,
    database_errors,
    error_responses,
    headers,
    protection,
    sent_forms,
    template_texts,
    theme,
)


def init_app(app: Flask) -> None:
    """Attach the infrastructure to `app`; create_app() calls it before all other packages."""
    config.init_app(app)
    metrics.init_app(app)
    logs.init_app(app)
    db.init_app(app)
    loaded_attributes.init_app(app)
    costs.init_app(app)
    rate_limits.init_app(app)
    app.extensions["change_log"] = ChangeLog()
    response_cache.init_app(app)
    page_cache.init_app(app)
    marks.init_app(app)
    fragments.init_app(app)
    shared_pages.init_app(app)
    protection.init_app(app)
    template_texts.init_app(app)
    theme.init_app(app)
    headers.init_app(app)
    conditional.init_app(app)
    sent_forms.init_app(app)
    error_responses.init_app(app)
    database_errors.init_app(app)
    api_document.init_app(app)
    docs.init_app(app)
    scrape.init_app(app)
    cli.init_app(app)
    history.init_app(app)
    events.init_app(app)
    mail_queue.init_app(app)
    worker.init_app(app)
    app.cli.add_command(stored_markup.group)
