"""The front matter of a Markdown file: what an article takes of it, and what is lost of the rest."""

import re
from collections.abc import Callable, Iterable
from datetime import date

from kb.markdown import file_dates
from kb.models import LAYERS
from posts.actions import MAX_TAGS
from posts.schemas import is_tag, tag_name

Lose = Callable[[str, str, str], None]
FRONT_MATTER = "front matter"
MAX_TITLE, MAX_SUMMARY, MAX_AUTHOR, MAX_LICENSE = 200, 300, 80, 60
MAX_APPLIES_TO, MAX_NAME = 50, 100
SINGLE_VALUES = ("title", "summary", "description", "author", "license", "layer")
DATES = frozenset(file_dates.CREATED + file_dates.CHANGED)
USED = DATES | {*SINGLE_VALUES, "applies_to", "tags", "taxonomies", "draft", "ms.topic"}

# Settings of the programs that make sites: their values say nothing to a reader of the page.
SETTINGS = frozenset(
    """
    slug weight layout permalink aliases alias id lang sidebar_position sidebar_label sidebar hide_title toc
    image keywords linktitle menu url nav_order parent has_children template hide icon redirect_from hero
    hero_alt_text cover cascade outputs headless resources authorbox toctitle sitemap og:image ogimage search
    navigation comments pagetype locale breadcrumbs type markup bookflatsection bookcollapsesection bookhidden
    booktoc extra params style render_with_liquid pagination_next pagination_prev
    localization_priority""".split()
)
SETTINGS_OF_A_PROGRAM = re.compile(r"(?:ms|f1|search|og|twitter|archive|mkdocs|docsearch)[.:_].+|ms|uid")
NAME_OF_FACT = re.compile(r"[a-z]\w*(?:[._:-]\w+)+|[a-z]+[A-Z]\w*")  # a name that no word is


def is_front_matter(facts: dict) -> bool:
    """Whether `facts` between two rules are front matter, and not lines of the text that look like it.

    They are when one of them is used here, or is a setting; a sentence ("Status: closed since May") is none.
    """
    return any(
        _known(key) in USED
        or (
            (_known(key) in SETTINGS or NAME_OF_FACT.fullmatch(str(key)) is not None)
            and not (isinstance(value, str) and len(value.split()) > 1)
        )
        for key, value in facts.items()
    )


def lowercase_keys(facts: dict) -> dict:
    """Front matter with its keys in small letters."""
    return {str(key).lower(): value for key, value in facts.items()}


def _known(key: object) -> str:
    name = str(key).lower()
    spelled = re.sub(r"[\s-]+", "_", name)  # as kb/markdown/file_dates.py reads the names of dates
    return spelled if spelled in DATES else name


def is_draft(facts: dict) -> bool:
    """Whether the page says that it is not to be published yet."""
    return (
        scalar(facts.get("draft")).lower() in ("true", "yes", "1")
        or facts.get("published") is False
        or scalar(facts.get("status")).lower() == "draft"
    )


def report_unused(facts: dict, lose: Lose) -> None:
    """Count as lost what `facts` say in words and no article has a place for."""
    for key, value in facts.items():
        name = _known(key)
        if name == "status" and is_draft(facts):
            continue
        if name in SINGLE_VALUES:
            if not scalar(value) and _has_text(value):
                lose(FRONT_MATTER, f"{key}: {value}", "not a single value")
        elif name not in USED | SETTINGS and not SETTINGS_OF_A_PROGRAM.fullmatch(name) and _has_text(value):
            lose(FRONT_MATTER, f"{key}: {value}", "articles have no place for it")
    summary, description = scalar(facts.get("summary")), scalar(facts.get("description"))
    if summary and description and summary != description:
        lose(FRONT_MATTER, f"description: {description}", "the summary is taken")
    if (layer := scalar(facts.get("layer"))) and layer.lower() not in LAYERS:
        lose(FRONT_MATTER, f"layer: {layer}", "no layer of this site")


def _has_text(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_has_text, value.values()))
    if isinstance(value, list):
        return any(map(_has_text, value))
    return isinstance(value, str) and bool(value.strip())


def shortened(name: str, value: str, most: int, lose: Lose) -> str:
    """The first `most` characters of a value; what is cut off is counted as lost."""
    if len(value) > most:
        lose(FRONT_MATTER, f"{name}: {value[most:]}", f"cut after {most} characters")
    return value[:most]


def scalar(value: object) -> str:
    """A single value as text; lists and mappings where one word belongs count as nothing."""
    return str(value).strip() if isinstance(value, str | int | float | date) else ""


def _words(value: object) -> list[str]:
    items = value if isinstance(value, list) else re.split(r"[,\n]+", scalar(value))
    return [word for item in items if (word := scalar(item))]


def tags(facts: dict, lose: Lose) -> list[str]:
    """The tags that `facts` state, MAX_TAGS at most; the others are counted as lost."""
    taxonomies = facts.get("taxonomies")
    value = facts.get("tags") or (taxonomies.get("tags") if isinstance(taxonomies, dict) else None)
    words: Iterable[str] = (
        scalar(value).split() if isinstance(value, str) and "," not in value else _words(value)
    )
    taken: list[str] = []
    for name in dict.fromkeys(tag_name(re.sub(r"\s+", "-", word)) for word in words):
        if not is_tag(name):
            lose("tags", name, "cannot be a tag")
        elif len(taken) == MAX_TAGS:
            lose("tags", name, f"an article has {MAX_TAGS} tags at most")
        else:
            taken.append(name)
    return taken


def article_columns(facts: dict, plain: Callable[[str], str], lose: Lose) -> dict:
    """What `facts` state, in the shape of an article's columns; `plain` takes the markup out of a text."""
    stated: dict = {}
    if (layer := scalar(facts.get("layer")).lower()) in LAYERS:
        stated["layer"] = layer
    if summary := plain(scalar(facts.get("summary")) or scalar(facts.get("description"))):
        stated["summary"] = shortened("summary", summary, MAX_SUMMARY, lose)
    if applies_to := _words(facts.get("applies_to")):
        stated["applies_to"] = [
            shortened("applies_to", name, MAX_NAME, lose) for name in applies_to[:MAX_APPLIES_TO]
        ]
        for name in applies_to[MAX_APPLIES_TO:]:
            lose(FRONT_MATTER, f"applies_to: {name}", f"an article names {MAX_APPLIES_TO} at most")
    return stated
