"""One spelling for words with several: British ones become American, letters with marks become plain ones.

Texts and queries are treated alike, so a word that is changed without need does no harm.
"""

import re
import unicodedata

MIN_BRITISH_LENGTH = 6  # letters; "hour" and "rise" have one spelling only
_DOUBLED_L = re.compile(
    r"((?:cance|trave|mode|labe|signa|tunne|fue|leve|channe|pane|initia|tota|marsha|counse|dia|equa|riva|unrave"
    r"|penci|quarre|spira|shove|towe|jewe|libe|marve|due|meda|peda|funne|barre|chise|devi|trai|reve|swive|tria"
    r"|virtua|parce|patro|propel|expel)l)l(ed|ing|er|ers|or|ors|ings)"
)
# -ise that is part of the stem: the same in both spellings, so that "precise" stays beside "precision".
_ALWAYS_ISE = re.compile(
    r"(?:adv|rev|superv|dev|telev|improv|compr|comprom|surpr|enterpr|exerc|expert|franch|prom|prem|prec|conc|exc"
    r"|inc|disgu|merchand|dem|appr|circumc|otherw|likew|clockw|lengthw|stepw|pairw|bitw|wordw|ra|pra|appra|bru|cru"
    r"|tortoi|chast|desp|parad|no|po|liai|mo)is(?:e|ed|es|er|ers|ing)"
)
_BRITISH_ENDINGS = (  # (ending, replacement)
    (re.compile("^practis"), "practic"),
    (re.compile("is(e|ed|es|er|ers|ing|ation|ations|ational|able)$"), r"iz\1"),
    (re.compile("ys(e|ed|es|er|ers|ing)$"), r"yz\1"),
    (re.compile("our(s|ed|ing|er|ers|al|able|ably|ful|ite|ites|hood|less|y)?$"), r"or\1"),
    (re.compile("tre(s|d)?$"), r"ter\1"),
    (re.compile("ogue(s|d)?$"), r"og\1"),
    (re.compile("(lic|def|off|pret)ence(s|d)?$"), r"\1ense\2"),
    (re.compile("programme(s)?$"), r"program\1"),
    (re.compile("(judg|acknowledg|abridg)ement(s)?$"), r"\1ment\2"),
    (re.compile("^(enro|fulfi|insti|disti|enthra|appa)l(s|ment|ments)?$"), r"\1ll\2"),
    (re.compile("^(ski|wi)lful"), r"\1llful"),
    (re.compile("ae(?=(?:sth|mi|mo|ma|di|olog|val))"), "e"),
    (re.compile("(?<=man)oeuv"), "euv"),
    (re.compile("^(un)?likeable"), r"\1likable"),
    (re.compile("^(re)?sizeable"), r"\1sizable"),
)
_BRITISH_WORDS = {
    british + ending: american + ending
    for british, american, endings in (
        ("grey", "gray", ("", "s", "ed", "ing", "list", "lists", "listed", "listing")),
        ("cheque", "check", ("", "s")),
        ("tyre", "tire", ("", "s")),
        ("mould", "mold", ("", "s", "ed", "ing")),
        ("plough", "plow", ("", "s", "ed", "ing")),
        ("artefact", "artifact", ("", "s")),
        ("aluminium", "aluminum", ("",)),
        ("sceptic", "skeptic", ("", "s", "al", "ism")),
        ("ageing", "aging", ("",)),
        ("instal", "install", ("", "s")),
        ("whilst", "while", ("",)),
        ("amongst", "among", ("",)),
        ("learnt", "learned", ("",)),
        ("spelt", "spelled", ("",)),
        ("burnt", "burned", ("",)),
        ("disc", "disk", ("", "s")),
        ("encyclopaedia", "encyclopedia", ("", "s")),
        ("jewellery", "jewelry", ("",)),
        ("pyjama", "pajama", ("", "s")),
        ("sulphur", "sulfur", ("",)),
        ("cosy", "cozy", ("",)),
        ("draught", "draft", ("", "s")),
        ("speciality", "specialty", ("",)),
        ("towards", "toward", ("",)),
        ("afterwards", "afterward", ("",)),
        ("maths", "math", ("",)),
    )
    for ending in endings
}
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
_TWO_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})


def american(word: str) -> str:
    """The American spelling of a word in lower case."""
    if word in _BRITISH_WORDS:
        return _BRITISH_WORDS[word]
    if len(word) < MIN_BRITISH_LENGTH or _ALWAYS_ISE.fullmatch(word):
        return word
    if match := _DOUBLED_L.fullmatch(word):
        return match[1] + match[2]
    for ending, other in _BRITISH_ENDINGS:
        if ending.search(word):
            return ending.sub(other, word)
    return word


def lower(word: str) -> str:
    """A word in lower case with composed letters (NFC), without a possessive `'s`."""
    word = word.casefold().replace("’", "'").removesuffix("'s")
    return word if word.isascii() else unicodedata.normalize("NFC", word)


def fold(word: str) -> str:
    """A word in lower case without marks: "łódź" is lodz, "größe" is grosse."""
    if word.isascii():
        return word
    word = word.translate(_LETTERS)
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


def in_two_letters(word: str) -> str:
    """A word in lower case as typed without the keys ä, ö, ü, ø, å: "größe" is groesse; else empty."""
    if word.isascii():
        return ""
    other = word.translate(_TWO_LETTERS)
    return fold(other) if other != word else ""
