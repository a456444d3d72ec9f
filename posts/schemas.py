"""The shape of what is sent about any post: votes, comments, tags."""

import re

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from marshmallow import Schema, ValidationError, fields, validate

from core.web import Line, Markdown
from posts.actions import MAX_TAGS

TAG = re.compile(r"[a-z0-9][a-z0-9.+#-]{0,34}$")


class Tags(fields.Field):
    """Tags as a list, or as one string separated by spaces or commas."""

    def _deserialize(self, value, attr, data, **kwargs) -> list[str]:
        words = re.split(r"[\s,]+", value) if isinstance(value, str) else value
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise ValidationError(_("Write tags as words separated by spaces."))
        names = sorted({word.lower() for word in words if word})
        if not 1 <= len(names) <= MAX_TAGS:
            raise ValidationError(_("Choose one to five tags."))
        for name in names:
            if not TAG.match(name):
                raise ValidationError(_("“%(name)s” is not a tag: use letters, digits and - . + #",
                                        name=name[:40]))
        return names


class VoteSchema(Schema):
    """1 up, -1 down, 0 withdrawn."""

    value = fields.Integer(required=True, validate=validate.OneOf([-1, 0, 1]))


class CommentSchema(Schema):
    """The text of a comment."""

    body = Markdown(required=True, shortest=15, longest=600)


class SummarySchema(Schema):
    """What an edit was for."""

    summary = Line(load_default="", validate=validate.Length(
        max=200, error=lazy_gettext("Keep the summary under 200 characters.")))
