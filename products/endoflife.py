"""Read a file of endoflife.date: front matter about a product, then Markdown. Pure.

`eol`, `eoas`, `eoes` and `discontinued` are each a date, or true (over) or false (not over). A file is
validated completely: it is imported as a whole or not at all.
"""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from flask_babel import gettext as _

from core.formats import front_matter
from core.markup import markup
from products import facts, names
from products.lifecycle import phases
from products.schemas import CATEGORY, CYCLE, SLUG

MAX_FILE_BYTES = front_matter.MAX_BYTES
MAX_RELEASES = 2_000
MAX_NAMES = 500
MAX_DESCRIPTION_LENGTH = 100_000  # characters
ENDS = {
    "eoas": phases.ACTIVE,
    "eol": phases.SECURITY,
    "eoes": phases.EXTENSION,
    "discontinued": phases.DISCONTINUED,
}
CATEGORIES = {"db": "database"}
T = TypeVar("T")
_TAG = re.compile(r"<[^<>]{0,300}>")
_LIQUID = re.compile(r"\{%[^%]{0,2000}%\}|\{:[^{}\n]{0,200}\}")


class BadFile(ValueError):
    """A file that cannot be used; the message has the location and the reason."""


@dataclass
class ProductFile:
    """Content of a file: PRODUCT_FACTS of the product, and RELEASE_FACTS by cycle, newest first."""

    slug: str
    facts: dict
    releases: dict[str, dict] = field(default_factory=dict)


def read(raw: bytes, stem: str) -> ProductFile:
    """Read the content of `stem`.md; raises BadFile or core.formats.front_matter.Refused."""
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
    aliases = _names(front)
    if len(text) > MAX_DESCRIPTION_LENGTH:
        raise BadFile(_("the text has more than %(n)s characters", n=f"{MAX_DESCRIPTION_LENGTH:,}"))
    return {
        "name": title,
        "category": CATEGORIES.get(category, category),
        "tags": tags,
        "vendor": _line(front, "vendor", 60) or _vendor(title, tags.split(), aliases),
        "description": markup.render(_LIQUID.sub("", text).strip()),
        "policy_url": _url(front, "releasePolicyLink"),
        "version_command": _line(front, "versionCommand", 300),
        "phase_names": {
            kind: heading for key, kind in ENDS.items() if (heading := _heading(front.get(f"{key}Column")))
        },
        "names": aliases,
    }


def _release(row: dict, cycle: str, templates: dict[str, str]) -> dict:
    codename = _line(row, "codename", 100)
    latest = _line(row, "latest", 60)

    def filled(template: str) -> str:
        for placeholder, value in (
            ("__RELEASE_CYCLE__", cycle),
            ("__CODENAME__", codename),
            ("__LATEST__", latest),
        ):
            template = template.replace(placeholder, value)
        return "" if "{{" in template or "{%" in template else template

    values = {
        "label": (filled(_line(row, "releaseLabel", 300) or templates["releaseLabel"]) or cycle)[:100],
        "codename": codename,
        "latest": latest,
        "link": _url(row, "link") if "link" in row else _safe_url(filled(templates["changelogTemplate"])),
        "released_on": _checked(row, "releaseDate", facts.to_date),
        "latest_on": _checked(row, "latestReleaseDate", facts.to_date),
        "lts": _checked(row, "lts", facts.to_ends),
    }
    return values | {kind: _checked(row, key, facts.to_ends) for key, kind in ENDS.items()}


def _checked(row: dict, key: str, read_value: Callable[[object], T]) -> T:
    try:
        return read_value(row.get(key))
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from error


def _line(front: dict, key: str, max_length: int, default: str = "") -> str:
    """A short text; the YAML loader reads numbers as text, dates and booleans become text here."""
    value = front.get(key)
    if value is None:
        return default
    if isinstance(value, (list, dict, set, bytes)):
        raise BadFile(_("%(key)s: must be text", key=key))
    text = _one_line(facts.to_text(value) if isinstance(value, (bool, date)) else str(value))
    if len(text) > max_length:
        raise BadFile(_("%(key)s: more than %(n)s characters", key=key, n=max_length))
    return text


def _one_line(text: str) -> str:
    """One line of printable characters."""
    return " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())


def _words(front: dict, key: str) -> list[str]:
    value = front.get(key)
    if isinstance(value, list):
        value = " ".join(str(item) for item in value[:50])
    return [word[:40] for word in re.split(r"[\s,]+", _one_line(str(value or "")).lower()) if word]


def _url(front: dict, key: str) -> str:
    return _safe_url(_line(front, key, 300))


def _safe_url(url: str) -> str:
    return url[:300] if url.startswith(("https://", "http://")) and markup.is_safe_url(url) else ""


def _heading(value: object) -> str:
    """The product's own name of a phase; `true` means that it has none."""
    return _one_line(html.unescape(_TAG.sub("", value)))[:60] if isinstance(value, str) else ""


def _names(front: dict) -> list[names.Name]:
    urls = [*_list(front, "alternate_urls"), *_list(front, "aliases")]
    lines = [str(url).strip("/ ").replace("-", " ") for url in urls]
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


def _vendor(title: str, tags: list[str], aliases: list[names.Name]) -> str:
    """The vendor among the tags: the one with which the title starts, or that a CPE has."""
    cpe_vendors = {names.name_key(name.key.split(":")[1]) for name in aliases if name.kind == names.CPE}
    for tag in tags:
        start = title[: len(tag)]
        if names.name_key(start) == names.name_key(tag) and title[len(tag) : len(tag) + 1] in ("", " "):
            return start
    return next((tag.replace("-", " ").title() for tag in tags if names.name_key(tag) in cpe_vendors), "")
