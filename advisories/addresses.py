"""Validate URLs and other URIs by RFC 3986, as CSAF does."""

import re
from ipaddress import IPv6Address
from urllib.parse import quote, urlsplit

MAX_URI_LENGTH = 2_000  # characters
_CHARACTER = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/{more}]|%[0-9A-Fa-f]{{2}})"
_PATH, _QUERY = (_CHARACTER.format(more=more) + "*" for more in ("", "?"))
_NAME = r"(?:[A-Za-z0-9\-._~!$&'()*+,;={more}]|%[0-9A-Fa-f]{{2}})*"
_HOST = rf"(?:{_NAME.format(more=':')}@)?(?:\[(?P<v6>[^\]]*)\]|{_NAME.format(more='')})(?::\d*)?"
_START = rf"[A-Za-z][A-Za-z0-9+.\-]*:(?://{_HOST}(?=[/?#]|$)|(?!//))"
_URI = re.compile(rf"{_START}{_PATH}(?:\?{_QUERY})?(?:#{_QUERY})?")


def percent_encode(address: str) -> str:
    """Percent-encode the characters that a URL must not contain: spaces, umlauts, brackets, a single %."""
    head, slashes, rest = address.partition("//")
    host, slash, path = rest.partition("/")
    path = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", quote(path, safe="%!$&'()*+,;=:@/?#~"))
    return f"{head}{slashes}{host}{slash}{path}"


def is_uri(value: str) -> bool:
    """Whether a value is an absolute URI."""
    match = _URI.fullmatch(value) if len(value) <= MAX_URI_LENGTH else None
    if match is None or match["v6"] is None:
        return match is not None
    try:
        return bool(IPv6Address(match["v6"]))
    except ValueError:
        return False


def is_web_address(value: str) -> bool:
    """Whether a value is an http(s) URL with a host."""
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and is_uri(value)
    except ValueError:
        return False
