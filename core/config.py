"""All settings of the site in one table, which is also the source of `docs/settings.md`.

Settings are environment variables with the prefix `REDOUBT_`; a wrong value stops the start with a message
that says what to write instead.
"""

import os
import secrets
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask

from core import setting_values
from core.monthly import Monthly

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "REDOUBT_"
MIN_SECURITY_LOG_DAYS = 30  # the database refuses to delete what is newer (migration 0519)


class InvalidSetting(SystemExit):
    """A setting with a wrong value; the message names it and says what to do."""


@dataclass(frozen=True)
class Setting:
    """One setting: name, default as text, parser (raises ValueError), and help."""

    name: str
    default: str
    parse: Callable[[str], object]
    help: str
    is_secret: bool = False


SETTINGS = (
    Setting(
        "REDOUBT_INSTANCE",
        "instance",
        str,
        "Folder for the database, search index, outgoing email and the secret key.",
    ),
    Setting(
        "REDOUBT_DATABASE_URL",
        "",
        setting_values.address(*setting_values.POSTGRESQL_SCHEMES, "sqlite:///"),
        "SQLAlchemy address of the database. Empty: SQLite in the instance folder.",
        is_secret=True,
    ),
    Setting(
        "REDOUBT_SEARCH",
        "auto",
        setting_values.choice("auto", "whoosh", "postgresql"),
        "Search engine: whoosh (files in the instance folder) or postgresql (tables in that database). "
        "auto: postgresql if the database is PostgreSQL. After a change, run `flask search rebuild`.",
    ),
    Setting(
        "REDOUBT_LANGUAGES",
        "en,de,fr,es,it,pt,nl,pl,cs,ru,sv,da,no,fi,hu,ro,tr,el,zh,ja,ko",
        setting_values.languages,
        "Languages people write in here, as ISO 639 codes separated by commas. Search then also finds the "
        "inflected forms of their words. It applies to texts written from then on, and to all others without "
        "a stored language after `flask search rebuild`.",
    ),
    Setting(
        "REDOUBT_REPLICA_URLS",
        "",
        setting_values.replicas,
        "Addresses of streaming replicas of the PostgreSQL database, separated by commas. Visitors who "
        "are not logged in read from those that are at most 2 seconds behind. Empty: none.",
        is_secret=True,
    ),
    Setting(
        "REDOUBT_REDIS_URL",
        "",
        setting_values.address("redis://", "rediss://", "unix://"),
        "Redis for cache and request limits shared by several processes. Empty: memory.",
        is_secret=True,
    ),
    Setting(
        "REDOUBT_EDGE_SECONDS",
        "0",
        setting_values.at_least_zero(int),
        "How long a shared cache in front (nginx, a CDN) may serve a page to visitors before it "
        "revalidates. A deleted page can stay visible that long. 0: shared caches store no pages.",
    ),
    Setting(
        "REDOUBT_EDGE_STALE_SECONDS",
        "0",
        setting_values.at_least_zero(int),
        "How long after REDOUBT_EDGE_SECONDS a shared cache may still serve the old page while it fetches "
        "the new one (stale-while-revalidate); browsers may do the same. A deleted page can stay visible for "
        "both times together. 0: never.",
    ),
    Setting(
        "REDOUBT_EDGE_PURGE_URLS",
        "",
        setting_values.http_urls,
        "Shared caches that the worker tells what has changed, separated by commas, such as "
        "http://10.0.0.2:6081: each gets a PURGE request with the keys of the changed pages (Surrogate-Key). "
        "Empty: none.",
    ),
    Setting(
        "REDOUBT_LIST_SECONDS",
        "2",
        setting_values.at_least_zero(int),
        "How old lists of questions, articles, bulletins and members may be for visitors after something was "
        "added or voted on. What is hidden or deleted always disappears at once.",
    ),
    Setting(
        "REDOUBT_SECRET_KEY",
        "",
        str,
        "Signs cookies. Empty: generated once and stored (mode 0600) in the instance folder.",
        is_secret=True,
    ),
    Setting(
        "REDOUBT_SITE_URL",
        "",
        setting_values.url,
        "The public address, such as https://redoubt.example. Links in email use it. Empty: only "
        "localhost and 127.0.0.1 are served.",
    ),
    Setting(
        "REDOUBT_HSTS_SUBDOMAINS",
        "off",
        setting_values.switch,
        "on: browsers that visited the site use only https for all its subdomains, for a year "
        "(Strict-Transport-Security: includeSubDomains). Set it only if all subdomains support https.",
    ),
    Setting("REDOUBT_SITE_NAME", "Redoubt", str, "The name shown in the header, in email and in feeds."),
    Setting(
        "REDOUBT_MAIL_URL",
        "",
        str,
        "smtp://user:password@host:port (smtps:// for TLS from the start, smtp+starttls:// to require "
        "STARTTLS). Empty: email is written as .eml files to the folder `outbox` of the "
        "instance.",
        is_secret=True,
    ),
    Setting(
        "REDOUBT_MAIL_FROM",
        "",
        str,
        "Sender of the site's email, as an address or `Name <address>`. Empty: redoubt@ and the host of "
        "the site's address. Without a name, the site's name is shown.",
    ),
    Setting(
        "REDOUBT_MAIL_SMTPUTF8",
        "off",
        setting_values.switch,
        "on: the mail server supports SMTPUTF8 (RFC 6531), so email addresses may contain letters "
        "beyond ASCII before the @. off: such addresses are refused when entered.",
    ),
    Setting(
        "REDOUBT_REGISTRATION",
        "open",
        setting_values.choice("open", "invite", "closed"),
        "Who can create an account: anyone, people added by a moderator, or nobody.",
    ),
    Setting(
        "REDOUBT_PASSWORD_LENGTH",
        "15",
        setting_values.whole_number(8, 64),
        "Minimum length of a password where it is the only factor, 8 to 64. NIST SP 800-63B-4 requires 15.",
    ),
    Setting(
        "REDOUBT_FIRST_POST_APPROVAL",
        "off",
        setting_values.switch,
        "on: a moderator has to approve the first post of each new member.",
    ),
    Setting(
        "REDOUBT_ATTACHMENTS",
        "on",
        setting_values.switch,
        "off: members cannot attach files; those that are there stay.",
    ),
    Setting(
        "REDOUBT_ATTACHMENT_DAILY_MB",
        "100",
        setting_values.whole_number(1, 100_000),
        "MB that a member may attach within 24 hours: a fifth of it without the reputation to comment "
        "anywhere, five times as much with that to review.",
    ),
    Setting(
        "REDOUBT_FLAG_WEIGHT",
        "5",
        setting_values.at_least_zero(int),
        "Weight of open flags that hides a post until a moderator reviews it. A flag counts 1, from 500 "
        "reputation 2, from 2,000 reputation 3. 0: flags hide nothing.",
    ),
    Setting(
        "REDOUBT_PRIVILEGE_SCALE",
        "auto",
        setting_values.scale,
        "auto: reputation thresholds are low while the community has few active members and rise with "
        "it (/help shows the current ones). A number multiplies the full thresholds instead; 0 lets "
        "everyone do everything.",
    ),
    Setting(
        "REDOUBT_PATCH_DAY",
        "2TU 10:00 America/Los_Angeles",
        Monthly.parse,
        "When monthly patches are released: weekday of the month as in iCalendar (2TU: second Tuesday; "
        "1 to 4, or -1 for the last), time and time zone.",
    ),
    Setting(
        "REDOUBT_RATE_LIMITS",
        "on",
        setting_values.switch,
        "off: no limits on log-in, email and posting. For tests only; `flask doctor` reports an error.",
    ),
    Setting(
        "REDOUBT_FETCH_LOOPBACK",
        "",
        setting_values.loopback_origins,
        "Servers on this machine (127.0.0.1:PORT) from which sources may be fetched, by http. For tests "
        "only; `flask doctor` reports an error. Empty: only public addresses, by https.",
    ),
    Setting(
        "REDOUBT_WORKER",
        "on",
        setting_values.switch,
        "on: `python app.py` runs the worker in a thread; off: run `flask worker` yourself.",
    ),
    Setting(
        "REDOUBT_PROXIES",
        "0",
        setting_values.at_least_zero(int),
        "Number of reverse proxies in front that set X-Forwarded-For, -Proto and X-Request-ID. 0: "
        "headers are ignored.",
    ),
    Setting(
        "REDOUBT_LOG",
        "text",
        setting_values.choice("text", "json"),
        "text: lines about problems; json: one object per log record and per request.",
    ),
    Setting(
        "REDOUBT_SECURITY_LOG_DAYS",
        "400",
        setting_values.days(MIN_SECURITY_LOG_DAYS),
        "Days to keep the security log: log-ins, refusals, role changes, tokens, actions of "
        "administrators. 30 or more.",
    ),
    Setting(
        "REDOUBT_SECURITY_LOG_ADDRESS_DAYS",
        "30",
        setting_values.days(0),
        "Days to keep the IP address and the browser in the security log. 0: they are not recorded.",
    ),
    Setting(
        "REDOUBT_METRICS_TOKEN",
        "",
        setting_values.token,
        "Token for reading /metrics, sent as Authorization: Bearer. Empty: /metrics is closed.",
        is_secret=True,
    ),
)

