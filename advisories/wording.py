"""What issuers say in sentences: exploited, no fix, no workaround, nothing to do, withdrawn. Pure functions.

A sentence counts only if it says so of the present case: negated, conditional and hypothetical sentences do
not ("no evidence of exploitation", "could be exploited", "if you use version 2, no action is required").
All patterns are bounded, so that a long text costs time in proportion to its length.
"""

import re

MAX_SENTENCES = 2_000  # of one text
MAX_SENTENCE_LENGTH = 600  # characters; longer ones are cut
_SENTENCES = re.compile(r"(?<=[.!?])\s+|[\n\r;•]+|\s-\s|:\s*\n")
_CLAUSES = re.compile(
    r",\s+(?:and|but|so|while|although|though|however)\b|\b(?:but|however|although|though)\b"
)
_CVE = re.compile(r"\bCVE-\d{4}-\d{4,19}\b", re.I)

# --- exploited ---------------------------------------------------------------------------------------------
_LABELLED = re.compile(
    r"\b(?:exploited|exploited in the wild|known exploited|exploitation)\s{0,3}[:=]\s{0,3}"
    r"(?:yes|true|active|confirmed|detected|wild)\b|\bexploitation detected\b",
    re.I,
)
_EXPLOITED = re.compile(
    r"\bexploit(?:ed|ation|ations|s|ing)?\b[^.]{0,80}\bin[- ]the[- ]wild\b"
    r"|\bin[- ]the[- ]wild\b[^.]{0,30}\bexploit(?:ed|ation|s)?\b"
    r"|\b(?:actively|currently|already|widely|mass)[- ]{0,2}(?:being |been )?exploited\b"
    r"|\bactive(?:ly)? exploitation\b"
    r"|\bunder active (?:exploitation|attack)\b"
    r"|\b(?:has|have|had|was|were|is|are|being|been)(?: been| being)?"
    r"(?: (?:actively|widely|successfully|publicly|already|also|recently))? exploited\b[^.]{0,60}"
    r"\b(?:attacks?|attackers?|threat actors?|malicious actors?|adversar(?:y|ies)|ransomware|zero[- ]?day"
    r"|campaigns?|customers)\b"
    r"|\bmay have been (?:actively )?exploited\b"
    r"|\b(?:aware of|observed|observing|detected|confirmed|reports? of|reported|seen|evidence of)\b[^.]{0,30}"
    r"\b(?:active|limited|targeted|malicious|successful|ongoing|in-the-wild|real-world|attempted|widespread)"
    r"[^.]{0,30}\b(?:exploitation|exploits?|exploited|attacks exploiting)\b"
    r"|\baware (?:of|that)\b[^.]{0,40}\b(?:exploitation of|attacks (?:that )?exploit)"
    r"|\b(?:zero[- ]day|0-day)\b[^.]{0,40}\bexploited\b"
    r"|\bexploited as an? (?:zero[- ]day|0-day)\b"
    r"|\bknown exploited vulnerabilit(?:y|ies)\b",
    re.I,
)
_NEGATION = re.compile(
    r"\b(?:no|not|never|none|without|neither|nor|unaware|lack|absence|cannot|nothing|false|unlikely"
    r"|zero(?![- ]?day))\b|n[’']t\b",
    re.I,
)
_HYPOTHETICAL = re.compile(
    r"\b(?:if|whether|could|would|might|should|can|may|must|potential(?:ly)?|possible|possibly|possibility"
    r"|risk of|prevent|avoid|in case|when|once|unless|until|before (?:this|it|they)|likelihood|probability"
    r"|expect(?:ed)?"
    r"|proof[- ]of[- ]concept|poc|similar to)\b",
    re.I,
)
_MAY_HAVE = re.compile(r"\bmay have been\b", re.I)
_AFTER = re.compile(r"\s{0,3}[:=?][:\s]{0,3}(?:no|none|unknown|false|not|n/a|unproven)\b", re.I)

