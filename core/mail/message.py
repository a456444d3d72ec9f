"""Mail addresses, and the message that is made of a queued mail.

What leaves the site is read by strict parsers: ids as RFC 5322 has them, encoded words of at most 75
characters (RFC 2047), lines of at most 76, nothing but ASCII unless the server offers SMTPUTF8 (RFC 6531).
"""

import hashlib
import re
from email.header import Header
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr, quote
from typing import Any
from urllib.parse import urlsplit

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from flask import current_app
from flask_babel import gettext as _

from core.database.models import OutgoingMail

MAX_ADDRESS_LENGTH = 254  # RFC 5321, 4.5.3.1.3
MAX_LINE_LENGTH = 76
LINE_BREAK = "\r\n "
SPECIAL_USE_DOMAIN_NAMES.clear()  # intranets have mail under .local and .internal (documented in the library)
DOT_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


class BadAddress(ValueError):
    """Not a mail address that this site can send to; the message says what to do."""


class _Written(str):
    """A header value that is encoded and folded already."""


class _Policy(EmailPolicy):
    """Takes `_Written` values as they are: the standard library folds long ids apart, makes encoded words
    of more than 75 characters, and decodes `=?utf-8?…?=` in a title that somebody typed.
    """

    def header_store_parse(self, name: str, value: str) -> tuple[str, Any]:
        return (name, str(value)) if isinstance(value, _Written) else super().header_store_parse(name, value)


POLICY = _Policy(linesep="\r\n", cte_type="7bit", refold_source="none")


def normalize_address(text: str, *, any_host: bool = False) -> str:
    """An address as it is stored and compared: lower case, the domain in ASCII (IDNA 2008).

    `any_host` takes names without a dot too, which only an administrator can know.

    Raises BadAddress for what is no address, and for letters beyond ASCII before the @ unless
    REDOUBT_MAIL_SMTPUTF8 says that the mail server takes them.
    """
    allowed = current_app.config["REDOUBT_MAIL_SMTPUTF8"]
    try:
        found = validate_email(
            text.strip(),
            check_deliverability=False,
            allow_smtputf8=True,
            strict=True,
            globally_deliverable=False,
        )
    except EmailNotValidError as error:
        raise BadAddress(_("Enter an email address like name@example.org.")) from error
    domain = found.ascii_domain.lower()
    if "." not in domain and domain != "localhost" and not any_host:
        raise BadAddress(_("Enter an email address like name@example.org."))
    if not found.local_part.isascii() and not allowed:
        raise BadAddress(
            _(
                "This site can't send email to addresses with letters like “%(letters)s” before "
                "the @. Enter another address.",
                letters="".join(dict.fromkeys(c for c in found.local_part if not c.isascii())),
            )
        )
    address = f"{found.local_part}@{domain}".lower()
    if len(address) > MAX_ADDRESS_LENGTH:
        raise BadAddress(_("Enter an address of at most %(n)s characters.", n=MAX_ADDRESS_LENGTH))
    return address


def build(mail: OutgoingMail, *, sender: str, site_url: str, site_name: str) -> EmailMessage:
    """The message of a queued mail. `sender` is an address, perhaps with a name before it.

    Raises BadAddress when the recipient is not exactly one address.
    """
    host = id_domain(site_url)
    message = EmailMessage(policy=POLICY)
    message["From"] = _Written(_from(sender, site_name))
    message["To"] = _Written(_recipient(mail.recipient))
    message["Subject"] = _Written(encode(mail.subject, "Subject"))
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = _Written(f"<{_digest(mail.key)}@{host}>")
    if mail.thread:
        first = f"<thread.{_digest(mail.thread)}@{host}>"
        message["In-Reply-To"] = _Written(first)
        message["References"] = _Written(first)
    message["Auto-Submitted"] = "auto-generated"
    if mail.unsubscribe_url:
        message["List-Id"] = _Written(_named(site_name, f"{mail.list_name}.{host}", "List-Id"))
        message["List-Unsubscribe"] = _Written(f"<{mail.unsubscribe_url}>")
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.body)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    return message


def id_domain(site_url: str) -> str:
    """The right side of the ids of mails: the site's host in ASCII, an IPv6 address as a dot-atom."""
    host = (urlsplit(site_url).hostname or "localhost").rstrip(".")
    if not host.isascii():
        host = validate_email(
            f"x@{host}", check_deliverability=False, globally_deliverable=False
        ).ascii_domain
    return host if DOT_ATOM.fullmatch(host) else "ip6-" + host.replace(":", "-").strip("-") + ".invalid"


def encode(text: str, name: str) -> str:
    """`text` as the value of header `name`, folded: in encoded words where it is not plain ASCII, or where
    it looks like an encoded word itself, so that readers show what was typed.
    """
    plain = text.isascii() and "=?" not in text and all(len(word) < 60 for word in text.split())
    charset = "us-ascii" if plain else "utf-8"
    header = Header(text, charset, maxlinelen=MAX_LINE_LENGTH, header_name=name)
    return header.encode(splitchars=" ", linesep="\r\n")


def _digest(key: str) -> str:
    """A key as the left side of a message id: keys hold colons, which a dot-atom may not."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def _named(name: str, address: str, header: str) -> str:
    """`name <address>`: the name quoted or in encoded words, the address on a line of its own if need be."""
    phrase = f'"{quote(name)}"' if name.isascii() and "=?" not in name else encode(name, header)
    last_line = f"{header}: {phrase}".rpartition("\r\n")[2]
    fits = len(last_line) + len(address) + 3 <= MAX_LINE_LENGTH
    return f"{phrase}{' ' if fits else LINE_BREAK}<{address}>"


def _from(sender: str, site_name: str) -> str:
    name, address = parseaddr(sender)
    return _named(name or site_name, address, "From")


def _recipient(address: str) -> str:
    try:
        found = validate_email(address, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        raise BadAddress(str(error)) from error
    return f"{found.local_part}@{found.ascii_domain}"