# Variables of the programs that serve the site.
SERVER_VARIABLES = (
    ("HOST", "127.0.0.1", "`python app.py`: the address it listens at."),
    ("PORT", "8000", "`python app.py` and `make run`: its port."),
    ("SEED", "1", "`make run`: 0 starts empty, without the demo community."),
    ("WEB_CONCURRENCY", "1", "gunicorn: web processes, as many as cores."),
    ("LINGER", "0", "gunicorn: seconds that old processes serve on after HUP while new ones load."),
)
SECRETS = frozenset(setting.name for setting in SETTINGS if setting.is_secret)


def read_settings(environ: Mapping[str, str]) -> dict[str, object]:
    """Parse `environ` into {setting name: value}; raises InvalidSetting naming the first wrong one."""
    values: dict[str, object] = {}
    for setting in SETTINGS:
        text = environ.get(setting.name, setting.default)
        try:
            values[setting.name] = setting.parse(text)
        except ValueError as error:
            shown = "" if setting.is_secret else f"={text!r}"
            raise InvalidSetting(f"{setting.name}{shown}: {error}") from None
    return values


def init_app(app: Flask) -> None:
    """Fill app.config from the environment; `REDOUBT_…` keys already in app.config take precedence."""
    given = {key: str(value) for key, value in app.config.items() if key.startswith(PREFIX)}
    app.config.update(read_settings({**os.environ, **given}))
    instance = Path(app.config["REDOUBT_INSTANCE"])
    instance = instance if instance.is_absolute() else ROOT / instance
    try:
        instance.mkdir(parents=True, exist_ok=True, mode=0o700)
        app.config["SECRET_KEY"] = app.config["REDOUBT_SECRET_KEY"] or _secret_key(instance)
    except OSError as error:
        raise InvalidSetting(
            f"REDOUBT_INSTANCE={str(instance)!r}: {error.filename} cannot be used "
            f"({error.strerror}); make the folder, for the user that runs the site"
        ) from None
    app.config["REDOUBT_INSTANCE"] = instance
    site = urlsplit(app.config["REDOUBT_SITE_URL"])
    https = site.scheme == "https"
    app.config.update(
        SESSION_COOKIE_NAME="__Host-session" if https else "session",
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PREFERRED_URL_SCHEME=site.scheme or "http",
        TRUSTED_HOSTS=[site.netloc, site.hostname] if site.hostname else ["localhost", "127.0.0.1"],
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        MAX_FORM_PARTS=200,
    )


