"""Input about verdicts."""

from flask_babel import gettext as _
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from bulletins.schemas import PlainText
from bulletins.verdicts.models import OTHER_PRODUCT, RANGE
from core.web.fields import Line
from core.web.lazy_text import lazy_gettext
from inventory.versions.ranges import parse_text

MAX_VERSIONS_CHARACTERS = 300


class CorrectionSchema(Schema):
    """What is wrong with a verdict: another product, or other versions, and where that can be read."""

    kind = fields.String(
        required=True,
        validate=validate.OneOf([OTHER_PRODUCT, RANGE], error=lazy_gettext("Choose what is wrong.")),
    )
    versions = Line(
        load_default="",
        validate=validate.Length(
            max=MAX_VERSIONS_CHARACTERS, error=lazy_gettext("Use at most 300 characters for the versions.")
        ),
    )
    note = PlainText(1_000)

    @validates_schema
    def _complete(self, data: dict, **kwargs: object) -> None:
        if not data["note"]:
            raise ValidationError(_("Say where the right answer can be read."), "note")
        if data["kind"] == RANGE and parse_text(data["versions"]) is None:
            raise ValidationError(
                _("Write the affected versions as “< 4.2”, “>= 4.0, < 4.2” or “vers:deb/<4.2-1”."), "versions"
            )


class SameProductSchema(Schema):
    """A component and a product of a bulletin are the same, although their names differ."""

    component = fields.Integer(
        required=True, error_messages={"required": lazy_gettext("Choose what you have installed.")}
    )
    product = fields.Integer(
        required=True, error_messages={"required": lazy_gettext("Choose a product of the bulletin.")}
    )
    note = PlainText(1_000)

    @validates_schema
    def _complete(self, data: dict, **kwargs: object) -> None:
        if not data["note"]:
            raise ValidationError(_("Say where the right answer can be read."), "note")


class DecisionSchema(Schema):
    """The answer to a correction."""

    answer = PlainText(1_000)
