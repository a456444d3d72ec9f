"""Reads one file of endoflife.date: front matter about a product, Markdown below it. Pure.

`eol`, `eoas`, `eoes` and `discontinued` are each a date, or true (over) or false (not over).
Everything in a file is checked before anything is kept: a file comes in whole or not at all.
"""

import html
import re
from dataclasses import dataclass, field
from datetime import date

from flask_babel import gettext as _

from core.formats import front_matter
from core.markup import markup
from products import facts as written
from products import names
from products.lifecycle import phases
from products.schemas import CATEGORY, CYCLE, SLUG

MAX_FILE = front_matter.MAX_BYTES
MAX_RELEASES, MAX_NAMES, MAX_TEXT = 2_000, 500, 100_000
ENDS = {
    "eoas": phases.ACTIVE,
    "eol": phases.SECURITY,
    "eoes": phases.EXTENSION,
    "discontinued": phases.DISCONTINUED,
}
CATEGORIES = {"db": "database"}
_TAG = re.compile(r"<[^<>]{0,300}>")
_LIQUID = re.compile(r"\{%[^%]{0,2000}%\}|\{:[^{}\n]{0,200}\}")


class BadFile(ValueError):
    """The file cannot be used; the message says where and why."""


@dataclass
class ProductFile:
    """What a file says: PRODUCT_FACTS of its product, and RELEASE_FACTS by cycle, newest first."""

    slug: str
    facts: dict
    releases: dict[str, dict] = field(default_factory=dict)


def read(raw: bytes, stem: str) -> ProductFile:
    """The content of the file called `stem`.md. Raises BadFile or core.formats.front_matter.Refused."""
    front, text = front_matter.load(raw)
    permalink = _line(front, "permalink", 60, default=f"/{stem}")
    slug = permalink.strip("/").lower()
    if not SLUG.match(slug):
        raise BadFile(_("permalink: %(permalink)s cannot be an address", permalink=repr(permalink[:60])))
    file = ProductFile(slug, _product(front, text))
    releases = front.get("releases")
    if not isinstance(releases, list) or not 0 < len(releases) <= MAX_RELEASES:
        raise BadFile(_("releases: must be a list of 1 to %(n)s entries", n=MAX_RELEASES))
    templates = {name: _line(front, name, 300) for name in ("releaseLabel", "changelogTemplate")}
    for row in releases:
        if not isinstance(row, dict):
            raise BadFile(_("releases: an entry is not a mapping"))
        cycle = _line(row, "releaseCycle", 60)
        if not CYCLE.match(cycle) or cycle in file.releases:
            raise BadFile(
                _("releaseCycle: %(cycle)s is empty, a duplicate or not a valid name", cycle=repr(cycle[:60]))
            )
        try:
            file.releases[cycle] = _release(row, cycle, templates)
        except ValueError as error:
            raise BadFile(f"release {cycle}: {error}") from error
    return file


def _product(front: dict, text: str) -> dict:
    title = _line(front, "title", 100)
    if not title:
        raise BadFile(_("title: missing"))
    category = _line(front, "category", 30).lower()
    if not CATEGORY.match(category):
        raise BadFile(_("category: %(category)s is not one word", category=repr(category)))
    tags = " ".join(_words(front, "tags"))[:200]
    called = _names(front)
    if len(text) > MAX_TEXT:
        raise BadFile(_("the text has more than %(n)s characters", n=f"{MAX_TEXT:,}"))
    return {
        "name": title,
        "category": CATEGORIES.get(category, category),
        "tags": tags,
        "vendor": _line(front, "vendor", 60) or _vendor(title, tags.split(), called),
        "description": markup.render(_LIQUID.sub("", text).strip()),
        "policy_url": _url(front, "releasePolicyLink"),
        "version_command": _line(front, "versionCommand", 300),
        "phase_names": {
            kind: heading for key, kind in ENDS.items() if (heading := _heading(front.get(f"{key}Column")))
        },
        "names": called,
    }