def _secret_key(instance: Path) -> str:
    """The signing key of this instance, created with mode 0600 by the first process."""
    path = instance / "secret_key"
    if not path.exists():
        _write_secret_key(secrets.token_urlsafe(48), path)
    return path.read_text()


def _write_secret_key(key: str, path: Path) -> None:
    """Create the key file atomically; an existing one stays."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".key-") as part:  # has mode 0600
        part.write(key)
        part.flush()
        with suppress(FileExistsError):
            os.link(part.name, path)


def restore_secret_key(app: Flask) -> bool:
    """Write the key of this instance again if its file was lost; returns whether it was.

    The next process would create another, which would end all sessions and links in mail.
    """
    path = app.config["REDOUBT_INSTANCE"] / "secret_key"
    if app.config["REDOUBT_SECRET_KEY"] or path.exists():
        return False
    _write_secret_key(app.config["SECRET_KEY"], path)
    return True


def documentation() -> str:
    """The settings table as Markdown, the content of `docs/settings.md`."""
    rows = [f"| `{s.name}` | `{s.default or '(empty)'}` | {s.help.replace('|', '·')} |" for s in SETTINGS]
    return "\n".join(
        [
            "# Settings",
            "",
            "Made from `core/config.py` by `flask settings`; do not edit by hand.",
            "",
            "| setting | default | what it does |",
            "|---|---|---|",
            *rows,
            "",
            "Programs that serve the site read these too:",
            "",
            "| variable | default | what it does |",
            "|---|---|---|",
            *(f"| `{name}` | `{default}` | {help} |" for name, default, help in SERVER_VARIABLES),
            "",
        ]
    )
