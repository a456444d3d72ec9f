"""What every room needs and no room owns: database, settings, events, mail, markup, paging, limits, cache.

Nothing here knows a question from an article.
"""

from flask import Flask

from core import cli, config, redaction  # noqa: F401  (what is not named below declares itself)
from core.api import api, docs  # noqa: F401  (what is not named below declares itself)
from core.cache import page_cache, response_cache  # noqa: F401  (what is not named below declares itself)
from core.checks import database, files, mail_dns, settings  # noqa: F401  (what is not named below declares itself)
from core.database import db, loaded_attributes  # noqa: F401  (what is not named below declares itself)
from core.jobs import events, stored_markup, tasks, worker  # noqa: F401  (what is not named below declares itself)
from core.limits import costs, rate_limits  # noqa: F401  (what is not named below declares itself)
from core.mail import mail, outbox_redaction  # noqa: F401  (what is not named below declares itself)
from core.observability import history, logs, metrics, processes, queues, scrape  # noqa: F401  (what is not named below declares itself)
from core.web import database_errors, error_answers, protection, sent_forms  # noqa: F401  (what is not named below declares itself)


def init_app(app: Flask) -> None:
    """Attach the ground floor to `app`. Called first, before any room."""
    config.init_app(app)
    metrics.init_app(app)
    logs.init_app(app)
    db.init_app(app)
    loaded_attributes.init_app(app)
    costs.init_app(app)
    rate_limits.init_app(app)
    response_cache.init_app(app)
    page_cache.init_app(app)
    protection.init_app(app)
    sent_forms.init_app(app)
    error_answers.init_app(app)
    database_errors.init_app(app)
    api.init_app(app)
    docs.init_app(app)
    scrape.init_app(app)
    cli.init_app(app)
    history.init_app(app)
    events.init_app(app)
    mail.init_app(app)
    worker.init_app(app)
    app.cli.add_command(stored_markup.group)
