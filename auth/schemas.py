"""Schemas of account forms, and of members in the API."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from marshmallow import Schema, ValidationError, fields, pre_load, validate, validates

from auth.models import ROLES
from auth.names import display_names
from core.api.api import READ, WRITE, Item, Reply
from core.database.db import utcnow
from core.mail import message
from core.web.fields import Line, Markdown
from core.web.lazy_text import lazy_gettext as _

SCOPES = (READ, WRITE)
LAST_DAY = date(2999, 12, 31)
WEBSITE = r"^(https?://[^\s<>\"']{3,190})?$"


class Address(fields.String):
    """An email address, normalized by core.mail.message.normalize_address."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"format": "email"}, **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return message.normalize_address(text)
        except message.BadAddress as error:
            raise ValidationError(str(error)) from error


class RegisterSchema(Schema):
    """A new account."""

    username = Line(required=True, validate=validate.Length(1, 40))
    email = Address(required=True)
    password = fields.String(required=True)


class LoginSchema(Schema):
    """A username or address, and the password."""

    username = Line(required=True, validate=validate.Length(1, 254))
    password = fields.String(required=True, validate=validate.Length(1, 1000))


class EmailSchema(Schema):
    """One address."""

    email = Address(required=True)


class PasswordSchema(Schema):
    """A new password."""

    password = fields.String(required=True)


class ChangePasswordSchema(PasswordSchema):
    """A new password and the current one; API tokens are revoked unless `keep_tokens`."""

    current_password = fields.String(required=True)
    keep_tokens = fields.Boolean(load_default=False)


class NothingSchema(Schema):
    """A form without fields."""


class RecoverSchema(Schema):
    """The address of an account to secure, and whether former addresses can still undo their change."""

    email = Address(load_default="", validate=validate.Length(max=254))
    end_undo = fields.Boolean(load_default=False)

    @pre_load
    def _no_address(self, data: dict, **kwargs: Any) -> dict:
        return {name: value for name, value in data.items() if name != "email" or value}


class EraseSchema(Schema):
    """The password, and whether posts are kept without a name or removed."""

    current_password = fields.String(required=True)
    words = fields.String(
        required=True,
        validate=validate.OneOf(("keep", "remove"), error=_("Choose what happens to your posts.")),
        error_messages={"required": _("Choose what happens to your posts.")},
    )


class DisplayName(fields.String):
    """A display name; invisible characters are refused, not dropped."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        name = super()._deserialize(value, attr, data, **kwargs).strip(" ")
        if not 1 <= len(name) <= 80:
            raise ValidationError(str(_("Use 1 to 80 characters.")))
        if error := display_names.error(name):
            raise ValidationError(error)
        return name


class ProfileSchema(Schema):
    """The public profile."""

    display_name = DisplayName(required=True)
    location = Line(load_default="", validate=validate.Length(max=100))
    website = Line(
        load_default="",
        validate=validate.Regexp(WEBSITE, error=_("Enter a full address that starts with https://")),
    )
    about = Markdown(longest=5_000, load_default=None)


class TokenSchema(Schema):
    """The name of a token, its scope, and its last day (UTC; none: valid until revoked)."""

    name = Line(required=True, validate=validate.Length(1, 80, error=_("Use 1 to 80 characters.")))
    scope = fields.String(required=True, validate=validate.OneOf(SCOPES))
    expires_on = fields.Date(
        allow_none=True, load_default=None, error_messages={"invalid": _("Use the form YYYY-MM-DD.")}
    )

    @pre_load
    def _no_date(self, data: dict, **kwargs: Any) -> dict:
        return {**data, "expires_on": data.get("expires_on") or None}

    @validates("expires_on")
    def _in_the_future(self, day: date | None, **kwargs: Any) -> None:
        if day is not None and not utcnow().date() <= day <= LAST_DAY:
            raise ValidationError(_("Choose a date in the future."))


class UserItem(Item):
    """A member: `title` is the display name, `body` the text about them, `score` the reputation."""

    username = fields.String()
    role = fields.String(validate=validate.OneOf(ROLES))
    location = fields.String()
    website = fields.String()
    is_suspended = fields.Boolean()


class MeItem(UserItem):
    """The token's own account: with private fields, the scope and the privileges."""

    email = fields.String(allow_none=True)
    is_confirmed = fields.Boolean()
    scope = fields.String(validate=validate.OneOf(SCOPES))
    privileges = fields.List(fields.String())


class ReputationItem(Reply):
    """One entry of the ledger: points, reason and post."""

    id = fields.Integer()
    reason = fields.String()
    points = fields.Integer()
    post_id = fields.Integer(allow_none=True)
    created_at = fields.AwareDateTime()
