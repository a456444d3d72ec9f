"""Whether other mail servers will believe ours: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489).

Asked only on demand: `flask doctor --dns` asks the resolver of this machine, `--mail` the mail server.
"""

import smtplib
from collections.abc import Iterator
from urllib.parse import urlsplit

import dns.exception
import dns.resolver
from flask import current_app
from flask_babel import gettext as _

from core.checks.health import DNS, MAIL, Finding, judge, register_check, well
from core.mail import mail

PATIENCE = 5  # seconds


def resolver() -> dns.resolver.Resolver:
    """The resolver of this machine, for PATIENCE."""
    made = dns.resolver.Resolver()
    made.lifetime = PATIENCE
    return made


@register_check(DNS)
def domain(selector: str = "") -> Iterator[Finding]:
    """DNS of the sender's domain."""
    name = mail.sender().rpartition("@")[2].rstrip(">").casefold()
    if "." not in name:
        yield judge(
            _("Email domain"),
            name,
            remark=True,
            advice=_("Set REDOUBT_SITE_URL or REDOUBT_MAIL_FROM. This domain is not in DNS."),
        )
        return
    ask = resolver()
    try:
        yield _spf(name, _texts(ask, name))
        yield _dkim(name, selector, _texts(ask, f"{selector}._domainkey.{name}") if selector else [])
        yield _dmarc(name, _dmarc_texts(ask, name))
    except dns.exception.DNSException as error:
        yield judge(
            _("DNS"),
            _("No answer for %(name)s: %(kind)s.", name=name, kind=type(error).__name__),
            fault=True,
            advice=_("Check the DNS resolver of this machine, then try again."),
        )


def _texts(ask: dns.resolver.Resolver, name: str) -> list[str]:
    """The TXT records of a name; none when it does not exist."""
    try:
        answer = ask.resolve(name, "TXT")
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]


def _spf(name: str, texts: list[str]) -> Finding:
    found = [text for text in texts if text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")]
    advice = _(
        "Publish one TXT record at %(name)s that names your mail server, such as “v=spf1 a mx -all”.",
        name=name,
    )
    if len(found) != 1:
        return judge("SPF", _("%(n)s records", n=len(found)), fault=True, advice=advice)
    terms = found[0].lower().split()
    anybody = "+all" in terms or "all" in terms
    undecided = not any(term.endswith("all") or term.startswith("redirect=") for term in terms)
    return judge("SPF", found[0], fault=anybody, remark=undecided or "?all" in terms, advice=advice)


def _dkim(name: str, selector: str, texts: list[str]) -> Finding:
    if not selector:
        return judge(
            "DKIM",
            _("Not checked."),
            remark=True,
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
    return judge(
        "DKIM",
        found,
        fault=not any(keys),
        advice=_(
            "Sign outgoing email on the mail server and publish its key at %(place)s.",
            place=f"{selector}._domainkey.{name}",
        ),
    )


def _dmarc_texts(ask: dns.resolver.Resolver, name: str) -> list[str]:
    """The policy of the domain, else of the nearest one above it that has one."""
    while "." in name:
        found = [text for text in _texts(ask, f"_dmarc.{name}") if text.lower().startswith("v=dmarc1")]
        if found:
            return found
        name = name.partition(".")[2]
    return []


def _dmarc(name: str, texts: list[str]) -> Finding:
    policy = _tags(texts[0]).get("p", "") if len(texts) == 1 else ""
    return judge(
        "DMARC",
        texts[0] if len(texts) == 1 else _("%(n)s records", n=len(texts)),
        fault=policy not in ("none", "quarantine", "reject"),
        remark=policy == "none",
        advice=_("Publish one TXT record at _dmarc.%(name)s such as “v=DMARC1; p=quarantine”.", name=name),
    )


def _tags(text: str) -> dict[str, str]:
    """`a=b; c=d` as a dict."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {key.strip().lower(): value.strip() for key, _equals, value in pairs}


@register_check(MAIL)
def server() -> Iterator[Finding]:
    """Mail server."""
    url = urlsplit(current_app.config["REDOUBT_MAIL_URL"])
    if not url.scheme:
        yield judge(_("Mail server"), _("Not set."), remark=True, advice=_("Set REDOUBT_MAIL_URL."))
        return
    try:
        with mail.connect(url) as connection:
            connection.noop()
    except (OSError, smtplib.SMTPException) as error:
        yield judge(
            _("Mail server"),
            _("Refused: %(why)s.", why=_reason(error)),
            fault=True,
            advice=_("Correct REDOUBT_MAIL_URL, or allow this machine to send through the server."),
        )
        return
    yield well(_("Mail server"), _("%(host)s accepts our email", host=url.hostname))


def _reason(error: Exception) -> str:
    """What the network said, or the kind of the server's refusal: its words may hold an address."""
    of_server = isinstance(error, smtplib.SMTPException)
    return (not of_server and error.strerror) or type(error).__name__
