"""Passwords: hashed with argon2id, never truncated; short, common and guessable ones are refused."""

import base64
import re
import unicodedata
from collections.abc import Callable
from functools import cache
from importlib import import_module
from urllib.parse import urlsplit

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION
from flask import current_app
from flask_babel import gettext as _

from auth.passwords import strength

MIN_CHARACTERS_WITH_SECOND_FACTOR = 8
MAX_CHARACTERS = 256
MAX_VERIFIED_CHARACTERS = 1_000  # bounds the work on longer input, which no account has
MAX_SCORED_CHARACTERS = 72  # zxcvbn raises above
MIN_GUESSES_LOG10 = 9.0  # docs/decisions/0519
MIN_GUESSES_LOG10_WITH_SECOND_FACTOR = 5.0
MIN_ZXCVBN_SCORE = 3  # 10^8 guesses
MIN_ZXCVBN_SCORE_WITH_SECOND_FACTOR = 2  # 10^6 guesses
_hasher = PasswordHasher()


def _unpadded_zeros(length: int) -> str:
    """`length` bytes of zeros in base64 as argon2 writes it."""
    return base64.b64encode(bytes(length)).decode().rstrip("=")


# Of no password, with the parameters of real hashes: it takes as long to verify, and no time to make.
_unknown_account_hash = (
    f"$argon2id$v={ARGON2_VERSION}$m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    f"${_unpadded_zeros(_hasher.salt_len)}${_unpadded_zeros(_hasher.hash_len)}"
)


@cache
def _zxcvbn() -> Callable[..., dict]:
    """The zxcvbn function; its word lists take 12 MB and are loaded when a password is first chosen."""
    return import_module("zxcvbn").zxcvbn


def _normalize(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def min_characters(*, only_factor: bool = True) -> int:
    """The minimum length; a setting where the password is the only factor."""
    return current_app.config["REDOUBT_PASSWORD_LENGTH"] if only_factor else MIN_CHARACTERS_WITH_SECOND_FACTOR


def error(password: str, *known: str, only_factor: bool = True) -> str | None:
    """A sentence on why this password is refused; None when it is accepted.

    `known` are words of the account: username, display name, address. `only_factor` is False where the
    account has a second factor, which lowers the requirements.
    """
    if len(password) > MAX_CHARACTERS or len(password := _normalize(password)) > MAX_CHARACTERS:
        return _("Use at most %(n)s characters.", n=MAX_CHARACTERS)
    if len(password) < (min_length := min_characters(only_factor=only_factor)):
        return _("Use at least %(n)s characters. A few unrelated words work well.", n=min_length)
    if strength.is_listed(password):
        return _(
            "This is a common password. Use four or more unrelated words, or let a password manager "
            "create one."
        )
    words = _words(known)
    if strength.guesses_log10(password, words) < (
        MIN_GUESSES_LOG10 if only_factor else MIN_GUESSES_LOG10_WITH_SECOND_FACTOR
    ):
        return _(
            "This password is too easy to guess: it consists of common words, names, years or "
            "patterns. Use four or more unrelated words, or let a password manager create one."
        )
    result = _zxcvbn()(password[:MAX_SCORED_CHARACTERS], user_inputs=sorted(words))
    if result["score"] < (MIN_ZXCVBN_SCORE if only_factor else MIN_ZXCVBN_SCORE_WITH_SECOND_FACTOR):
        why = result["feedback"]["warning"] or _("It can be guessed quickly.")
        return _("This password is too easy to guess: %(why)s", why=why)
    return None


def _words(known: tuple[str, ...]) -> set[str]:
    """Words of the site and of the account, whole and in parts, in lower case."""
    site = current_app.config["REDOUBT_SITE_NAME"], urlsplit(current_app.config["REDOUBT_SITE_URL"]).hostname
    whole = {text.casefold() for text in (*known, *site) if text}
    parts = {part for text in whole for part in re.split(r"[\W_]+", text) if len(part) > 2}
    return whole | parts | {re.sub(r"[\W_]+", "", text) for text in whole}


def hash_password(password: str) -> str:
    """An argon2id hash of the normalised password."""
    return _hasher.hash(_normalize(password))


def verify(password_hash: str | None, password: str) -> bool:
    """Whether the password matches the hash; takes as long without a hash (no such account)."""
    is_complete = len(password) <= MAX_VERIFIED_CHARACTERS
    password = password[:MAX_VERIFIED_CHARACTERS]
    try:
        _hasher.verify(password_hash or _unknown_account_hash, _normalize(password))
    except (VerificationError, InvalidHashError):
        return False
    return is_complete and password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with weaker parameters than the current ones."""
    return _hasher.check_needs_rehash(password_hash)
