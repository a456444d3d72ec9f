"""Accounts, sessions and tokens, and the one reputation behind everything people write."""

from flask import Flask

from auth import (
    api,
    cli,
    doctor,  # noqa: F401  (declares itself)
    erasure_views,  # noqa: F401  (its views join the room's blueprint)
    handlers,  # noqa: F401  (declares itself)
    passwords,
    policy,
    privileges,
    queries,
    recovery_views,  # noqa: F401  (its views join the package's blueprint)
    redaction,  # noqa: F401  (declares itself)
    sessions,
    settings_views,  # noqa: F401  (its views join the room's blueprint)
    tasks,  # noqa: F401  (declares itself)
    tokens,
    unsent,
    views,
)
from auth.address_changes import views as address_views  # noqa: F401  (its views join the blueprint)
from auth.models import User
from auth.security_log import tasks as security_log_tasks  # noqa: F401  (declares itself)
from auth.security_log import views as security_log
from core import limits, markup, stored_markup
from core.api import register


def init_app(app: Flask) -> None:
    """Attach sessions, the pages and the commands."""
    sessions.login_manager.init_app(app)
    limits.know_accounts(app, sessions.account_of_request)
    tokens.init_app(app)
    markup.names_by(app, queries.profile_addresses)
    privileges.init_app(app, queries.active_members)
    app.before_request(sessions.refuse_suspended)
    security_log.init_app(app)
    app.jinja_env.globals["why_read_only"] = policy.why_read_only
    app.jinja_env.globals["min_password_characters"] = passwords.min_characters
    app.register_blueprint(views.bp)
    unsent.init_app(app)
    register(api.bp)
    stored_markup.register(app, User, "about", "about_html")
    for group in (cli.user_group, cli.reputation_group, cli.token_group):
        app.cli.add_command(group)