def _release(row: dict, cycle: str, templates: dict[str, str]) -> dict:
    codename, latest = _line(row, "codename", 100), _line(row, "latest", 60)

    def filled(template: str) -> str:
        for mark, value in (("__RELEASE_CYCLE__", cycle), ("__CODENAME__", codename), ("__LATEST__", latest)):
            template = template.replace(mark, value)
        return "" if "{{" in template or "{%" in template else template

    facts = {
        "label": (filled(_line(row, "releaseLabel", 300) or templates["releaseLabel"]) or cycle)[:100],
        "codename": codename,
        "latest": latest,
        "link": _url(row, "link") if "link" in row else _safe(filled(templates["changelogTemplate"])),
        "released_on": _checked(row, "releaseDate", written.to_date),
        "latest_on": _checked(row, "latestReleaseDate", written.to_date),
        "lts": _checked(row, "lts", written.to_ends),
    }
    return facts | {kind: _checked(row, key, written.to_ends) for key, kind in ENDS.items()}


def _checked(row: dict, key: str, read_value):
    try:
        return read_value(row.get(key))
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from error


def _line(front: dict, key: str, longest: int, default: str = "") -> str:
    """A short text; numbers are none in our YAML, dates and yes/no are read as written."""
    value = front.get(key)
    if value is None:
        return default
    if isinstance(value, (list, dict, set, bytes)):
        raise BadFile(_("%(key)s: must be text", key=key))
    text = _plain(written.written(value) if isinstance(value, (bool, date)) else str(value))
    if len(text) > longest:
        raise BadFile(_("%(key)s: more than %(n)s characters", key=key, n=longest))
    return text


def _plain(text: str) -> str:
    """One line without characters that are none."""
    return " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())


def _words(front: dict, key: str) -> list[str]:
    value = front.get(key)
    if isinstance(value, list):
        value = " ".join(str(item) for item in value[:50])
    return [word[:40] for word in re.split(r"[\s,]+", _plain(str(value or "")).lower()) if word]


def _url(front: dict, key: str) -> str:
    return _safe(_line(front, key, 300))


def _safe(url: str) -> str:
    return url[:300] if url.startswith(("https://", "http://")) and markup.is_safe_url(url) else ""


def _heading(value: object) -> str:
    """What the product itself calls a phase; `true` only says that the column is shown."""
    return _plain(html.unescape(_TAG.sub("", value)))[:60] if isinstance(value, str) else ""


def _names(front: dict) -> list[names.Name]:
    lines = [
        str(url).strip("/ ").replace("-", " ")
        for key in ("alternate_urls", "aliases")
        for url in _list(front, key)
    ]
    for row in _list(front, "identifiers"):
        if not isinstance(row, dict):
            raise BadFile(_("identifiers: an entry is not a mapping"))
        lines += [
            f"repology:{value}" if kind == "repology" else str(value)
            for kind, value in row.items()
            if kind in ("purl", "cpe", "repology")
        ]
    try:
        parsed = [names.parse(line) for line in lines]
    except names.BadName as error:
        raise BadFile(f"identifiers: {error}") from error
    return list({(name.kind, name.key): name for name in reversed(parsed)}.values())[::-1]


def _list(front: dict, key: str) -> list:
    value = front.get(key) or []
    if not isinstance(value, list) or len(value) > MAX_NAMES:
        raise BadFile(_("%(key)s: must be a list of at most %(n)s entries", key=key, n=MAX_NAMES))
    return value


def _vendor(title: str, tags: list[str], called: list[names.Name]) -> str:
    """Tags name families and vendors: the vendor is the one that the title starts with or a CPE has."""
    makers = {names.name_key(name.key.split(":")[1]) for name in called if name.kind == names.CPE}
    for tag in tags:
        start = title[: len(tag)]
        if names.name_key(start) == names.name_key(tag) and title[len(tag) : len(tag) + 1] in ("", " "):
            return start
    return next((tag.replace("-", " ").title() for tag in tags if names.name_key(tag) in makers), "")
