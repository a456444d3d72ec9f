"""Settings that do not go together, and services they name that do not answer."""

import os
from collections.abc import Iterator
from importlib import import_module
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import gettext as _

from core.checks.health import Finding, judge, register_check
from core.config import PREFIX, SECRETS, SETTINGS
from core.observability import processes

LEAST_KEY, PATIENCE = 32, 3
EXAMPLE = "change-this"  # as docs/deploy/ has it


@register_check()
def address() -> Iterator[Finding]:
    """Address of the site."""
    config = current_app.config
    site, name = urlsplit(config["REDOUBT_SITE_URL"]), _("Site address")
    if not site.hostname:
        yield judge(
            name,
            _("Not set. Only this machine can use the site."),
            remark=True,
            advice=_("Set REDOUBT_SITE_URL to the public https address."),
        )
        return
    yield judge(
        name,
        config["REDOUBT_SITE_URL"],
        fault=site.scheme != "https",
        advice=_("Passwords are sent unencrypted. Use an https address in REDOUBT_SITE_URL."),
    )
    if site.scheme == "https":
        yield judge(
            _("Proxies"),
            str(config["REDOUBT_PROXIES"]),
            remark=not config["REDOUBT_PROXIES"],
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
    yield judge(
        _("Slow clients"),
        found,
        fault=is_direct and is_public,
        remark=is_direct,
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
    yield judge(
        _("Request limits"),
        _("on") if limited else _("off"),
        fault=not limited,
        advice=_("Passwords can be guessed without limit. Set REDOUBT_RATE_LIMITS=on."),
    )
    length = len(config["SECRET_KEY"])
    yield judge(
        _("Secret key"),
        _("%(n)s characters", n=length),
        fault=length < LEAST_KEY,
        advice=_(
            "Set REDOUBT_SECRET_KEY to at least %(n)s random characters, or leave it empty.", n=LEAST_KEY
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
        yield judge(
            _("Unknown settings"),
            ", ".join(unknown),
            remark=True,
            advice=_("See docs/settings.md for the correct names."),
        )
    examples = sorted(name for name in SECRETS if EXAMPLE in str(current_app.config[name]))
    if examples:
        yield judge(
            _("Passwords"),
            ", ".join(examples),
            fault=True,
            advice=_("These still have the publicly known example values. Change them."),
        )


@register_check()
def mail_way() -> Iterator[Finding]:
    """Way of mail."""
    config = current_app.config
    url = urlsplit(config["REDOUBT_MAIL_URL"])
    if url.hostname:
        yield judge(
            _("Email"),
            _("sent through %(server)s", server=url.hostname),
            remark=url.scheme == "smtp" and url.password is not None,
            advice=_("The password may be sent unencrypted. Use smtp+starttls:// or smtps://."),
        )
        return
    real = bool(config["REDOUBT_SITE_URL"])
    yield judge(
        _("Email"),
        _("Written to files in the outbox folder."),
        fault=real,
        remark=not real,
        advice=_("No email is sent. Set REDOUBT_MAIL_URL."),
    )


@register_check()
def redis() -> Iterator[Finding]:
    """Redis."""
    if not (url := current_app.config["REDOUBT_REDIS_URL"]):
        return
    driver = import_module("redis")  # 6 MB: only where one is set
    try:
        with driver.Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE) as client:
            client.ping()  # all that an account for cache and limits need be allowed
            found, fault = _("answers"), False
    except driver.RedisError as error:
        found, fault = _("Does not answer: %(kind)s.", kind=type(error).__name__), True
    yield judge(
        _("Redis"),
        found,
        fault=fault,
        advice=_("Start it, or correct REDOUBT_REDIS_URL. Limits and the page cache need it."),
    )
