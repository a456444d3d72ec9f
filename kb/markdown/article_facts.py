"""The front matter of a Markdown file: the columns of an article, and the losses of an import."""

import re
from collections.abc import Callable, Iterable
from datetime import date

from flask_babel import gettext as _

from kb.markdown import file_dates
from kb.models import LAYERS
from posts.tags.schemas import MAX_TAGS, is_tag, tag_name

ReportLoss = Callable[[str, str, str], None]  # kind, what, why
FRONT_MATTER = "front matter"
MAX_TITLE_CHARACTERS = 200
MAX_SUMMARY_CHARACTERS = 300
MAX_AUTHOR_CHARACTERS = 80
MAX_LICENSE_CHARACTERS = 60
MAX_APPLIES_TO = 50
MAX_NAME_CHARACTERS = 100
SINGLE_VALUES = ("title", "summary", "description", "author", "license", "layer")
DATE_FIELDS = frozenset(file_dates.CREATED + file_dates.CHANGED)
USED_FIELDS = DATE_FIELDS | {*SINGLE_VALUES, "applies_to", "tags", "taxonomies", "draft", "ms.topic"}

# Settings of site generators, which have no meaning for readers of the page.
SETTINGS = frozenset(
    """
    slug weight layout permalink aliases alias id lang sidebar_position sidebar_label sidebar hide_title toc
    image keywords linktitle menu url nav_order parent has_children template hide icon redirect_from hero
    hero_alt_text cover cascade outputs headless resources authorbox toctitle sitemap og:image ogimage search
    navigation comments pagetype locale breadcrumbs type markup bookflatsection bookcollapsesection bookhidden
    booktoc extra params style render_with_liquid pagination_next pagination_prev
    localization_priority""".split()
)
GENERATOR_SETTING = re.compile(r"(?:ms|f1|search|og|twitter|archive|mkdocs|docsearch)[.:_].+|ms|uid")
FIELD_NAME = re.compile(r"[a-z]\w*(?:[._:-]\w+)+|[a-z]+[A-Z]\w*")  # a name that is no word


def is_front_matter(facts: dict) -> bool:
    """Whether `facts` between two rules are front matter, and not text that looks like it.

    They are if one of them is a used field or a setting; a sentence ("Status: closed since May") is neither.
    """
    return any(
        _field_name(key) in USED_FIELDS
        or (
            (_field_name(key) in SETTINGS or FIELD_NAME.fullmatch(str(key)) is not None)
            and not (isinstance(value, str) and len(value.split()) > 1)
        )
        for key, value in facts.items()
    )


def lowercase_keys(facts: dict) -> dict:
    """Front matter with its keys in lower case."""
    return {str(key).lower(): value for key, value in facts.items()}


def _field_name(key: object) -> str:
    name = str(key).lower()
    spelled = re.sub(r"[\s-]+", "_", name)  # as kb/markdown/file_dates.py reads the names of dates
    return spelled if spelled in DATE_FIELDS else name


def is_draft(facts: dict) -> bool:
    """Whether the front matter marks the page as a draft."""
    return (
        scalar(facts.get("draft")).lower() in ("true", "yes", "1")
        or facts.get("published") is False
        or scalar(facts.get("status")).lower() == "draft"
    )


def report_unused(facts: dict, report_loss: ReportLoss) -> None:
    """Report texts in `facts` that articles have no column for as losses."""
    for key, value in facts.items():
        name = _field_name(key)
        if name == "status" and is_draft(facts):
            continue
        if name in SINGLE_VALUES:
            if not scalar(value) and _has_text(value):
                report_loss(FRONT_MATTER, f"{key}: {value}", _("not a single value"))
        elif (
            name not in USED_FIELDS | SETTINGS and not GENERATOR_SETTING.fullmatch(name) and _has_text(value)
        ):
            report_loss(FRONT_MATTER, f"{key}: {value}", _("articles have no such field"))
    summary, description = scalar(facts.get("summary")), scalar(facts.get("description"))
    if summary and description and summary != description:
        report_loss(FRONT_MATTER, f"description: {description}", _("the article already has a summary"))
    if (layer := scalar(facts.get("layer"))) and layer.lower() not in LAYERS:
        report_loss(FRONT_MATTER, f"layer: {layer}", _("not a layer of this site"))


def _has_text(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_has_text, value.values()))
    if isinstance(value, list):
        return any(map(_has_text, value))
    return isinstance(value, str) and bool(value.strip())


def shortened(name: str, value: str, max_characters: int, report_loss: ReportLoss) -> str:
    """The first `max_characters` of a value; the rest is reported as a loss."""
    if len(value) > max_characters:
        rest = value[max_characters:]
        report_loss(FRONT_MATTER, f"{name}: {rest}", _("cut after %(n)s characters", n=max_characters))
    return value[:max_characters]


def scalar(value: object) -> str:
    """A single value as text; empty for lists and mappings."""
    return str(value).strip() if isinstance(value, str | int | float | date) else ""


def _words(value: object) -> list[str]:
    items = value if isinstance(value, list) else re.split(r"[,\n]+", scalar(value))
    return [word for item in items if (word := scalar(item))]


def tags(facts: dict, report_loss: ReportLoss) -> list[str]:
    """The tags in `facts`, at most MAX_TAGS; the others are reported as losses."""
    taxonomies = facts.get("taxonomies")
    value = facts.get("tags") or (taxonomies.get("tags") if isinstance(taxonomies, dict) else None)
    words: Iterable[str] = (
        scalar(value).split() if isinstance(value, str) and "," not in value else _words(value)
    )
    taken: list[str] = []
    for name in dict.fromkeys(tag_name(re.sub(r"\s+", "-", word)) for word in words):
        if not is_tag(name):
            report_loss("tags", name, _("cannot be a tag"))
        elif len(taken) == MAX_TAGS:
            report_loss("tags", name, _("an article has %(n)s tags at most", n=MAX_TAGS))
        else:
            taken.append(name)
    return taken


def article_columns(facts: dict, plain: Callable[[str], str], report_loss: ReportLoss) -> dict:
    """The columns of Article that `facts` state; `plain` removes the markup of a text."""
    stated: dict = {}
    if (layer := scalar(facts.get("layer")).lower()) in LAYERS:
        stated["layer"] = layer
    if summary := plain(scalar(facts.get("summary")) or scalar(facts.get("description"))):
        stated["summary"] = shortened("summary", summary, MAX_SUMMARY_CHARACTERS, report_loss)
    if applies_to := _words(facts.get("applies_to")):
        stated["applies_to"] = [
            shortened("applies_to", name, MAX_NAME_CHARACTERS, report_loss)
            for name in applies_to[:MAX_APPLIES_TO]
        ]
        for name in applies_to[MAX_APPLIES_TO:]:
            reason = _("an article names %(n)s at most", n=MAX_APPLIES_TO)
            report_loss(FRONT_MATTER, f"applies_to: {name}", reason)
    return stated
