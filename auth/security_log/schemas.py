"""Schema of the security log's filter."""

from typing import Any

from marshmallow import EXCLUDE, Schema, fields, pre_load, validate

from auth.security_log.kinds import KINDS
from core.web.fields import Line


class FilterSchema(Schema):
    """The filter; an empty field does not filter."""

    class Meta:
        unknown = EXCLUDE

    kind = fields.String(validate=validate.OneOf(sorted(KINDS)), load_default=None)
    user = Line(validate=validate.Length(max=40), load_default=None)
    first_day = fields.Date(load_default=None)
    last_day = fields.Date(load_default=None)

    @pre_load
    def _without_empty(self, data: dict, **kwargs: Any) -> dict:
        return {name: value for name, value in data.items() if value}
