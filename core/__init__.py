"""What every room needs and no room owns: database, settings, events, mail, markup, paging, limits, cache.

Nothing here knows a question from an article.
"""

from flask import Flask

from core import (  # noqa: F401  (what is not named below declares itself)
    api,
    api_docs,
    cli,
    config,
    costs,
    database_errors,
    db,
    doctor_database,
    doctor_files,
    doctor_mail,
    doctor_settings,
    error_answers,
    events,
    history,
    instance_states,
    limits,
    logs,
    mail,
    metrics,
    outbox_redaction,
    page_cache,
    processes,
    queues,
    ready_pages,
    redaction,
    scrape,
    sent_forms,
    stored_markup,
    tasks,
    web,
    worker,
)


def init_app(app: Flask) -> None:
    """Attach the ground floor to `app`. Called first, before any room."""
    config.init_app(app)
    metrics.init_app(app)
    logs.init_app(app)
    db.init_app(app)
    instance_states.init_app(app)
    costs.init_app(app)
    limits.init_app(app)
    ready_pages.init_app(app)
    page_cache.init_app(app)
    web.init_app(app)
    sent_forms.init_app(app)
    error_answers.init_app(app)
    database_errors.init_app(app)
    api.init_app(app)
    api_docs.init_app(app)
    scrape.init_app(app)
    cli.init_app(app)
    history.init_app(app)
    events.init_app(app)
    mail.init_app(app)
    worker.init_app(app)
    app.cli.add_command(stored_markup.group)
