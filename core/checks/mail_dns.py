"""Health checks of outgoing mail: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489), the mail server.

They run on request only: `flask doctor --dns` queries the resolver of this machine, `--mail` the mail server.
"""

import smtplib
from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import gettext as _

from core.checks.health import DNS, MAIL, Finding, finding, ok, register_check
from core.mail import mail

if TYPE_CHECKING:
    import dns.resolver

DNS_TIMEOUT_SECONDS = 5


def _dns() -> Any:
    """dns.resolver; dnspython takes a tenth of a second to load, and only these checks use it."""
    return import_module("dns.resolver")


def resolver() -> "dns.resolver.Resolver":
    """The resolver of this machine, with DNS_TIMEOUT_SECONDS."""
    made = _dns().Resolver()
    made.lifetime = DNS_TIMEOUT_SECONDS
    return made


@register_check(DNS)
def domain(selector: str = "") -> Iterator[Finding]:
    """DNS of the sender's domain."""
    name = mail.sender().rpartition("@")[2].rstrip(">").casefold()
    if "." not in name:
        yield finding(
            _("Email domain"),
            name,
            warning=True,
            advice=_("Set REDOUBT_SITE_URL or REDOUBT_MAIL_FROM. This domain is not in DNS."),
        )
        return
    ask = resolver()
    try:
        yield _spf(name, _texts(ask, name))
        yield _dkim(name, selector, _texts(ask, f"{selector}._domainkey.{name}") if selector else [])
        yield _dmarc(name, _dmarc_texts(ask, name))
    except _dns().dns.exception.DNSException as error:
        yield finding(
            _("DNS"),
            _("No answer for %(name)s: %(kind)s.", name=name, kind=type(error).__name__),
            error=True,
            advice=_("Check the DNS resolver of this machine, then try again."),
        )


def _texts(ask: "dns.resolver.Resolver", name: str) -> list[str]:
    """The TXT records of a name; empty when it does not exist."""
    try:
        answer = ask.resolve(name, "TXT")
    except (_dns().NXDOMAIN, _dns().NoAnswer):
        return []
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]


def _spf(name: str, texts: list[str]) -> Finding:
    found = [text for text in texts if text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")]
    advice = _(
        "Publish one TXT record at %(name)s that names your mail server, such as “v=spf1 a mx -all”.",
        name=name,
    )
    if len(found) != 1:
        return finding("SPF", _("%(n)s records", n=len(found)), error=True, advice=advice)
    terms = found[0].lower().split()
    anybody = "+all" in terms or "all" in terms
    undecided = not any(term.endswith("all") or term.startswith("redirect=") for term in terms)
    return finding("SPF", found[0], error=anybody, warning=undecided or "?all" in terms, advice=advice)


def _dkim(name: str, selector: str, texts: list[str]) -> Finding:
    if not selector:
        return finding(
            "DKIM",
            _("Not checked."),
            warning=True,
            advice=_("Give the selector your mail server signs with: --dkim SELECTOR."),
        )
    keys = [_tags(text).get("p") for text in texts if "p" in _tags(text)]
    found = (
        _("key at %(selector)s", selector=selector)
        if any(keys)
        else (
            _("revoked key at %(selector)s", selector=selector)
            if keys
            else _("no key at %(selector)s", selector=selector)
        )
    )
    return finding(
        "DKIM",
        found,
        error=not any(keys),
        advice=_(
            "Sign outgoing email on the mail server and publish its key at %(place)s.",
            place=f"{selector}._domainkey.{name}",
        ),
    )


def _dmarc_texts(ask: "dns.resolver.Resolver", name: str) -> list[str]:
    """The DMARC records of the domain, else of the nearest parent domain that has some."""
    while "." in name:
        found = [text for text in _texts(ask, f"_dmarc.{name}") if text.lower().startswith("v=dmarc1")]
        if found:
            return found
        name = name.partition(".")[2]
    return []


def _dmarc(name: str, texts: list[str]) -> Finding:
    policy = _tags(texts[0]).get("p", "") if len(texts) == 1 else ""
    return finding(
        "DMARC",
        texts[0] if len(texts) == 1 else _("%(n)s records", n=len(texts)),
        error=policy not in ("none", "quarantine", "reject"),
        warning=policy == "none",
        advice=_("Publish one TXT record at _dmarc.%(name)s such as “v=DMARC1; p=quarantine”.", name=name),
    )


def _tags(text: str) -> dict[str, str]:
    """The tags of a record such as `a=b; c=d`."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {key.strip().lower(): value.strip() for key, _equals, value in pairs}


@register_check(MAIL)
def server() -> Iterator[Finding]:
    """Mail server."""
    url = urlsplit(current_app.config["REDOUBT_MAIL_URL"])
    if not url.scheme:
        yield finding(_("Mail server"), _("Not set."), warning=True, advice=_("Set REDOUBT_MAIL_URL."))
        return
    try:
        with mail.connect(url) as connection:
            connection.noop()
    except (OSError, smtplib.SMTPException) as error:
        yield finding(
            _("Mail server"),
            _("Refused: %(why)s.", why=_reason(error)),
            error=True,
            advice=_("Correct REDOUBT_MAIL_URL, or allow this machine to send through the server."),
        )
        return
    yield ok(_("Mail server"), _("%(host)s accepts our email", host=url.hostname))


def _reason(error: Exception) -> str:
    """The network's message, or the type of a server's refusal, whose text may hold an address."""
    if isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException) and error.strerror:
        return error.strerror
    return type(error).__name__
