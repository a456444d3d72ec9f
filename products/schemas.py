"""The shape of what is sent about products: forms and JSON alike."""

import re

from flask_babel import gettext as _
from marshmallow import Schema, ValidationError, fields, validate

from core.markup.markup import is_safe_url
from core.web.fields import Line, Markdown
from core.web.lazy_text import lazy_gettext
from products import facts as written
from products import names

SLUG = re.compile(r"[a-z0-9][a-z0-9.+_-]{0,59}$")
CYCLE = re.compile(r"[^\W_][\w .+()~:-]{0,59}$")
CATEGORY = re.compile(r"[a-z][a-z-]{0,29}$")
RESERVED = frozenset({"new", "suggest", "conflicts"})
MAX_NAMES, MAX_DESCRIPTION = 200, 100_000


class Ends(fields.Field):
    """A date, or yes or no where only that is known, or nothing."""

    def __init__(self, **kwargs):
        super().__init__(
            allow_none=True,
            load_default=None,
            metadata={
                "description": "A date; true (ended) or false (not ended) if only that is known; or null.",
                "anyOf": [{"type": "string", "format": "date"}, {"type": "boolean"}, {"type": "null"}],
            },
            **kwargs,
        )

    def _deserialize(self, value, attr, data, **kwargs):
        try:
            return written.to_ends(value)
        except ValueError:
            raise ValidationError(_("Enter a date as YYYY-MM-DD, or yes or no, or leave it empty.")) from None


class Day(fields.Field):
    """A date or nothing."""

    def __init__(self, **kwargs):
        super().__init__(
            allow_none=True, load_default=None, metadata={"type": "string", "format": "date"}, **kwargs
        )

    def _deserialize(self, value, attr, data, **kwargs):
        try:
            return written.to_date(value)
        except ValueError:
            raise ValidationError(_("Enter a date from 1950 to 2199 as YYYY-MM-DD.")) from None


class Names(fields.Field):
    """Other names and identifiers: a list, or a text with one a line."""

    def __init__(self, **kwargs):
        super().__init__(
            metadata={
                "type": "array",
                "items": {"type": "string", "maxLength": 300},
                "maxItems": MAX_NAMES,
                "example": ["pkg:pypi/django"],
            },
            **kwargs,
        )

    def _deserialize(self, value, attr, data, **kwargs) -> list[names.Name]:
        lines = value.splitlines() if isinstance(value, str) else value
        if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
            raise ValidationError(_("Enter one name per line."))
        lines = [line for line in lines if line.strip()]
        if len(lines) > MAX_NAMES:
            raise ValidationError(_("Enter at most %(n)s names.", n=MAX_NAMES))
        try:
            parsed = [names.parse(line) for line in lines]
        except names.BadName as error:
            raise ValidationError(_("Cannot use this line: %(why)s", why=str(error))) from error
        return list({(name.kind, name.key): name for name in parsed}.values())


class Address(Line):
    """A link to another site."""

    def _deserialize(self, value, attr, data, **kwargs) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text and not (text.startswith(("https://", "http://")) and is_safe_url(text)):
            raise ValidationError(_("Enter a link that starts with https://"))
        return text


def _longest(n: int) -> validate.Length:
    return validate.Length(max=n, error=lazy_gettext("Use at most %(n)s characters.", n=n))


def _shape(pattern: re.Pattern, sentence) -> validate.Regexp:
    return validate.Regexp(pattern, error=sentence)


class ProductSchema(Schema):
    """What a moderator says of a product."""

    name = Line(
        required=True,
        validate=validate.Length(min=2, max=100, error=lazy_gettext("Use 2 to 100 characters for the name.")),
    )
    vendor = Line(load_default="", validate=_longest(60))
    category = Line(
        required=True,
        validate=_shape(
            CATEGORY, lazy_gettext("Use one lowercase word for the category, such as os or server-app.")
        ),
    )
    tags = Line(load_default="", validate=_longest(200))
    description = Markdown(load_default="", longest=MAX_DESCRIPTION)
    policy_url = Address(load_default="", validate=_longest(300))
    version_command = Line(load_default="", validate=_longest(300))
    names = Names(load_default=list)


class NewProductSchema(ProductSchema):
    """A new product also chooses its address."""

    slug = Line(
        required=True,
        validate=[
            _shape(SLUG, lazy_gettext("Use only lowercase letters, digits and - . + _")),
            validate.NoneOf(RESERVED, error=lazy_gettext("The site reserves this word. Choose another one.")),
        ],
    )


class ReleaseSchema(Schema):
    """What a moderator says of a release."""

    label = Line(load_default="", validate=_longest(100))
    codename = Line(load_default="", validate=_longest(100))
    released_on = Day()
    lts = Ends()
    latest = Line(load_default="", validate=_longest(60))
    latest_on = Day()
    link = Address(load_default="", validate=_longest(300))
    active = Ends()
    security = Ends()
    extension = Ends()
    discontinued = Ends()


class NewReleaseSchema(ReleaseSchema):
    """A new release also has the name of its cycle."""

    cycle = Line(
        required=True,
        validate=_shape(
            CYCLE, lazy_gettext("Start the cycle with a letter or digit and use at most 60 characters.")
        ),
    )
