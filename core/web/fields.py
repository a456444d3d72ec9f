"""Fields of schemas that forms and JSON bodies share: Markdown text and single lines."""

import re

from flask_babel import gettext as _
from marshmallow import ValidationError, fields

from core.markup.characters import line, visible
from core.markup.markup import Rendered, TooLong, render

BLANK_START = re.compile(r"\A(?:[^\S\n]*\n)+")  # empty lines; spaces before the first word may mean code


class Markdown(fields.Field):
    """Markdown text as `Rendered` (source and safe HTML); length counted after trimming."""

    def __init__(self, *, shortest: int = 0, longest: int = 30_000, **kwargs):
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
        self.shortest, self.longest = shortest, longest

    def _deserialize(self, value, attr, data, **kwargs) -> Rendered:
        if not isinstance(value, str):
            raise ValidationError(_("Enter some text."))
        text = BLANK_START.sub("", visible(value)).rstrip()
        if len(text) < self.shortest:
            raise ValidationError(
                _("Use at least %(n)s characters. This has %(m)s.", n=self.shortest, m=len(text))
            )
        if len(text) > self.longest:
            raise ValidationError(
                _("Use at most %(n)s characters. This has %(m)s.", n=f"{self.longest:,}", m=f"{len(text):,}")
            )
        try:
            return render(text)
        except TooLong as error:
            raise ValidationError(str(error)) from error

    def _serialize(self, value, attr, obj, **kwargs) -> str | None:
        return getattr(value, "source", value)


class Line(fields.String):
    """One trimmed line of text; what could not be seen in it is shown (core/markup/characters.py)."""

    def _deserialize(self, value, attr, data, **kwargs) -> str:
        return line(super()._deserialize(value, attr, data, **kwargs))
