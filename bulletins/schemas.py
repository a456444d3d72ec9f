"""Schemas of the input for bulletins, schedules and mitigations, from a form or as JSON."""

import re
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from marshmallow import Schema, ValidationError, fields, missing, post_load, validate

from advisories.layers import LAYERS
from advisories.scores import SEVERITIES
from bulletins.drafting.lines import TypedLine
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
MAX_ZONE_CHARACTERS = 60
MAX_REASON_CHARACTERS = 1_000
TLP_LABELS = ("CLEAR", "WHITE", "GREEN", "AMBER", "AMBER+STRICT", "RED")  # WHITE: its name in CSAF 2.0
DOCUMENT_STATUSES = ("draft", "interim", "final", "withdrawn")
REFERENCE = re.compile(r"RB-[0-9]{4}-[0-9]{3,7}$")
ARTICLE = re.compile(r"(?:.*/articles/)?([0-9]{1,9})(?:/.*)?$")


class Lines(fields.Field):
    """A list of lines, or one text with a line for each; `shape` names the cells, separated by |.

    Loads as a tuple of TypedLine. A missing field is an empty list; with `is_kept`, it is left out.
    """

    def __init__(self, shape: str, example: str, *, is_kept: bool = False, **kwargs: Any) -> None:
        super().__init__(
            load_default=missing if is_kept else tuple,
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
        found = [
            _typed_line(visible(line).replace("\n", " ").strip(), number)
            for number, line in enumerate(lines, 1)
            if line.strip(" |")
        ]
        if len(found) > MAX_LINES:
            raise ValidationError(_("Use at most %(n)s lines. There are %(m)s.", n=MAX_LINES, m=len(found)))
        if long := next((line for line in found if len(line) > MAX_LINE_CHARACTERS), None):
            raise ValidationError(
                _(
                    "Line %(number)s has %(m)s characters. Use at most %(n)s.",
                    number=long.number,
                    m=len(long),
                    n=MAX_LINE_CHARACTERS,
                )
            )
        return tuple(found)


def _typed_line(text: str, number: int) -> TypedLine:
    line = TypedLine(text)
    line.number = number
    return line


class PlainText(fields.String):
    """A text of several lines, without markup."""

    def __init__(
        self,
        max_characters: int = MAX_TEXT_CHARACTERS,
        *,
        min_characters: int = 0,
        is_kept: bool = False,
        required: bool = False,
    ) -> None:
        super().__init__(
            load_default=missing if is_kept or required else "",
            required=required,
            metadata={"maxLength": max_characters, "minLength": min_characters},
        )
        self.max_characters = max_characters
        self.min_characters = min_characters

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = visible(super()._deserialize(value, attr, data, **kwargs)).strip()
        if len(text) > self.max_characters:
            raise ValidationError(_("Use at most %(n)s characters.", n=self.max_characters))
        if len(text) < self.min_characters:
            raise ValidationError(
                _("Use at least %(n)s characters. This has %(m)s.", n=self.min_characters, m=len(text))
            )
        return text


class Timestamp(fields.Field):
    """A time in ISO 8601; empty for None. Without a zone it is loaded without one, for in_zone()."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            allow_none=True,
            metadata={
                "type": "string",
                "format": "date-time",
                "example": "2026-12-08T18:00:00Z",
                **kwargs.pop("metadata", {}),
            },
            **kwargs,
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime | None:
        if value == "":
            return None
        try:
            at = datetime.fromisoformat(str(value).strip()[:40])
            at = at if at.tzinfo is None else at.astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValidationError(_("Use the form 2026-12-08T18:00:00Z.")) from None
        if not 2000 <= at.year <= 2199:
            raise ValidationError(_("Enter a year from 2000 to 2199."))
        return at


def _utc() -> tzinfo:
    return UTC


class Zone(fields.Field):
    """A time zone of the IANA database, loaded as one; UTC for an empty text."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            load_default=_utc,
            metadata={
                "type": "string",
                "maxLength": MAX_ZONE_CHARACTERS,
                "example": "Europe/Berlin",
                "description": "Of a time that states no zone; UTC when missing.",
            },
            **kwargs,
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tzinfo:
        if value == "":
            return UTC
        try:
            return ZoneInfo(str(value)[:MAX_ZONE_CHARACTERS])
        except (KeyError, OSError, ValueError):
            raise ValidationError(_("Enter a time zone such as Europe/Berlin.")) from None


def in_zone(field: str, at: datetime | None, zone: tzinfo) -> datetime | None:
    """A loaded Timestamp in UTC; raises ValidationError for a local time that does not exist."""
    if at is None or at.tzinfo is not None:
        return at
    utc = at.replace(tzinfo=zone).astimezone(UTC)
    if utc.astimezone(zone).replace(tzinfo=None) != at:
        raise ValidationError(
            _("This time does not exist in %(zone)s: the clocks go forward. Choose another.", zone=zone),
            field,
        )
    return utc


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
    exploited = Lines(
        "vulnerability | source | date | link | details",
        "CVE-2026-1001 | CISA KEV | 2026-11-03 | https://www.cisa.gov/known-exploited-vulnerabilities-catalog",
        is_kept=True,
    )
    cwes = Lines("vulnerability | CWE", "CVE-2026-1001 | CWE-787", is_kept=True)
    aliases = Lines(
        "vulnerability | other name | system that issued it",
        "CVE-2026-1001 | GHSA-jfh8-c2jp-5v3q | GitHub",
        is_kept=True,
    )
    references = Lines("link | text", "https://acme.example/sa-1 | Advisory of Acme", is_kept=True)
    threats = Lines(
        "vulnerability | impact, exploit_status or target_set | date | description",
        "CVE-2026-1001 | impact | | Remote code execution",
        is_kept=True,
    )
    stated_issues = Lines(
        "vulnerability | update | link | known issue that the document states",
        "CVE-2026-1001 | AC100 | https://acme.example/ac100",
        is_kept=True,
    )
    acknowledgments = Lines(
        "vulnerability (empty: the whole document) | names, separated by ; | organization | for what | link",
        "| Ada Example; Bo Example | Example Labs | Reported the overflow. | https://labs.example/",
        is_kept=True,
    )
    tlp = fields.String(
        validate=validate.OneOf(["", *TLP_LABELS], error=lazy_gettext("Choose a TLP label of the list.")),
        metadata={"description": "Other labels than CLEAR only while the bulletin is not public."},
    )
    known_issues = Lines("update | link | known issue", "AC100 | | Printing stops.")
    supersedes = Lines("a bulletin", "RB-2026-001")
    is_out_of_band = fields.Boolean(load_default=False)
    document_status = fields.String(
        validate=validate.OneOf(
            DOCUMENT_STATUSES, error=lazy_gettext("Choose draft, interim, final or withdrawn.")
        ),
        metadata={"description": "`withdrawn` needs `withdrawn_reason`; the bulletin stays public."},
    )
    withdrawn_reason = PlainText(MAX_REASON_CHARACTERS, is_kept=True)
    embargo_until = Timestamp(
        metadata={
            "description": "When a draft is published, not earlier; null or empty removes the schedule."
        }
    )
    zone = Zone()
    embargo_seen = Line(
        validate=_max_characters(40),
        metadata={"description": "The time that the form showed, so that an older form changes nothing."},
    )
    change = Line(load_default="", validate=_max_characters(100))

    @post_load
    def _set_zone(self, data: dict, **_kwargs: object) -> dict:
        zone = data.pop("zone", UTC)
        if "embargo_until" in data:
            data["embargo_until"] = in_zone("embargo_until", data["embargo_until"], zone)
        return data


class EditBulletinSchema(BulletinSchema):
    """A changed bulletin; the action checks BULLETIN_LIMITS."""

    title = Line(required=True, validate=ANY_TITLE)


class ScheduleSchema(Schema):
    """The time of publication; None or empty removes the schedule."""

    at = Timestamp(load_default=None)
    zone = Zone()

    @post_load
    def _set_zone(self, data: dict, **_kwargs: object) -> dict:
        return {"at": in_zone("at", data["at"], data["zone"])}


class WithdrawSchema(Schema):
    """Why a bulletin is withdrawn, for everybody who reads it."""

    reason = PlainText(MAX_REASON_CHARACTERS, min_characters=5, required=True)


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
