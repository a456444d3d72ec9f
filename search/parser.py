"""Parser of the query language; never raises, everything is capped.

tag:dns user:ada kind:article is:accepted layer:host before:2026 after:2025-03 "a phrase" -not -tag:old
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from core.web.lazy_text import lazy_gettext as _
from search.analysis import compounds, synonyms_in, terms, tokens
from search.spellings import in_two_letters, lower

MAX_QUERY_LENGTH = 1000  # characters
MAX_TERMS = 32
MAX_PHRASES = 3
MAX_PHRASE_TERMS = 12
MAX_EXCLUDED = 12
MAX_FILTERS = 8  # values of one field
MAX_VALUE_LENGTH = 60  # characters of a filter
MAX_ALTERNATIVES = 8  # of one term
KINDS = ("question", "answer", "article", "bulletin", "user", "tag", "product")
FILTERS = {  # name: (field of the index, allowed values)
    "tag": ("tag", ()),
    "user": ("author", ()),
    "author": ("author", ()),
    "kind": ("kind", KINDS),
    "is": ("state", ("answered", "unanswered", "accepted", "verified", "exploited", "unpatched")),
    "layer": ("layer", ("perimeter", "network", "host", "application", "data")),
    "title": ("title", ()),
}
ALIASES = {"member": "user", "people": "user", "person": "user"}
DATES = ("before", "after")
EXCLUDED = re.compile(r"-[^\W\d_A-Z][\w.+#-]{2,}")  # parameters of programs begin like -F, -12 or --
PARAMETER = re.compile(r"--?\w[\w.+#-]*")
# Verb-Noun; in lower case only with a cmdlet verb and no noun of common compounds ("read-only").
CMDLET = re.compile(
    r"""(?-i:[A-Za-z]{2,}-[A-Z]\w+)
    | (?:add|clear|connect|convert(?:from|to)?|copy|disable|disconnect|dismount|enable|enter|exit|expand
    |export|find|format|get|grant|import|install|invoke|join|lock|measure|mount|move|new|open|out|ping|publish|read
    |receive|register|remove|rename|repair|reset|resolve|restart|restore|resume|revoke|save|search|select|send
    |set|show|start|stop|suspend|sync|test|trace|unblock|uninstall|unlock|unregister|update|wait|write)
    -(?!(?:based|line|only|protect(?:ed)?|side|source|text|top|born|wide|over|back|ended|bed|driven)$)[a-z]\w{2,}
    """,
    re.IGNORECASE | re.VERBOSE,
)
# Programs whose parameters are words after a single minus; none whose name is also a topic (ssh, docker).
PROGRAMS = frozenset(
    """
    adb adduser appcmd auditpol awk bcdedit bcp bitsadmin bootrec cacls certreq certutil chkdsk chmod
    chown cmdkey cscript csvde curl dcdiag dcpromo diskpart dism dnscmd driverquery dsacls dsget dsmod
    dsquery esxcli eventcreate ffmpeg findstr fsutil gpg gpresult gpupdate grep hping hping3 icacls
    ifconfig ipconfig iptables journalctl keytool klist ksetup ktpass ldapmodify ldapsearch ldifde ldp
    logman ls lsof manage-bde mpcmdrun msbuild msiexec mstsc mysqldump nbtstat nc ncat netdom netsh
    netstat nltest nmap nslookup ntdsutil openssl pathping pkgmgr pnputil powercfg powershell ps psexec
    pwsh qwinsta rasdial regsvr32 repadmin robocopy rpm rundll32 schtasks scp secedit setspn sfc
    signtool slmgr sqlcmd ss systeminfo takeown tar taskkill tasklist tcpdump tracert tshark useradd
    usermod vssadmin w32tm wbadmin wevtutil wget wget2 wmic wscript wuauclt wusa xcopy""".split()
)
_PIECE = re.compile(
    r""" -?"(?P<phrase>[^"]*)"
                       | (?P<minus>-?) (?P<name>\w+) : (?P<value>"[^"]*"|[^\s"]*)
                       | \S+ """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Filter:
    """A filter as typed, and the query text without it (the link that removes the filter)."""

    text: str
    without: str


@dataclass
class Query:
    """A parsed query; `terms` and the terms in `phrases` and `excluded` are terms of the index.

    `only` and `without` map a field of the index to required and excluded values. `sequence` are the terms of
    words, phrases and `title:` in order, with repetitions. `alternatives` maps a term to others that match in
    its place. `before` and `after` are UTC; `unfiltered` is the text without filters.
    """

    text: str = ""
    terms: list[str] = field(default_factory=list)
    alternatives: dict[str, list[str]] = field(default_factory=dict)
    sequence: list[str] = field(default_factory=list)
    phrases: list[list[str]] = field(default_factory=list)
    excluded: list[list[str]] = field(default_factory=list)
    only: dict[str, list[str]] = field(default_factory=dict)
    without: dict[str, list[str]] = field(default_factory=dict)
    before: datetime | None = None
    after: datetime | None = None
    filters: list[Filter] = field(default_factory=list)
    unfiltered: str = ""
    warnings: list[str] = field(default_factory=list)

    @property
    def has_words(self) -> bool:
        """Whether there is anything to rank by."""
        return bool(self.terms or self.phrases)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to search for."""
        return not (self.has_words or self.excluded or self.only or self.without or self.before or self.after)

    @property
    def one_per_thread(self) -> bool:
        """Whether of a question and its answers only the best is shown: unless answers are asked for."""
        return "answer" not in self.only.get("kind", ())

    def typed_terms(self) -> list[str]:
        """Distinct terms of words and phrases."""
        return list(dict.fromkeys([*self.terms, *(term for phrase in self.phrases for term in phrase)]))

    def all_terms(self) -> list[str]:
        """Distinct terms of words, phrases and alternatives."""
        others = [other for term in self.terms for other in self.alternatives.get(term, ())]
        return list(dict.fromkeys([*self.typed_terms(), *others]))

    def add_alternatives(self, term: str, others: Iterable[str]) -> None:
        """Let any of `others` match in place of a term."""
        known = self.alternatives.setdefault(term, [])
        known += [other for other in others if other != term and other not in known]
        del known[MAX_ALTERNATIVES:]


