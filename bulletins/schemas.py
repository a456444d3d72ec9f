"""Schemas of the input for bulletins, schedules and mitigations, from a form or as JSON."""

import re
from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext as _
from marshmallow import Schema, ValidationError, fields, validate

from advisories.layers import LAYERS
from advisories.scores import SEVERITIES
from bulletins.mitigations.from_documents import MITIGATION_KINDS
from core.markup.characters import visible
from core.web.fields import Line, Markdown
from core.web.lazy_text import lazy_gettext
from posts.text_limits import ANY_TITLE, TextLimits
from products.schemas import Address

MAX_BODY_CHARACTERS = 200_000
MAX_LINES = 500
MAX_LINE_CHARACTERS = 4_000
MAX_TEXT_CHARACTERS = 10_000
REFERENCE = re.compile(r"RB-[0-9]{4}-[0-9]{3,7}$")
ARTICLE = re.compile(r"(?:.*/articles/)?([0-9]{1,9})(?:/.*)?$")


class Lines(fields.Field):
    """A list of lines, or one text with a line for each; `shape` names the cells, separated by |."""

    def __init__(self, shape: str, example: str, **kwargs: Any) -> None:
        super().__init__(
            load_default=tuple,
            metadata={
                "type": "array",
                "items": {"type": "string", "maxLength": MAX_LINE_CHARACTERS},
                "maxItems": MAX_LINES,
                "description": shape,
                "example": [example],
            },
            **kwargs,
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[str, ...]:
        lines = value.splitlines() if isinstance(value, str) else value
        if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
            raise ValidationError(_("Enter one per line."))
        lines = [visible(line).replace("\n", " ").strip() for line in lines]
        lines = [line for line in lines if line.strip(" |")]
        if len(lines) > MAX_LINES or any(len(line) > MAX_LINE_CHARACTERS for line in lines):
            raise ValidationError(
                _("Use at most %(n)s lines of %(m)s characters.", n=MAX_LINES, m=MAX_LINE_CHARACTERS)
            )
        return tuple(lines)


class PlainText(fields.String):
    """A text of several lines, without markup."""

    def __init__(self, max_characters: int = MAX_TEXT_CHARACTERS, **kwargs: Any) -> None:
        super().__init__(load_default="", metadata={"maxLength": max_characters}, **kwargs)
        self.max_characters = max_characters

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = visible(super()._deserialize(value, attr, data, **kwargs)).strip()
        if len(text) > self.max_characters:
            raise ValidationError(_("Use at most %(n)s characters.", n=self.max_characters))
        return text


class Timestamp(fields.Field):
    """A time in ISO 8601, in UTC when it has no zone; empty for None."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            allow_none=True,
            load_default=None,
            metadata={"type": "string", "format": "date-time", "example": "2026-12-08T18:00:00Z"},
            **kwargs,
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime | None:
        if value == "":
            return None
        try:
            at = datetime.fromisoformat(str(value).strip()[:40])
            at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValidationError(_("Use the form 2026-12-08T18:00:00Z.")) from None
        if not 2000 <= at.year <= 2199:
            raise ValidationError(_("Enter a year from 2000 to 2199."))
        return at


def _max_characters(n: int) -> validate.Length:
    return validate.Length(max=n, error=lazy_gettext("Use at most %(n)s characters.", n=n))


BULLETIN_LIMITS = TextLimits(min_title=15, max_title=150)


class BulletinSchema(Schema):
    r"""A bulletin as a moderator writes it. In a cell, \n is a newline."""

    title = Line(
        required=True,
        validate=BULLETIN_LIMITS.title_rule(lazy_gettext("Use 15 to 150 characters for the title.")),
    )
    body = Markdown(load_default="", longest=MAX_BODY_CHARACTERS)
    severity = fields.String(
        load_default="",
        validate=validate.OneOf(["", *SEVERITIES], error=lazy_gettext("Choose a severity, or “not rated”.")),
    )
    vulnerabilities = Lines(
        "CVE | CVSS vector | title",
        "CVE-2026-1001 | CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H | Overflow in the parser",
    )
    affected = Lines("product | version | fixed build", "Acme Reader | 9 | 9.5")
    remedies = Lines(
        "fix, workaround, mitigation, none or never, where needed with products ("
        "fix for OpenSSL 3.0; Python) | update | link | what to do",
        "fix | AC100 | https://acme.example/ac100 | Install the update.",
    )
    known_issues = Lines("update | link | known issue", "AC100 | | Printing stops.")
    supersedes = Lines("a bulletin", "RB-2026-001")
    is_out_of_band = fields.Boolean(load_default=False)
    change = Line(load_default="", validate=_max_characters(100))


class EditBulletinSchema(BulletinSchema):
    """A changed bulletin; the action checks BULLETIN_LIMITS."""

    title = Line(required=True, validate=ANY_TITLE)


class ScheduleSchema(Schema):
    """The time of publication; None or empty removes the schedule."""

    at = Timestamp()


class MitigationSchema(Schema):
    """A mitigation and its side effects."""

    layer = fields.String(
        required=True, validate=validate.OneOf(LAYERS, error=lazy_gettext("Choose one of the five layers."))
    )
    kind = fields.String(load_default="mitigation", validate=validate.OneOf(MITIGATION_KINDS))
    text = PlainText()
    blocks = PlainText(1_000)
    steps = Lines(
        "what to do | command | how to check | how to undo",
        "Stop the spooler | Stop-Service Spooler | Get-Service Spooler | Start-Service Spooler",
    )
    side_effects = PlainText(1_000)
    article = Line(
        load_default="",
        validate=validate.Regexp(
            re.compile(r"$|" + ARTICLE.pattern),
            error=lazy_gettext("Enter the number or address of an article."),
        ),
    )
    url = Address(load_default="", validate=_max_characters(300))
