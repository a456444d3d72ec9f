"""Parsers of the values of settings: each takes the text of a setting and raises ValueError with advice."""

from collections.abc import Callable
from contextlib import suppress
from math import inf
from urllib.parse import urlsplit

MAX_DAYS = 3_650


def choice(*allowed: str) -> Callable[[str], str]:
    """A parser of one of the `allowed` words."""

    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError("must be one of: " + ", ".join(allowed))
        return text

    parse.__doc__ = "|".join(allowed)
    return parse


def switch(text: str) -> bool:
    """True for `on`, False for `off`."""
    return choice("on", "off")(text) == "on"


def url(text: str) -> str:
    """The address of a site: scheme and host, without a slash at the end."""
    parts = urlsplit(text)
    if text and not (parts.scheme in ("http", "https") and parts.hostname):
        raise ValueError("must be https:// and a name (or http:// for a trial)")
    if parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("must be a host alone: the site is served at the root of its own name")
    return text.rstrip("/")


def address(*beginnings: str) -> Callable[[str], str]:
    """A parser of URLs that begin with one of `beginnings`, or are empty."""

    def parse(text: str) -> str:
        if text and not text.startswith(beginnings):
            raise ValueError("must start with " + " or ".join(beginnings))
        return text

    return parse


POSTGRESQL_SCHEMES = "postgresql://", "postgresql+psycopg://"


def replicas(text: str) -> tuple[str, ...]:
    """Addresses of PostgreSQL, separated by commas."""
    return tuple(address(*POSTGRESQL_SCHEMES)(part.strip()) for part in text.split(",") if part.strip())


def token(text: str) -> str:
    """A token of 20 or more characters; empty for none."""
    if text and (len(text) < 20 or not text.isascii() or not text.isprintable() or " " in text):
        raise ValueError("must be 20 or more letters and digits")
    return text


def whole_number(least: int, most: int, noun: str = "") -> Callable[[str], int]:
    """A parser of a whole number from `least` to `most`."""

    def parse(text: str) -> int:
        with suppress(ValueError):
            if least <= (number := int(text)) <= most:
                return number
        raise ValueError(f"must be a whole number{noun}, {least} to {most:,}")

    return parse


def days(least: int) -> Callable[[str], int]:
    """A parser of a number of days, `least` or more."""
    return whole_number(least, MAX_DAYS, " of days")


def http_urls(text: str) -> tuple[str, ...]:
    """Addresses of servers, with http:// or https://, separated by commas."""
    urls = tuple(part.strip() for part in text.split(",") if part.strip())
    for each in urls:
        parts = urlsplit(each)
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            raise ValueError("must be addresses such as http://10.0.0.2:6081, separated by commas")
    return urls


def at_least_zero(kind: type) -> Callable[[str], float]:
    """A parser of a number of this kind, 0 or more."""

    def parse(text: str) -> float:
        with suppress(ValueError):
            if 0 <= (value := kind(text)) < inf:
                return value
        raise ValueError(f"must be a {'whole ' * (kind is int)}number, 0 or more")

    return parse


def scale(text: str) -> float | None:
    """A factor, 0 or more; None for `auto`."""
    return None if text == "auto" else at_least_zero(float)(text)


LANGUAGES = frozenset(
    "ar ca cs da de el en es et fi fr hi hu it ja ko lt nl no pl pt ro ru sr sv th tr uk zh".split()
)


def languages(text: str) -> tuple[str, ...]:
    """Languages as ISO 639 codes, separated by commas."""
    codes = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not codes or not LANGUAGES.issuperset(codes):
        raise ValueError("must be codes separated by commas, of: " + ", ".join(sorted(LANGUAGES)))
    return codes


def loopback_origins(text: str) -> tuple[str, ...]:
    """Servers on this machine as HOST:PORT, separated by commas."""
    origins = tuple(part.strip() for part in text.split(",") if part.strip())
    for origin in origins:
        host, _colon, port = origin.rpartition(":")
        if host not in ("127.0.0.1", "localhost") or not port.isdecimal():
            raise ValueError("must be 127.0.0.1:PORT or localhost:PORT, separated by commas")
    return origins
