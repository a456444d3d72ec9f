"""Find the language of a text, among those that the site names in REDOUBT_LANGUAGES.

py3langid's model takes 11 MB and a tenth of a second to load, which happens at the first text that is not
plainly English; a text then takes less than a millisecond.
"""

import re
import threading
from functools import lru_cache

from flask import current_app, has_app_context
from py3langid.langid import MODEL_FILE, LanguageIdentifier

ENGLISH = "en"
MAX_CHARACTERS = 2_000  # of a text that are read
MIN_LETTERS = 8
MIN_PROBABILITY = 0.6
MIN_ENGLISH_SHARE = 0.2  # of words that only English has, from which no model is needed
_ENGLISH_WORDS = frozenset(
    "the of and to is for that with this are be it as from by or which when how what does not you your can "
    "should will if have has after before all but we my our an at on".split()
)
_WORD = re.compile(r"(?<!\S)[^\W\d_]+(?=[\s.,;:!?]|$)")  # no names of files, addresses or identifiers
_lock = threading.Lock()


def language_of(text: str) -> str:
    """The ISO 639 code of the language of a text; empty when it is too short or none is probable."""
    chosen = current_app.config["REDOUBT_LANGUAGES"] if has_app_context() else ()
    if len(chosen) < 2:
        return "".join(chosen)
    words = _WORD.findall(text[:MAX_CHARACTERS])
    plain = " ".join(words)
    if len(plain) < MIN_LETTERS:
        return ""
    if (
        sum(word.lower() in _ENGLISH_WORDS for word in words) >= MIN_ENGLISH_SHARE * len(words)
        and plain.isascii()
    ):
        return ENGLISH
    code, probability = _identifier(tuple(chosen)).classify(plain)
    return str(code) if probability >= MIN_PROBABILITY else ""


@lru_cache(maxsize=1)
def _identifier(languages: tuple[str, ...]) -> LanguageIdentifier:
    """The model, limited to some languages."""
    with _lock:
        found = LanguageIdentifier.from_pickled_model(MODEL_FILE, norm_probs=True)
        found.set_languages(sorted({*languages, ENGLISH} & set(found.nb_classes)))
        return found
