"""Health checks of the settings: combinations, names, keys, and whether the services they name answer."""

import os
from collections.abc import Iterator
from importlib import import_module
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import gettext as _

from core.checks.health import Finding, finding, register_check
from core.config import PREFIX, SECRETS, SETTINGS
from core.observability import processes

MIN_KEY_CHARACTERS = 32
REDIS_TIMEOUT_SECONDS = 3
EXAMPLE_SECRET = "change-this"  # noqa: S105  (in the examples of docs/deploy/)


@register_check()
def address() -> Iterator[Finding]:
    """Address of the site."""
    config = current_app.config
    site = urlsplit(config["REDOUBT_SITE_URL"])
    name = _("Site address")
    if not site.hostname:
        yield finding(
            name,
            _("Not set. Only this machine can use the site."),
            warning=True,
            advice=_("Set REDOUBT_SITE_URL to the public https address."),
        )
        return
    yield finding(
        name,
        config["REDOUBT_SITE_URL"],
        error=site.scheme != "https",
        advice=_("Passwords are sent unencrypted. Use an https address in REDOUBT_SITE_URL."),
    )
    if site.scheme == "https":
        yield finding(
            _("Proxies"),
            str(config["REDOUBT_PROXIES"]),
            warning=not config["REDOUBT_PROXIES"],
            advice=_(
                "Unless this server terminates https itself, set REDOUBT_PROXIES to the number "
                "of proxies in front. Otherwise all visitors share one IP address and its "
                "limits."
            ),
        )


@register_check()
def slow_clients() -> Iterator[Finding]:
    """Slow clients."""
    if not (processes.is_gunicorn_here() or "WEB_CONCURRENCY" in os.environ):
        return
    is_direct = not current_app.config["REDOUBT_PROXIES"]
    is_public = bool(current_app.config["REDOUBT_SITE_URL"])
    found = _("gunicorn, no proxy in front") if is_direct else _("gunicorn behind a proxy")
    yield finding(
        _("Slow clients"),
        found,
        error=is_direct and is_public,
        warning=is_direct,
        advice=_(
            "A few slow clients can block all of gunicorn's threads. Put nginx in front "
            "(docs/deploy/nginx.conf) and set REDOUBT_PROXIES=1, or serve with `python "
            "app.py`."
        ),
    )


@register_check()
def protection() -> Iterator[Finding]:
    """Limits and keys."""
    config = current_app.config
    limited = config["REDOUBT_RATE_LIMITS"]
    yield finding(
        _("Request limits"),
        _("on") if limited else _("off"),
        error=not limited,
        advice=_("Passwords can be guessed without limit. Set REDOUBT_RATE_LIMITS=on."),
    )
    if config["REDOUBT_FETCH_LOOPBACK"]:
        yield finding(
            _("Sources on this machine"),
            ", ".join(config["REDOUBT_FETCH_LOOPBACK"]),
            error=True,
            advice=_("REDOUBT_FETCH_LOOPBACK is for tests: sources can reach services of this machine."),
        )
    length = len(config["SECRET_KEY"])
    yield finding(
        _("Secret key"),
        _("%(n)s characters", n=length),
        error=length < MIN_KEY_CHARACTERS,
        advice=_(
            "Set REDOUBT_SECRET_KEY to at least %(n)s random characters, or leave it empty.",
            n=MIN_KEY_CHARACTERS,
        ),
    )


@register_check()
def names() -> Iterator[Finding]:
    """Names of settings."""
    known = {setting.name for setting in SETTINGS}
    unknown = sorted(
        name
        for name in os.environ
        if name.startswith(PREFIX) and not name.startswith(f"{PREFIX}TEST_") and name not in known
    )
    if unknown:
        yield finding(
            _("Unknown settings"),
            ", ".join(unknown),
            warning=True,
            advice=_("See docs/settings.md for the correct names."),
        )
    examples = sorted(name for name in SECRETS if EXAMPLE_SECRET in str(current_app.config[name]))
    if examples:
        yield finding(
            _("Passwords"),
            ", ".join(examples),
            error=True,
            advice=_("These still have the publicly known example values. Change them."),
        )


@register_check()
def mail_transport() -> Iterator[Finding]:
    """Way of mail."""
    config = current_app.config
    url = urlsplit(config["REDOUBT_MAIL_URL"])
    if url.hostname:
        yield finding(
            _("Email"),
            _("sent through %(server)s", server=url.hostname),
            warning=url.scheme == "smtp" and url.password is not None,
            advice=_("The password may be sent unencrypted. Use smtp+starttls:// or smtps://."),
        )
        return
    real = bool(config["REDOUBT_SITE_URL"])
    yield finding(
        _("Email"),
        _("Written to files in the outbox folder."),
        error=real,
        warning=not real,
        advice=_("No email is sent. Set REDOUBT_MAIL_URL."),
    )


@register_check()
def redis() -> Iterator[Finding]:
    """Redis."""
    if not (url := current_app.config["REDOUBT_REDIS_URL"]):
        return
    driver = import_module("redis")  # takes 6 MB: only where it is used
    try:
        with driver.Redis.from_url(
            url, socket_timeout=REDIS_TIMEOUT_SECONDS, socket_connect_timeout=REDIS_TIMEOUT_SECONDS
        ) as client:
            client.ping()  # an account for cache and limits may be allowed nothing else
            found = _("answers")
            is_error = False
    except driver.RedisError as error:
        found = _("Does not answer: %(kind)s.", kind=type(error).__name__)
        is_error = True
    yield finding(
        _("Redis"),
        found,
        error=is_error,
        advice=_("Start it, or correct REDOUBT_REDIS_URL. Limits and the page cache need it."),
    )
