"""Schemas of security alerts: forms, JSON bodies and API answers."""

from typing import Any

from flask_babel import gettext as _
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from alerts.models import ALL, AT_ONCE, CADENCES, CHOSEN, MINE, PATCH_DAY, SEVERITIES
from auth.schemas import EmailSchema
from core.api.api import Reply
from core.web.lazy_text import lazy_gettext
from products.schemas import SLUG

MAX_PRODUCTS = 200


class Slugs(fields.Field):
    """Products by slug: a list, or one text separated by spaces."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            metadata={
                "type": "array",
                "items": {"type": "string"},
                "example": ["windows"],
                "maxItems": MAX_PRODUCTS,
            },
            **kwargs,
        )

    def _deserialize(self, value: object, attr: str | None, data: object, **kwargs: Any) -> list[str]:
        slugs = value.split() if isinstance(value, str) else value
        if not isinstance(slugs, list) or not all(isinstance(s, str) and SLUG.match(s) for s in slugs):
            raise ValidationError(_("Choose products from the list."))
        if len(slugs) > MAX_PRODUCTS:  # repeated ones count, as in the document of the API
            raise ValidationError(_("Choose at most %(n)s products, or all products.", n=MAX_PRODUCTS))
        return sorted(set(slugs))


def _choice(*allowed: str, default: str) -> fields.String:
    return fields.String(
        load_default=default,
        validate=validate.OneOf(allowed, error=lazy_gettext("Choose one of the options.")),
    )


class PreferencesSchema(Schema):
    """Products, minimum severity and cadence of alerts."""

    scope = _choice(ALL, CHOSEN, default=ALL)
    products = Slugs(load_default=list)
    minimum = _choice(*SEVERITIES, default="important")
    cadence = _choice(*CADENCES, default=PATCH_DAY)

    @validates_schema
    def _require_products(self, data: dict, **kwargs: object) -> None:
        if data["scope"] == CHOSEN and not data["products"]:
            raise ValidationError(
                _("Search for a product and select it, or choose all products."), "products"
            )


class SignUpSchema(EmailSchema, PreferencesSchema):
    """Sign up an address for alerts."""


class AskedItem(Reply):
    """The next step, the same for every address."""

    message = fields.String()


class MemberSchema(Schema):
    """Preferences of a member's alerts about their products."""

    on = fields.Boolean(load_default=False)
    minimum = _choice(*SEVERITIES, default="important")
    cadence = _choice(*CADENCES, default=AT_ONCE)


class MemberItem(Reply):
    """A member's alerts."""

    on = fields.Boolean()
    scope = fields.String(validate=validate.OneOf([ALL, CHOSEN, MINE]), allow_none=True)
    minimum = fields.String(validate=validate.OneOf(SEVERITIES))
    cadence = fields.String(validate=validate.OneOf(CADENCES))
