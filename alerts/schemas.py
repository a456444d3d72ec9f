"""The shape of what is sent about security alerts, and of the API's answers."""

from flask_babel import gettext as _
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from alerts.models import ALL, AT_ONCE, CADENCES, CHOSEN, MINE, PATCH_DAY, SEVERITIES
from auth.schemas import EmailSchema
from core.api.api import Reply
from core.web.lazy_text import lazy_gettext
from products.schemas import SLUG

MOST_PRODUCTS = 200


class Slugs(fields.Field):
    """Products by their slugs: a list, or one text with spaces between."""

    def __init__(self, **kwargs):
        super().__init__(
            metadata={
                "type": "array",
                "items": {"type": "string"},
                "example": ["windows"],
                "maxItems": MOST_PRODUCTS,
            },
            **kwargs,
        )

    def _deserialize(self, value, attr, data, **kwargs) -> list[str]:
        slugs = value.split() if isinstance(value, str) else value
        if not isinstance(slugs, list) or not all(isinstance(s, str) and SLUG.match(s) for s in slugs):
            raise ValidationError(_("Choose products from the list."))
        if len(set(slugs)) > MOST_PRODUCTS:
            raise ValidationError(_("Choose at most %(n)s products, or all products.", n=MOST_PRODUCTS))
        return sorted(set(slugs))


def _choice(*allowed: str, default: str) -> fields.String:
    return fields.String(
        load_default=default,
        validate=validate.OneOf(allowed, error=lazy_gettext("Choose one of the options.")),
    )


class WishesSchema(Schema):
    """Of which products, how severe at least, how often."""

    scope = _choice(ALL, CHOSEN, default=ALL)
    products = Slugs(load_default=list)
    minimum = _choice(*SEVERITIES, default="important")
    cadence = _choice(*CADENCES, default=PATCH_DAY)

    @validates_schema
    def _some(self, data: dict, **kwargs) -> None:
        if data["scope"] == CHOSEN and not data["products"]:
            raise ValidationError(
                _("Search for a product and select it, or choose all products."), "products"
            )


class SignUpSchema(EmailSchema, WishesSchema):
    """An address that wants alerts."""


class AskedItem(Reply):
    """What comes next, the same for every address."""

    message = fields.String()


class MemberSchema(Schema):
    """A member's one switch: alerts about what they run."""

    on = fields.Boolean(load_default=False)
    minimum = _choice(*SEVERITIES, default="important")
    cadence = _choice(*CADENCES, default=AT_ONCE)


class MemberItem(Reply):
    """A member's alerts."""

    on = fields.Boolean()
    scope = fields.String(validate=validate.OneOf([ALL, CHOSEN, MINE]), allow_none=True)
    minimum = fields.String(validate=validate.OneOf(SEVERITIES))
    cadence = fields.String(validate=validate.OneOf(CADENCES))
