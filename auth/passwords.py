"""Passwords: argon2id, at least 12 characters, never truncated, refused with the reason when guessable."""

import unicodedata
from collections.abc import Callable
from functools import cache
from importlib import import_module

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import gettext as _

SHORTEST, LONGEST, SCORED = 12, 256, 72  # zxcvbn raises above 72
_hasher = PasswordHasher()
_nobody = _hasher.hash("no account has this password")


@cache
def _judge() -> Callable[..., dict]:
    """zxcvbn, whose lists of words take 12 MB: only in processes in which a password is chosen."""
    return import_module("zxcvbn").zxcvbn


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def fault(password: str, *known: str) -> str | None:
    """Why this password is refused, in a sentence; None when it will do.

    `known` are words an attacker would try first: the username, the address.
    """
    password = _normal(password)
    if len(password) < SHORTEST:
        return _("Use at least %(n)s characters; a few unrelated words work well.", n=SHORTEST)
    if len(password) > LONGEST:
        return _("Use at most %(n)s characters.", n=LONGEST)
    result = _judge()(password[:SCORED], user_inputs=[word for word in known if word])
    if result["score"] < 3:
        why = result["feedback"]["warning"] or _("It would be guessed quickly.")
        return _("This password is too easy to guess: %(why)s", why=why)
    return None


def hash_password(password: str) -> str:
    """An argon2id hash of the normalised password."""
    return _hasher.hash(_normal(password))


def verify(password_hash: str | None, password: str) -> bool:
    """Whether the password fits; takes as long for an account that does not exist."""
    try:
        _hasher.verify(password_hash or _nobody, _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)
