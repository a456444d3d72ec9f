"""Accounts: registration, sessions, API tokens, passwords, privileges and the reputation ledger."""

from flask import Flask

from auth import (  # noqa: F401  (these modules register their contents on import)
    api,
    cli,
    doctor,
    handlers,
    policy,
    privileges,
    queries,
    reader,
    recovery_views,
    redaction,
    sessions,
    settings_views,
    tasks,
    tokens,
    unsent,
    views,
)
from auth.address_changes import views as address_views  # noqa: F401  (adds to the blueprint)
from auth.erasure import views as erasure_views  # noqa: F401  (adds to the blueprint)
from auth.models import User
from auth.passwords.passwords import min_characters
from auth.security_log import refusals
from auth.security_log import tasks as security_log_tasks  # noqa: F401  (registers a task)
from auth.security_log import views as security_log_views  # noqa: F401  (adds to the blueprint)
from core.api.api import register_api
from core.jobs import stored_markup
from core.limits import rate_limits
from core.markup import markup


def init_app(app: Flask) -> None:
    """Attach sessions, pages, API and commands."""
    sessions.login_manager.init_app(app)
    rate_limits.register_account_lookup(sessions.account_of_request)
    tokens.init_app(app)
    markup.register_name_lookup(queries.profile_paths)
    privileges.init_app(app, queries.active_members)
    app.before_request(sessions.refuse_suspended)
    refusals.init_app(app)
    app.jinja_env.globals["why_read_only"] = policy.why_read_only
    app.jinja_env.globals["min_password_characters"] = min_characters
    app.register_blueprint(views.bp)
    unsent.init_app(app)
    register_api(api.bp)
    stored_markup.register_markdown(User, "about", "about_html")
    for group in (cli.user_group, cli.reputation_group, cli.token_group):
        app.cli.add_command(group)
