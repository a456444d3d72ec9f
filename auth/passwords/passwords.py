"""Passwords: argon2id, never truncated, refused with the reason when short, common or guessable."""

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from importlib import import_module
from urllib.parse import urlsplit

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import current_app
from flask_babel import gettext as _

from auth.passwords import guessing

MIN_CHARACTERS_WITH_SECOND_FACTOR, MAX_CHARACTERS = 8, 256
MAX_TYPED_CHARACTERS = 1_000  # what is longer fits no account; so little is worked on
MAX_SCORED_CHARACTERS = 72  # zxcvbn raises above
MIN_POWER, MIN_POWER_WITH_SECOND_FACTOR = 9.0, 5.0  # of ten: guesses (docs/decisions/0519)
MIN_SCORE, MIN_SCORE_WITH_SECOND_FACTOR = 3, 2  # of zxcvbn: 10^8 and 10^6 guesses
_hasher = PasswordHasher()
_nobody = _hasher.hash("no account has this password")


@cache
def _judge() -> Callable[..., dict]:
    """zxcvbn, whose lists of words take 12 MB: only in processes in which a password is chosen."""
    return import_module("zxcvbn").zxcvbn


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def min_characters(*, only_factor: bool = True) -> int:
    """How long a password has to be; a setting where it is all that protects the account."""
    return current_app.config["REDOUBT_PASSWORD_LENGTH"] if only_factor else MIN_CHARACTERS_WITH_SECOND_FACTOR


def fault(password: str, *known: str, only_factor: bool = True) -> str | None:
    """Why this password is refused, in a sentence; None when it will do.

    `known` are what an attacker would try first: the username, the display name, the address. `only_factor`
    is False where the account has a second factor: then less is asked. The same rule for every way in.
    """
    if len(password) > MAX_CHARACTERS or len(password := _normal(password)) > MAX_CHARACTERS:
        return _("Use at most %(n)s characters.", n=MAX_CHARACTERS)
    if len(password) < (least := min_characters(only_factor=only_factor)):
        return _("Use at least %(n)s characters. A few unrelated words work well.", n=least)
    if guessing.is_listed(password):
        return _(
            "This is a common password. Use four or more unrelated words, or let a password manager "
            "create one."
        )
    words = _words(known)
    if guessing.power(password, words) < (MIN_POWER if only_factor else MIN_POWER_WITH_SECOND_FACTOR):
        return _(
            "This password is too easy to guess: it consists of common words, names, years or "
            "patterns. Use four or more unrelated words, or let a password manager create one."
        )
    result = _judge()(password[:MAX_SCORED_CHARACTERS], user_inputs=sorted(words))
    if result["score"] < (MIN_SCORE if only_factor else MIN_SCORE_WITH_SECOND_FACTOR):
        why = result["feedback"]["warning"] or _("It can be guessed quickly.")
        return _("This password is too easy to guess: %(why)s", why=why)
    return None


def _words(known: tuple[str, ...]) -> set[str]:
    """The words of the site and of the account, whole and in parts, in lower case."""
    site = current_app.config["REDOUBT_SITE_NAME"], urlsplit(current_app.config["REDOUBT_SITE_URL"]).hostname
    whole = {text.casefold() for text in (*known, *site) if text}
    parts = {part for text in whole for part in re.split(r"[\W_]+", text) if len(part) > 2}
    return whole | parts | {re.sub(r"[\W_]+", "", text) for text in whole}


def hash_password(password: str) -> str:
    """An argon2id hash of the normalised password."""
    return _hasher.hash(_normal(password))


def verify(password_hash: str | None, password: str) -> bool:
    """Whether the password fits; takes as long for an account that does not exist."""
    known, password = len(password) <= MAX_TYPED_CHARACTERS, password[:MAX_TYPED_CHARACTERS]
    try:
        _hasher.verify(password_hash or _nobody, _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return known and password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)
