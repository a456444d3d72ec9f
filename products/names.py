"""Names and identifiers of products, and their normalized keys.

`Open SSL`, `open-ssl` and `OpenSSL` share a key; of purl and CPE only the parts that identify the product
count.
"""

import re
import unicodedata
from dataclasses import dataclass

from flask_babel import lazy_gettext as _
from packageurl import PackageURL

NAME = "name"
TITLE = "title"
PURL = "purl"
CPE = "cpe"
REPOLOGY = "repology"
MAX_NAME_LENGTH = 300  # characters
_WORD = re.compile(r"[^\W_]+[+#]*")
_ESCAPED = re.compile(r"\\(.)")
_COLON = re.compile(r"(?<!\\):")


class BadName(ValueError):
    """A line that cannot name a product; the message says why."""


@dataclass(frozen=True)
class Name:
    """A name or identifier: its kind, text and normalized key."""

    kind: str
    value: str
    key: str

    @property
    def line(self) -> str:
        """The name as text; parse() is the inverse."""
        return f"{self.kind}:{self.value}" if self.kind == REPOLOGY else self.value


@dataclass(frozen=True)
class Cpe:
    """The parts of a CPE name that are used; `version` is empty for any."""

    part: str
    vendor: str
    product: str
    version: str = ""

    @property
    def key(self) -> str:
        """The part that identifies the product."""
        return f"{self.part}:{self.vendor}:{self.product}"


def folded(text: str) -> str:
    """The first MAX_NAME_LENGTH characters of a text in the form in which names are compared."""
    return unicodedata.normalize("NFKC", text[:MAX_NAME_LENGTH]).casefold()[:MAX_NAME_LENGTH]


def words(text: str) -> list[str]:
    """Lower-case words of a text, C++ and C# among them."""
    return _WORD.findall(folded(text))


def word_spans(text: str) -> list[tuple[str, int]]:
    """The words() of a folded() text, each with the place where it ends."""
    return [(match[0], match.end()) for match in _WORD.finditer(text)]


def name_key(text: str) -> str:
    """The key of a plain name; empty when it has no letter or digit."""
    return "".join(words(text))[:MAX_NAME_LENGTH]


def parse_purl(text: str) -> tuple[str, str]:
    """(key, version) of a package URL; raises BadName."""
    if len(text) > 1000:
        raise BadName(_("a package URL has at most 1,000 characters"))
    try:
        purl = PackageURL.from_string(re.split("[?#]", text, maxsplit=1)[0])  # without qualifiers and subpath
    except (ValueError, IndexError) as error:
        raise BadName(_("not a package URL: %(text)s", text=text[:80])) from error
    key = "/".join(part for part in (purl.type, purl.namespace, purl.name) if part).casefold()
    return key[:MAX_NAME_LENGTH], (purl.version or "")[:100]


def parse_cpe(text: str) -> Cpe:
    """Parse a CPE 2.3 name, which may be incomplete, or a 2.2 URI; raises BadName."""
    text = text.strip()
    if text.startswith("cpe:2.3:"):
        fields = _COLON.split(text[:1000])[2:]
    elif text.startswith("cpe:/"):
        fields = text[5:1000].split(":")
    else:
        fields = []
    fields = [_ESCAPED.sub(r"\1", field).strip().casefold() for field in fields]
    if len(fields) < 3 or fields[0] not in ("a", "o", "h") or not fields[1] or not fields[2]:
        raise BadName(_("not a CPE name: %(text)s", text=text[:80]))
    version = fields[3] if len(fields) > 3 and fields[3] not in ("*", "-", "") else ""
    if version and len(fields) > 4 and fields[4] not in ("*", "-", ""):
        version = f"{version} {fields[4]}"
    return Cpe(fields[0], fields[1][:100], fields[2][:100], version[:100])


def parse(line: str) -> Name:
    """Parse pkg:…, cpe:…, repology:… or a plain name; raises BadName."""
    line = " ".join("".join(c for c in line if c.isprintable() or c.isspace()).split())
    if len(line) > MAX_NAME_LENGTH:
        raise BadName(_("a name has at most %(n)s characters", n=MAX_NAME_LENGTH))
    if line.startswith("pkg:"):
        name = Name(PURL, line, parse_purl(line)[0])
    elif line.startswith("cpe:"):
        name = Name(CPE, line, parse_cpe(line).key)
    elif line.startswith("repology:"):
        value = line.removeprefix("repology:").strip()
        name = Name(REPOLOGY, value, value.casefold())
    else:
        name = Name(NAME, line, name_key(line))
    if not name.key:
        raise BadName(_("a name needs a letter or digit: %(text)s", text=line[:80]))
    return name


def titles(slug: str, name: str, vendor: str) -> set[Name]:
    """Names derived from a product: slug, name, and name with and without the vendor."""
    spellings = {slug, name}
    if vendor and name.casefold().startswith(vendor.casefold() + " "):
        spellings.add(name[len(vendor) :].strip())
    elif vendor:
        spellings.add(f"{vendor} {name}")
    return {Name(TITLE, text, name_key(text)) for text in spellings if name_key(text)}
