"""The shape of what is sent about patches, for forms and JSON alike, and of the API's answers."""

import re

from marshmallow import Schema, fields, post_load, validate

from bulletins.api_schemas import BulletinItem
from core.api.api import Cursor, Reply
from core.api.parameters import Since, WholeNumber
from core.web.fields import Line
from core.web.lazy_text import lazy_gettext as _
from deployment.models import LONGEST_NOTE, LONGEST_TARGET, OUTCOMES, RINGS
from deployment.plans.schedule import BROAD_DAYS, MOST_DAYS, PILOT_DAYS

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
CHOOSE = _("Choose one of the options.")


class ReportSchema(Schema):
    """How an installation went."""

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
        validate=validate.Length(max=LONGEST_TARGET),
        metadata={"description": "Where it was installed, as text, if the release is not listed."},
    )
    ring = fields.String(required=True, validate=validate.OneOf(RINGS, error=CHOOSE))
    outcome = fields.String(required=True, validate=validate.OneOf(OUTCOMES, error=CHOOSE))
    note = fields.String(
        load_default="",
        validate=validate.Length(max=LONGEST_NOTE),
        metadata={"description": "Plain text: what went wrong, what helped."},
    )

    @post_load
    def tidy(self, data: dict, **kwargs) -> dict:
        """Trim the note; with a release of the catalogue a text for it says nothing."""
        if "note" in data:
            data["note"] = CONTROL.sub("", data["note"].replace("\r\n", "\n")).strip()
        if data.get("release"):
            data["target"] = ""
        return data


class HelpfulSchema(Schema):
    """Whether a report helped."""

    helpful = fields.Boolean(required=True)


class ReportQuery(Cursor):
    """Which reports."""

    outcome = fields.String(load_default="", validate=validate.OneOf(["", *OUTCOMES]))


class YearQuery(Cursor):
    """Of which year; this one when none is given."""

    year = WholeNumber(1990, 2199, load_default=None)
    since = Since("Only months that had not ended at this time.")


class PlanQuery(Schema):
    """How many days after patch day the pilot and everybody get the patches."""

    pilot = WholeNumber(0, MOST_DAYS, load_default=PILOT_DAYS)
    broad = WholeNumber(0, MOST_DAYS, load_default=BROAD_DAYS)


class OutcomesItem(Reply):
    """Deployment reports by outcome."""

    ok = fields.Integer()
    issue = fields.Integer()
    failed = fields.Integer()
    rolled_back = fields.Integer()


class ReportItem(Reply):
    """A deployment report; `release` is product/cycle, `target` what it is called."""

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
    """A month: its patch day, and what came in it."""

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
    """How many bulletins of a month affect a product."""

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
    """A bulletin of a rollout plan; `due_on` is the day by which KEV wants it done."""

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

    `deadline` is the earliest day by which one of them must be done, `is_late` when everybody gets it after.
    """

    month = fields.String()
    patch_day = fields.Date()
    pilot_on = fields.Date()
    broad_on = fields.Date()
    deadline = fields.Date(allow_none=True)
    is_late = fields.Boolean()
    items = fields.List(fields.Nested(TaskItem))
    url = fields.Url()
