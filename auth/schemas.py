"""The shape of what people send about themselves."""

from flask_babel import lazy_gettext as _
from marshmallow import Schema, fields, validate

from core.web import Line, Markdown

WEBSITE = r"^(https?://[^\s<>\"']{3,190})?$"


class RegisterSchema(Schema):
    """A new account."""

    username = Line(required=True, validate=validate.Length(1, 40))
    email = fields.Email(required=True, validate=validate.Length(max=254))
    password = fields.String(required=True)


class LoginSchema(Schema):
    """A handle or address, and the password."""

    username = Line(required=True, validate=validate.Length(1, 254))
    password = fields.String(required=True, validate=validate.Length(1, 1000))


class EmailSchema(Schema):
    """One address."""

    email = fields.Email(required=True, validate=validate.Length(max=254))


class PasswordSchema(Schema):
    """A new password."""

    password = fields.String(required=True)


class ChangePasswordSchema(PasswordSchema):
    """A new password and the present one."""

    current_password = fields.String(required=True)


class ChangeEmailSchema(EmailSchema):
    """A new address and the password."""

    current_password = fields.String(required=True)


class ProfileSchema(Schema):
    """What the profile page shows."""

    display_name = Line(required=True, validate=validate.Length(
        1, 80, error=_("Use 1 to 80 characters.")))
    location = Line(load_default="", validate=validate.Length(max=100))
    website = Line(load_default="", validate=validate.Regexp(
        WEBSITE, error=_("Write a full address that starts with https://")))
    about = Markdown(longest=5_000, load_default=None)


class TokenSchema(Schema):
    """A name to remember the token by, and what it may do."""

    name = Line(required=True, validate=validate.Length(1, 80))
    scope = fields.String(required=True, validate=validate.OneOf(["read", "write"]))