# --- what is listed as a fix, and is none -------------------------------------------------------------------
_MEASURE = re.compile(
    r"\b(?:restrict|deactivate|disable|block|isolate|segment|minimi[sz]e|limit|monitor|protect)\b"
    r"|\bturned off\b|\bstop(?:ped)? using\b|\bstrateg(?:y|ies) for mitigation\b|\bsending a letter\b"
    r"|\breleased additional (?:\w+ ){0,4}information\b|\bgeneral security\b",
    re.I,
)
_INSTALLABLE = re.compile(
    r"\b(?:up(?:date|grad)\w*|patch\w*|hot-?fix\w*|fix|fixes|fixed|firmware|versions?|builds?|v\d\S*|\d+\.\d\S*"
    r"|download\w*|install\w*|replace\w*|newer|latest|remediat\w*|correct\w*|resolv\w*|address(?:es|ed)|kb\d+"
    r"|service pack|migrat\w*)\b",
    re.I,
)

# --- no fix ------------------------------------------------------------------------------------------------
_NO_FIX = re.compile(
    r"\bno (?:known |official |vendor |security |current |available |planned |software )?"
    r"(?:fix(?:es)?|patch(?:es)?|patched version|fixed version|update|upgrade|solution|remed(?:y|iation))"
    r"(?: version)?\b(?! (?:is |are )?(?:required|needed|necessary))"
    r"|\b(?:fix(?:es)?|patch(?:es)?|updates?|solutions?|remediations?)\b[^.]{0,30}"
    r"\b(?:is|are|has|have|was|will)(?: not|n[’']t)(?: be| been| yet| currently| yet been){0,2}"
    r" (?:available|released|provided|planned|issued|published|developed|fixed)\b"
    r"|\b(?:will not|won[’']t|does not plan to|do not plan to|not going to|no plans? to)"
    r"(?: be| release| provide| issue| publish| address| develop| a| any| the){0,4}"
    r" ?(?:fix(?:ed)?|patch(?:ed|es)?|address(?:ed)?|updates?|resolved?)\b"
    r"|\b(?:unpatched|no longer (?:supported|maintained)|end[- ]of[- ](?:life|support)|discontinued)\b",
    re.I,
)
_FIX_TOO = re.compile(
    r"\b(?:upgrade|update|updating|upgrading|migrate|install|apply)\b[^.]{0,40}\b(?:to|the)\b[^.]{0,40}\d"
    r"|\bfixed in\b|\bhas (?:been )?released\b",
    re.I,
)
_NOTHING = re.compile(r"\W{0,3}(?:none|n/?a|not available|not applicable|no|unknown|-)\W{0,3}", re.I)

# --- no workaround, nothing to do, withdrawn ---------------------------------------------------------------
_NO_WORKAROUND = re.compile(
    r"\b(?:no|not any|none)\b[^.]{0,40}\b(?:workarounds?|mitigations?|work-arounds?)\b"
    r"|\b(?:workarounds?|mitigations?)\b[^.]{0,60}\b(?:(?:is|are)(?: either)? not available"
    r"|(?:is|are) unavailable"
    r"|do(?:es)? not (?:exist|meet))",
    re.I,
)
_NO_ACTION = re.compile(
    r"\bno (?:further |additional |immediate )?(?:customer |user |client )?action(?:s)?"
    r" (?:is |are |was )?(?:required|needed|necessary)\b"
    r"|\bno (?:customer|user) action\b"
    r"|\bthere is no action for (?:users|customers)\b"
    r"|\b(?:customers|users|you) (?:do not|don[’']t) (?:need|have) to (?:take any action|do anything|act)\b"
    r"|\b(?:customers|users) need (?:to )?take no action\b"
    r"|\bno action on the part of (?:the )?(?:customers|users)\b"
    r"|\brequires no (?:customer|user) action\b",
    re.I,
)
_CONDITION = re.compile(
    r"\b(?:if|unless|except|only|automatic(?:ally)?|auto-?update|who|whose|those|with|running|enabled"
    r"|other than"
    r"|versions?|to install|why|not affected|until|some|most|for this vulnerability if)\b",
    re.I,
)
_WITHDRAWN_TITLE = re.compile(
    r"\W{0,4}(?:withdrawn|retracted|revoked|rejected|reject)\s{0,2}(?:[\])*:–—-]|$)"
    r"|.{0,300}[\[(](?:withdrawn|retracted|revoked|rejected)[\])]\s*$",
    re.I,
)
_WITHDRAWN = re.compile(
    r"\b(?:this |the )?(?:advisory|bulletin|document|notice)\s(?:is|was|has been|is hereby|is being)\s"
    r"(?:withdrawn|retracted|revoked)\b|\W{0,4}(?:withdrawn|retracted|revoked)\b",
    re.I,
)