def parse(text: str, *, excludes: bool = True) -> Query:
    """Parse the text of the search box; with `excludes=False` a minus has no meaning."""
    query = Query(
        text=" ".join("".join(c if c.isprintable() else " " for c in text[:MAX_QUERY_LENGTH]).split())
    )
    if len(text) > MAX_QUERY_LENGTH:
        query.warnings.append(_("Only the first %(n)s characters were used.", n=MAX_QUERY_LENGTH))
    plain: list[str] = []
    loose: list[str] = []  # analyzed together: identifiers may contain spaces ("cve 2017 0144")
    unfiltered: list[str] = []
    wanted: list[str] = []  # words and phrases
    for match in _PIECE.finditer(query.text):
        phrase, minus, name, value = match.group("phrase", "minus", "name", "value")
        if name is not None and name.lower() in (*FILTERS, *DATES):
            if _filter(query, name.lower(), value.strip('"').lower(), bool(minus)):
                without = query.text[: match.start()] + query.text[match.end() :]
                query.filters.append(Filter(match[0], " ".join(without.split())))
            continue
        if match[0].startswith("-") and excludes and _is_exclusion(match, query.text):
            without = query.text[: match.start()] + query.text[match.end() :]
            query.filters.append(Filter(match[0], " ".join(without.split())))
            _exclude(query, terms(match[0][1:]))
            unfiltered.append(match[0])
            continue
        unfiltered.append(match[0])
        wanted.append(phrase if phrase is not None else match[0])
        if phrase is not None:
            plain += _phrase(query, terms(phrase))
        else:
            loose.append(match[0])
    together = " ".join(loose)
    plain += terms(together)
    query.unfiltered = " ".join(unfiltered)
    query.terms = list(dict.fromkeys([*query.terms, *plain]))
    query.sequence = [*terms(" ".join(wanted)), *query.only.get("title", ())]
    if len(query.terms) > MAX_TERMS:
        query.terms = query.terms[:MAX_TERMS]
        query.warnings.append(_("Only the first %(n)s words were used.", n=MAX_TERMS))
    _add_spellings(query, together)
    if query.text and query.is_empty and not query.warnings:
        query.warnings.append(_("All of these words are too common to search for."))
    return query


