"""Schema fields for forms and JSON bodies: Markdown text and single lines."""

import re
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from marshmallow import ValidationError, fields

from core.markup.characters import visible, visible_line
from core.markup.markup import Rendered, TooLong, render

BLANK_START = re.compile(r"\A(?:[^\S\n]*\n)+")  # empty lines; spaces before the first word may indent code


def too_short(least: int, length: int) -> str:
    """The message for a text of `length` characters that needs `least`."""
    return ngettext(
        "Use at least %(num)s character. This has %(length)s.",
        "Use at least %(num)s characters. This has %(length)s.",
        least,
        length=length,
    )


def too_long(most: int, length: int) -> str:
    """The message for a text of `length` characters that may have `most`."""
    return ngettext(
        "Use at most %(most)s character. This has %(length)s.",
        "Use at most %(most)s characters. This has %(length)s.",
        most,
        most=f"{most:,}",
        length=f"{length:,}",
    )


class Markdown(fields.Field):
    """Markdown text, loaded as `Rendered` (source and safe HTML); lengths in characters after trimming."""

    def __init__(self, *, shortest: int = 0, longest: int = 30_000, **kwargs: Any) -> None:
        limits = {"minLength": shortest} if shortest else {}
        super().__init__(
            metadata={
                "type": "string",
                "format": "markdown",
                "maxLength": longest,
                **limits,
                **kwargs.pop("metadata", {}),
            },
            **kwargs,
        )
        self.shortest = shortest
        self.longest = longest

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: object) -> Rendered:
        if not isinstance(value, str):
            raise ValidationError(_("Enter some text."))
        text = BLANK_START.sub("", visible(value)).rstrip()
        if len(text) < self.shortest:
            raise ValidationError(too_short(self.shortest, len(text)))
        if len(text) > self.longest:
            raise ValidationError(too_long(self.longest, len(text)))
        try:
            return render(text)
        except TooLong as error:
            raise ValidationError(str(error)) from error

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: object) -> str | None:
        return getattr(value, "source", value)


class Line(fields.String):
    """One trimmed line of text with visible control characters (core/markup/characters.py)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return visible_line(super()._deserialize(value, attr, data, **kwargs))