def sentences(text: str) -> list[str]:
    """The sentences and lines of a text, at most MAX_SENTENCES, each cut at MAX_SENTENCE_LENGTH."""
    parts = _SENTENCES.split(text, maxsplit=MAX_SENTENCES)[:MAX_SENTENCES]
    return [line for part in parts if (line := " ".join(part[:MAX_SENTENCE_LENGTH].split()))]


def exploited_sentence(text: str, cve: str = "") -> str:
    """The first sentence that says that a vulnerability is exploited; empty when none does.

    A sentence about other CVEs than `cve` does not count.
    """
    for sentence in sentences(text):
        named = {found.upper() for found in _CVE.findall(sentence)}
        if named and cve not in named:
            continue
        if _says_exploited(sentence):
            return sentence
    return ""


def _says_exploited(sentence: str) -> bool:
    if _LABELLED.search(sentence):
        return True
    for clause in _CLAUSES.split(sentence):
        match = _EXPLOITED.search(clause)
        if match is None or _AFTER.match(clause, match.end()):
            continue
        before = clause[max(0, match.start() - 80) : match.start()]
        said = f"{before}{_MAY_HAVE.sub('was', match[0])}"
        if not _NEGATION.search(said) and not _HYPOTHETICAL.search(_MAY_HAVE.sub("was", said)):
            return True
    return False


def says_no_fix(text: str) -> bool:
    """Whether a solution says that there is none: "No patch is available", "End of life", "None"."""
    if _NOTHING.fullmatch(text.strip()):
        return True
    return bool(_NO_FIX.search(text[:MAX_SENTENCE_LENGTH])) and not _FIX_TOO.search(
        text[:MAX_SENTENCE_LENGTH]
    )


def is_measure_only(text: str) -> bool:
    """Whether the text of a fix tells to protect or to stop using the product, and names nothing to install.

    Some issuers list such advice as a fix.
    """
    head = text[: MAX_SENTENCE_LENGTH * 2]
    return bool(_MEASURE.search(head)) and not _INSTALLABLE.search(head)


def says_no_workaround(text: str) -> bool:
    """Whether a text on workarounds says only that there are none."""
    found = sentences(text)
    if _NOTHING.fullmatch(text.strip()):
        return True
    return 0 < len(found) <= 2 and all(map(_NO_WORKAROUND.search, found))


def no_action_sentence(text: str) -> str:
    """The first sentence that says without a condition that customers need not act; empty when none does."""
    for sentence in sentences(text):
        match = _NO_ACTION.search(sentence)
        if match and not _CONDITION.search(sentence.replace(match[0], "")):
            return sentence
    return ""


def is_withdrawn(title: str, last_revision: str) -> bool:
    """Whether a title is marked as withdrawn or rejected, or the last revision says that it is withdrawn."""
    return bool(
        _WITHDRAWN_TITLE.match(title[:400]) or any(map(_WITHDRAWN.match, sentences(last_revision)[:3]))
    )