def _is_exclusion(match: re.Match, text: str) -> bool:
    """Whether a minus excludes: before a phrase, or before a word in lower case.

    Negative numbers, parameters of programs and cmdlets, and single dashes do not exclude. After other words,
    several words with a minus at the end of the query count as parameters of an unknown program.
    """
    if match["phrase"] is not None:
        return True
    if not EXCLUDED.fullmatch(match[0]):
        return False
    before = text[: match.start()].split()
    after = text[match.end() :].split()
    if not before:
        return True
    if _is_program(before[0]) or _is_program(before[-1]) or any(map(CMDLET.fullmatch, before)):
        return False
    is_last = all(map(PARAMETER.fullmatch, after))
    has_others = bool(after) or PARAMETER.fullmatch(before[-1]) is not None
    follows_words = any(not word.startswith("-") for word in before)
    return not (is_last and has_others and follows_words)


def _is_program(word: str) -> bool:
    return word.casefold().removesuffix(".exe") in PROGRAMS


def _add_spellings(query: Query, text: str) -> None:
    """Add alternatives: ä as ae, the joined form of compounds and the first of several synonyms."""
    found: list[str] = []
    for term, start, end, kind in tokens(text):
        found.append(term)
        if kind == "word" and (other := in_two_letters(lower(text[start:end]))):
            query.add_alternatives(term, terms(other))
    for joined, start, end in compounds(text):
        for term in terms(text[start:end]):
            query.add_alternatives(term, [joined])
    for first, place, length in synonyms_in(found):
        for term in found[place : place + length]:
            query.add_alternatives(term, [first])


def _phrase(query: Query, found: list[str]) -> list[str]:
    """Add a phrase to the query; return the terms that must be searched as single words instead."""
    if len(found) < 2:
        return found
    if len(query.phrases) == MAX_PHRASES:
        query.warnings.append(_("Only the first %(n)s phrases were used as phrases.", n=MAX_PHRASES))
        return found
    query.phrases.append(found[:MAX_PHRASE_TERMS])
    return []


def _exclude(query: Query, found: list[str]) -> None:
    if len(query.excluded) == MAX_EXCLUDED:
        query.warnings.append(_("Only the first %(n)s excluded words were used.", n=MAX_EXCLUDED))
    elif found:
        query.excluded.append(found[:MAX_PHRASE_TERMS])


def _filter(query: Query, name: str, value: str, negated: bool) -> bool:
    """Add the filter `name:value`; return False, with a warning, when it is not valid."""
    if name in DATES:
        date = _date(value)
        if date is None:
            query.warnings.append(_("%(name)s: needs a date such as 2026-03-01.", name=name))
        elif (name == "before") != negated:
            query.before = date
        else:
            query.after = date
        return date is not None
    column, allowed = FILTERS[name]
    if column == "title":
        return _title(query, value, negated)
    if column in ("state", "kind"):
        single = value if value in allowed else value.removesuffix("s")
        single = ALIASES.get(single, single)
        column, value = ("kind", single) if single in KINDS else (column, value)
    if not value or (allowed and value not in (*allowed, *(KINDS if column == "kind" else ()))):
        query.warnings.append(
            _("%(name)s: must be one of %(values)s.", name=name, values=", ".join(allowed))
            if allowed
            else _("%(name)s: needs a name.", name=name)
        )
        return False
    values = (query.without if negated else query.only).setdefault(column, [])
    if len(values) == MAX_FILTERS:
        query.warnings.append(_("Only the first %(n)s filters of each kind were used.", n=MAX_FILTERS))
        return False
    values.append(value[:MAX_VALUE_LENGTH])
    return True


def _title(query: Query, value: str, negated: bool) -> bool:
    """Require terms in the title; they also count as terms of the query."""
    found = terms(value)[:MAX_FILTERS]
    if not found:
        query.warnings.append(_("title: needs a word."))
        return False
    (query.without if negated else query.only).setdefault("title", []).extend(found)
    if not negated:
        query.terms += [term for term in found if term not in query.terms]
    return True


def _date(value: str) -> datetime | None:
    match = re.fullmatch(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?", value, re.ASCII)
    try:
        return match and datetime(int(match[1]), int(match[2] or 1), int(match[3] or 1), tzinfo=UTC)
    except ValueError:
        return None
