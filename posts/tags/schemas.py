"""Schemas of tags: names, descriptions, API items."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from marshmallow import Schema, ValidationError, fields, post_load, validate, validates

from core.api.api import Cursor, Item, Version
from core.web.fields import Line
from core.web.lazy_text import lazy_gettext

MAX_TAGS = 5  # of one post
MAX_TAG_CHARACTERS = 35
TAG_PUNCTUATION = "_-.+#"


def tag_name(text: str) -> str:
    """The canonical form of a tag's name: lower case, NFKC."""
    return unicodedata.normalize("NFKC", text).lower()


def is_tag(name: str) -> bool:
    """Whether a canonical name is valid: letters and digits of any script, and TAG_PUNCTUATION.

    It starts with a letter or digit, or with a dot before one (.net), so that no name is a path.
    """
    allowed = all(c in TAG_PUNCTUATION or unicodedata.category(c)[0] in "LNM" for c in name)
    first = name.removeprefix(".")[:1]
    return len(name) <= MAX_TAG_CHARACTERS and allowed and first.isalnum()


class Tags(fields.Field):
    """Tags as a list, or as one string separated by spaces or commas; at least `min_tags`."""

    def __init__(self, *, min_tags: int = 1, **kwargs: Any) -> None:
        super().__init__(
            metadata={
                "type": "array",
                "items": {"type": "string", "minLength": 1, "maxLength": MAX_TAG_CHARACTERS},
                "minItems": min_tags,
                "maxItems": MAX_TAGS,
                "example": ["windows-update"],
            },
            **kwargs,
        )
        self.min_tags = min_tags

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> list[str]:
        words = re.split(r"[\s,]+", value) if isinstance(value, str) else value
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise ValidationError(_("Separate tags with spaces."))
        names = sorted({tag_name(word) for word in words if word})
        if not self.min_tags <= len(names) <= MAX_TAGS:
            raise ValidationError(_("Choose one to five tags."))
        for name in names:
            if not is_tag(name):
                raise ValidationError(
                    _(
                        "“%(name)s” can't be a tag. Use up to %(n)s letters, digits and _ - "
                        ". + #. Start with a letter or digit, or with a dot before one.",
                        name=name[:40],
                        n=MAX_TAG_CHARACTERS,
                    )
                )
        return names


class TagSchema(Schema):
    """The description of a tag: when to use it."""

    excerpt = Line(
        required=True,
        validate=validate.Length(10, 600, error=lazy_gettext("Use 10 to 600 characters.")),
    )


class NewTagSchema(TagSchema):
    """A new tag with its description."""

    name = Line(required=True)

    @post_load
    def _lower(self, data: dict, **kwargs: Any) -> dict:
        return {**data, "name": tag_name(data["name"])}

    @validates("name")
    def _is_a_tag(self, name: str, **kwargs: Any) -> None:
        if not is_tag(tag_name(name)):
            raise ValidationError(_("Use letters, digits and _ - . + #, without spaces."))


class TagItem(Item):
    """A tag: `body` says when to use it, `score` is the number of public posts."""

    version = Version()


class TagQuery(Cursor):
    """The query of the list of tags."""

    q = Line(
        load_default="",
        validate=validate.Length(max=40),
        metadata={"description": "Only tags whose name contains this."},
    )
