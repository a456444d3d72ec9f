"""Schemas of deployment reports, plans and the calendar: forms, JSON bodies and API answers."""

import re

from marshmallow import Schema, fields, post_load, validate

from bulletins.api_schemas import BulletinItem
from core.api.api import Cursor, Reply
from core.api.parameters import Since, WholeNumber
from core.web.fields import Line
from core.web.lazy_text import lazy_gettext as _
from deployment.models import MAX_NOTE_CHARACTERS, MAX_TARGET_CHARACTERS, OUTCOMES, RINGS
from deployment.plans.schedule import DEFAULT_BROAD_DAYS, DEFAULT_PILOT_DAYS, MAX_DAYS

CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
CHOOSE_MESSAGE = _("Choose one of the options.")


class ReportSchema(Schema):
    """A report of an installation."""

    release = Line(
        load_default="",
        validate=validate.Length(max=130),
        metadata={
            "description": "A listed release as product/cycle; optional.",
            "example": "windows/10-22h2",
        },
    )
    target = Line(
        load_default="",
        validate=validate.Length(max=MAX_TARGET_CHARACTERS),
        metadata={"description": "Where it was installed, as text, if the release is not listed."},
    )
    ring = fields.String(required=True, validate=validate.OneOf(RINGS, error=CHOOSE_MESSAGE))
    outcome = fields.String(required=True, validate=validate.OneOf(OUTCOMES, error=CHOOSE_MESSAGE))
    note = fields.String(
        load_default="",
        validate=validate.Length(max=MAX_NOTE_CHARACTERS),
        metadata={"description": "Plain text: what went wrong, what helped."},
    )

    @post_load
    def tidy(self, data: dict, **kwargs: object) -> dict:
        """Trim the note; a release of the catalogue replaces the target."""
        if "note" in data:
            data["note"] = CONTROL_CHARACTERS.sub("", data["note"].replace("\r\n", "\n")).strip()
        if data.get("release"):
            data["target"] = ""
        return data


class HelpfulSchema(Schema):
    """Whether a report helped."""

    helpful = fields.Boolean(required=True)


class ReportQuery(Cursor):
    """Filters of reports."""

    outcome = fields.String(load_default="", validate=validate.OneOf(["", *OUTCOMES]))


class YearQuery(Cursor):
    """The year, by default the current one."""

    year = WholeNumber(1990, 2199, load_default=None)
    since = Since("Only months that had not ended at this time.")


class PlanQuery(Schema):
    """Days from patch day to the pilot and broad rings."""

    pilot = WholeNumber(0, MAX_DAYS, load_default=DEFAULT_PILOT_DAYS)
    broad = WholeNumber(0, MAX_DAYS, load_default=DEFAULT_BROAD_DAYS)


class OutcomesItem(Reply):
    """Deployment reports by outcome."""

    ok = fields.Integer()
    issue = fields.Integer()
    failed = fields.Integer()
    rolled_back = fields.Integer()


class ReportItem(Reply):
    """A deployment report; `release` is product/cycle, `target` its title or the member's text."""

    id = fields.Integer()
    bulletin = fields.String()
    release = fields.String(allow_none=True)
    target = fields.String()
    ring = fields.String(validate=validate.OneOf(RINGS))
    outcome = fields.String(validate=validate.OneOf(OUTCOMES))
    note = fields.String()
    helpful = fields.Integer()
    author = fields.String(allow_none=True)
    author_url = fields.Url(allow_none=True)
    created_at = fields.AwareDateTime()
    updated_at = fields.AwareDateTime()
    url = fields.Url()


class MonthItem(Reply):
    """A month with its patch day and the numbers of its bulletins."""

    month = fields.String()
    patch_day = fields.Date()
    patch_at = fields.AwareDateTime()
    bulletins = fields.Integer()
    critical = fields.Integer()
    important = fields.Integer()
    moderate = fields.Integer()
    low = fields.Integer()
    not_rated = fields.Integer()
    exploited = fields.Integer()
    unpatched = fields.Integer()
    out_of_band = fields.Integer()
    reports = fields.Nested(OutcomesItem)
    url = fields.Url()


class ProductCount(Reply):
    """Numbers of bulletins of a month that affect a product."""

    product = fields.String()
    bulletins = fields.Integer()
    critical = fields.Integer()
    exploited = fields.Integer()
    unpatched = fields.Integer()


class WholeMonth(MonthItem):
    """A month with its products and a page of its bulletins, the most urgent first."""

    products = fields.List(fields.Nested(ProductCount))
    items = fields.List(fields.Nested(BulletinItem))
    next = fields.String(allow_none=True)


class TaskItem(Reply):
    """A bulletin of a rollout plan; `due_on` is its KEV due date."""

    reference = fields.String()
    title = fields.String()
    severity = fields.String(allow_none=True)
    is_exploited = fields.Boolean()
    is_unpatched = fields.Boolean()
    pilot_on = fields.Date()
    broad_on = fields.Date()
    due_on = fields.Date(allow_none=True)
    is_done = fields.Boolean()
    url = fields.Url()


class PlanItem(Reply):
    """A member's rollout plan for a month, its bulletins the most urgent first.

    `deadline` is the earliest due date, and `is_late` says that the broad ring comes after it.
    """

    month = fields.String()
    patch_day = fields.Date()
    pilot_on = fields.Date()
    broad_on = fields.Date()
    deadline = fields.Date(allow_none=True)
    is_late = fields.Boolean()
    items = fields.List(fields.Nested(TaskItem))
    url = fields.Url()
