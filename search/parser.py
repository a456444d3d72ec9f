"""Our own query language; never raises, everything capped.

tag:dns user:ada kind:article is:accepted layer:host before:2026 after:2025-03 "a phrase" -not -tag:old
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from core.web.lazy_text import lazy_gettext as _
from search.analysis import compounds, named, placed, terms

MAX_LENGTH, MAX_TERMS, MAX_PHRASES, MAX_PHRASE, MAX_EXCLUDED, MAX_FILTERS = 1000, 32, 3, 12, 12, 8
MAX_ALTERNATIVES = 8  # of one term
KINDS = ("question", "answer", "article", "bulletin", "user", "tag", "product")
FILTERS = {  # what people type → field of the index, values it takes
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
EXCLUDED = re.compile(r"-[^\W\d_A-Z][\w.+#-]{2,}")  # a parameter of a program begins like -F, -12 or --
PARAMETER = re.compile(r"--?\w[\w.+#-]*")
# Verb-Noun; in small letters only with a verb of cmdlets and no noun of plain words ("read-only").
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
# Programs whose parameters are words after one minus. None whose name is also a topic, as ssh or docker.
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
    """A filter as it was typed, and the same query without it: what its chip on the page shows and does."""

    text: str
    without: str


@dataclass
class Query:
    """What was asked. Words are terms of the index; what is excluded is a list of words or phrases.

    `only` and `without` map a field of the index to values. `words` counts terms, repeated ones too, and
    `kept` what the index would keep of the same text.
    `alternatives` maps a term to others, of which a document may have any in its place. `bare` is the text
    without its filters.
    """

    text: str = ""
    terms: list[str] = field(default_factory=list)
    alternatives: dict[str, list[str]] = field(default_factory=dict)
    words: int = 0
    kept: int = 0
    phrases: list[list[str]] = field(default_factory=list)
    excluded: list[list[str]] = field(default_factory=list)
    only: dict[str, list[str]] = field(default_factory=dict)
    without: dict[str, list[str]] = field(default_factory=dict)
    before: datetime | None = None
    after: datetime | None = None
    filters: list[Filter] = field(default_factory=list)
    bare: str = ""
    warnings: list[str] = field(default_factory=list)

    @property
    def has_words(self) -> bool:
        """Whether there is anything to rank by."""
        return bool(self.terms or self.phrases)

    @property
    def is_empty(self) -> bool:
        """Whether nothing to look for is left."""
        return not (self.has_words or self.excluded or self.only or self.without or self.before or self.after)

    def typed_terms(self) -> list[str]:
        """Every term that was typed, those of phrases too, each once."""
        return list(dict.fromkeys([*self.terms, *(term for phrase in self.phrases for term in phrase)]))

    def all_terms(self) -> list[str]:
        """Every term that counts for a document: what was typed and its alternatives, each once."""
        others = [other for term in self.terms for other in self.alternatives.get(term, ())]
        return list(dict.fromkeys([*self.typed_terms(), *others]))

    def allow(self, term: str, others: Iterable[str]) -> None:
        """Let a document have one of `others` in place of a term."""
        known = self.alternatives.setdefault(term, [])
        known += [other for other in others if other != term and other not in known]
        del known[MAX_ALTERNATIVES:]


def parse(text: str, *, excludes: bool = True) -> Query:
    """Text from the search box → Query; `excludes=False` looks for the words after a minus too."""
    query = Query(text=" ".join("".join(c if c.isprintable() else " " for c in text[:MAX_LENGTH]).split()))
    if len(text) > MAX_LENGTH:
        query.warnings.append(_("Only the first %(n)s characters were used.", n=MAX_LENGTH))
    plain: list[str] = []
    loose: list[str] = []  # read together: an identifier may be typed with spaces, as in "cve 2017 0144"
    bare: list[str] = []
    for match in _PIECE.finditer(query.text):
        phrase, minus, name, value = match["phrase"], match["minus"], match["name"], match["value"]
        if name is not None and name.lower() in (*FILTERS, *DATES):
            if _filter(query, name.lower(), value.strip('"').lower(), bool(minus)):
                without = query.text[: match.start()] + query.text[match.end() :]
                query.filters.append(Filter(match[0], " ".join(without.split())))
            continue
        if match[0].startswith("-") and excludes and _is_exclusion(match, query.text):
            without = query.text[: match.start()] + query.text[match.end() :]
            query.filters.append(Filter(match[0], " ".join(without.split())))
            _exclude(query, terms(match[0][1:]))
            bare.append(match[0])
            continue
        bare.append(match[0])
        if phrase is not None:
            plain += _phrase(query, terms(phrase))
        else:
            loose.append(match[0])
    together = " ".join(loose)
    found = terms(together)
    plain += found
    query.bare = " ".join(bare)
    query.terms = list(dict.fromkeys([*query.terms, *plain]))
    query.words = len(plain) + sum(map(len, query.phrases)) + len(query.only.get("title", ()))
    if len(query.terms) > MAX_TERMS:
        query.terms = query.terms[:MAX_TERMS]
        query.warnings.append(_("Only the first %(n)s words were used.", n=MAX_TERMS))
    query.kept = query.words + sum(1 for _placed in placed(together)) - len(found)
    _allow_other_names(query, together, found)
    if query.text and query.is_empty and not query.warnings:
        query.warnings.append(_("All of these words are too common to search for."))
    return query


def _is_exclusion(match: re.Match, text: str) -> bool:
    """Whether a minus means "without": before a phrase, or before a word in small letters.

    A negative number, the parameter of a program or cmdlet, and a dash of its own are words like others.
    After other words, several words with a minus at the end of the query are parameters of any program.
    """
    if match["phrase"] is not None:
        return True
    if not EXCLUDED.fullmatch(match[0]):
        return False
    before, after = text[: match.start()].split(), text[match.end() :].split()
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


def _allow_other_names(query: Query, text: str, found: list[str]) -> None:
    """The parts of a compound may stand in a document as one word, and what has a short name by that."""
    for joined, start, end in compounds(text):
        for term in terms(text[start:end]):
            query.allow(term, [joined])
    for first, place, length in named(found):
        for term in found[place : place + length]:
            query.allow(term, [first])


def _phrase(query: Query, found: list[str]) -> list[str]:
    """Take a phrase; gives back what is better looked for as single words."""
    if len(found) < 2:
        return found
    if len(query.phrases) == MAX_PHRASES:
        query.warnings.append(_("Only the first %(n)s phrases were used as phrases.", n=MAX_PHRASES))
        return found
    query.phrases.append(found[:MAX_PHRASE])
    return []


def _exclude(query: Query, found: list[str]) -> None:
    if len(query.excluded) == MAX_EXCLUDED:
        query.warnings.append(_("Only the first %(n)s excluded words were used.", n=MAX_EXCLUDED))
    elif found:
        query.excluded.append(found[:MAX_PHRASE])


def _filter(query: Query, name: str, value: str, negated: bool) -> bool:
    """Use `name:value` as a filter; False, with a warning, when it cannot be."""
    if name in DATES:
        moment = _date(value)
        if moment is None:
            query.warnings.append(_("%(name)s: needs a date such as 2026-03-01.", name=name))
        elif (name == "before") != negated:
            query.before = moment
        else:
            query.after = moment
        return moment is not None
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
    values.append(value[:60])
    return True


def _title(query: Query, value: str, negated: bool) -> bool:
    """Ask for words in the title; they count as words too."""
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
