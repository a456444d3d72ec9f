"""Severities in the words of issuers, in several languages. Pure."""

import re
import unicodedata

_WORDS = {
    "critical": (
        "critical kritisch kritische kritischer kritisches critique critica critico kritiek kritieke kritisk"
        " kriittinen krytyczny krytyczna krytyczne kriticka kriticky kritikus kritik"
        " критический критическая критичный 緊急 クリティカル 致命的 严重 嚴重 超危 紧急 긴급 심각 치명적"
    ),
    "important": (
        "important high severe serious major hoch hohe hoher hohes schwer schwerwiegend importante eleve"
        " elevee elevees haute haut grave alta alto altas altos elevata elevato hoog hoge ernstig hog hoy"
        " alvorlig"
        " korkea wysoki wysoka wysokie vysoka vysoky magas"
        " высокий высокая высокое 重要 高 高い 深刻 重大 高危 중요 높음"
    ),
    "moderate": (
        "moderate medium mittel mittlere mittlerer mittleres moyen moyenne modere moderee moderado moderada"
        " moderato media medio medie gemiddeld gemiddelde middel middelmatig matig medel mellem middels"
        " keskitaso sredni srednia srednie stredni kozepes orta"
        " средний средняя среднее 中 中程度 警告 中危 보통 중간"
    ),
    "low": (
        "low minor niedrig niedrige niedriger gering geringe geringer faible bas basse baja bajo baixa baixo"
        " bassa basso laag lage lag lav matala niski niska niskie nizka nizky alacsony dusuk"
        " низкий низкая низкое 低 低い 注意 軽微 低危 낮음"
    ),
}
_PHRASES = {
    "very high": "critical",
    "sehr hoch": "critical",
    "tres eleve": "critical",
    "muy alta": "critical",
}
_LETTERS = re.compile(r"[^\W\d_]+")
_NEGATIONS = frozenset("no not non nicht kein keine pas sin senza niet geen ikke inte none".split())
_STROKES = str.maketrans("øłı", "oli")
MAX_PHRASE_LENGTH = 80  # characters


def severity_of_word(word: str) -> str:
    """The severity for one term (High, kritisch, élevée, 重要), in any case; empty when unknown."""
    return _SEVERITY_OF.get(_plain(word), "")


def severity_of_phrase(text: str) -> str:
    """The severity in a short text that states one ("Schweregrad: hoch", "CRITICAL (9.8)"); else empty.

    Texts with a negation, or with words of several severities, state none.
    """
    if found := severity_of_word(text):
        return found
    words = _LETTERS.findall(_plain(text)) if len(text) <= MAX_PHRASE_LENGTH else []
    if not words or _NEGATIONS.intersection(words):
        return ""
    joined = " ".join(words)
    if phrase := next((each for each in _PHRASES if each in joined), ""):
        return _PHRASES[phrase]
    severities = {_SEVERITY_OF[word] for word in words if word in _SEVERITY_OF}
    return severities.pop() if len(severities) == 1 else ""


def _plain(text: str) -> str:
    """Folded to lower case without accents, except in scripts that need their marks."""
    folded = unicodedata.normalize("NFKC", text).strip().strip(".:!").casefold().translate(_STROKES)
    letters = unicodedata.normalize("NFD", folded)
    return unicodedata.normalize("NFC", "".join(each for each in letters if not "\u0300" <= each <= "\u036f"))


_SEVERITY_OF = {_plain(word): severity for severity, words in _WORDS.items() for word in words.split()}
