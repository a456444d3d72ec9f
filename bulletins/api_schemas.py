"""Schemas of the API's responses about bulletins, and of the parameters of its lists."""

from marshmallow import fields, validate

from advisories.advisory import ORIGINS
from advisories.layers import LAYERS
from advisories.scores import SEVERITIES
from bulletins.fixes import FIX_STATES
from bulletins.queries import SORTS
from core.api.api import Cursor, Reply, Version
from core.api.parameters import WholeNumber
from core.web.fields import Line
from posts.schemas import PostItem
from products.api_schemas import MAX_ID


class BulletinQuery(Cursor):
    """Which bulletins, and in which order."""

    sort = fields.String(load_default="urgent", validate=validate.OneOf(list(SORTS)))
    severity = fields.String(load_default="", validate=validate.OneOf(["", *SEVERITIES]))
    exploited = fields.Boolean(load_default=False)
    unfixed = fields.Boolean(
        load_default=False,
        metadata={
            "description": "Only bulletins whose issuer says that there is no fix for some product; with "
            "`product`, for that product."
        },
    )
    not_stated = fields.Boolean(
        load_default=False,
        metadata={"description": "Only bulletins that neither name a fix nor say that there is none."},
    )
    end_of_life = fields.Boolean(
        data_key="past_life",
        load_default=False,
        metadata={"description": "Only bulletins that affect an end-of-life release."},
    )
    product = Line(
        load_default="",
        validate=validate.Length(max=60),
        metadata={"description": "Slug of a product, such as windows-server."},
    )
    vendor = Line(load_default="", validate=validate.Length(max=60))
    month = fields.String(load_default="", validate=validate.Regexp(r"^$|^\d{4}-(0[1-9]|1[0-2])$"))
    cve = Line(load_default="", validate=validate.Length(max=30))
    mine = fields.Boolean(
        load_default=False, metadata={"description": "Only bulletins for your products; needs a token."}
    )
    inventory = WholeNumber(
        1,
        MAX_ID,
        metadata={"description": "Only bulletins for one inventory that you see; needs a token."},
    )


class _Facts(PostItem):
    """A bulletin as every list has it."""

    reference = fields.String()
    severity = fields.String(allow_none=True, validate=validate.OneOf(SEVERITIES))
    is_exploited = fields.Boolean()
    kev_added_on = fields.Date(allow_none=True)
    kev_due_on = fields.Date(allow_none=True)
    is_ransomware = fields.Boolean()
    epss = fields.Float(
        allow_none=True,
        metadata={"description": "The highest of its vulnerabilities, from 0 to 1; null where none has one."},
    )
    has_fix = fields.Boolean(metadata={"description": "Whether every vulnerability has a fix."})
    is_unpatched = fields.Boolean(
        metadata={"description": "Whether the issuer says that some affected product has no fix."}
    )
    fix_state = fields.String(
        allow_none=True,
        validate=validate.OneOf(FIX_STATES),
        metadata={"description": "The worst state of its products; null where nothing needs a fix."},
    )
    is_informational = fields.Boolean(
        metadata={"description": "Whether the issuer says that customers need not act."}
    )
    document_status = fields.String(
        validate=validate.OneOf(("draft", "interim", "final", "withdrawn")),
        metadata={"description": "What the document says of itself."},
    )
    is_out_of_band = fields.Boolean()
    withdrawn_reason = fields.String(allow_none=True)
    publisher = fields.String()
    tracking_id = fields.String()
    published_at = fields.AwareDateTime(allow_none=True)
    embargo_until = fields.AwareDateTime(allow_none=True)
    month = fields.String()


class BulletinItem(_Facts):
    """A bulletin in a list."""

    vulnerabilities = fields.Integer(metadata={"description": "How many."})


class RatingItem(Reply):
    """A CVSS vector: the score computed from it, and the stated one when it is another."""

    version = fields.String()
    vector = fields.String()
    base = fields.Float(allow_none=True)
    severity = fields.String()
    stated = fields.Float(allow_none=True)


class RemedyItem(Reply):
    """A remedy as the issuer states it."""

    kind = fields.String()
    details = fields.String()
    url = fields.String()
    update = fields.String()
    supersedes = fields.String()
    fixed_build = fields.String()
    restart = fields.String()
    origin = fields.String(
        validate=validate.OneOf(("", *ORIGINS)),
        metadata={"description": "What the fix was derived from; empty when the issuer states it."},
    )
    can_roll_back = fields.Boolean(allow_none=True)
    product_keys = fields.List(fields.String())


class ExploitationItem(Reply):
    """A source that says that a vulnerability is exploited; an empty name is the issuer of the bulletin."""

    name = fields.String()
    day = fields.Date(allow_none=True)
    url = fields.String()
    details = fields.String()


class ReferenceItem(Reply):
    """A link."""

    url = fields.String()
    summary = fields.String()


class ThreatItem(Reply):
    """A threat as the document states it."""

    category = fields.String()
    details = fields.String()
    at = fields.String(allow_none=True)


class AcknowledgmentItem(Reply):
    """Who is thanked."""

    names = fields.List(fields.String())
    organization = fields.String()
    summary = fields.String()
    urls = fields.List(fields.String())


class VulnerabilityItem(Reply):
    """A vulnerability as this bulletin has it."""

    cve = fields.String(allow_none=True)
    title = fields.String()
    is_rejected = fields.Boolean()
    is_exploited = fields.Boolean()
    exploited_by = fields.List(fields.Nested(ExploitationItem))
    has_fix = fields.Boolean()
    fix_state = fields.String(allow_none=True, validate=validate.OneOf(FIX_STATES))
    kev_added_on = fields.Date(allow_none=True)
    kev_due_on = fields.Date(allow_none=True)
    epss = fields.Float(allow_none=True)
    status = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))
    cwe = fields.String(allow_none=True)
    aliases = fields.List(fields.String())
    scores = fields.List(fields.Nested(RatingItem))
    remediations = fields.List(fields.Nested(RemedyItem))
    mitigations = fields.List(
        fields.Integer(), metadata={"description": "Ids of the mitigations below; empty if none is known."}
    )
    threats = fields.List(fields.Nested(ThreatItem))
    acknowledgments = fields.List(fields.Nested(AcknowledgmentItem))


class FixItem(Reply):
    """An update that fixes a product."""

    name = fields.String()
    url = fields.String(allow_none=True)


class AffectedItem(Reply):
    """A product as the document names it, and what it is in the catalogue."""

    key = fields.String()
    name = fields.String()
    vendor = fields.String()
    version = fields.String()
    status = fields.String()
    has_fix = fields.Boolean()
    fix_state = fields.String(allow_none=True, validate=validate.OneOf(FIX_STATES))
    fixed_builds = fields.List(fields.String())
    fixed_by = fields.List(fields.Nested(FixItem))
    product = fields.String(allow_none=True)
    releases = fields.List(fields.String())


class MitigationItem(Reply):
    """What protects without the patch."""

    id = fields.Integer()
    kind = fields.String()
    layer = fields.String(validate=validate.OneOf(LAYERS))
    is_confirmed = fields.Boolean()
    text = fields.String()
    blocks = fields.String()
    steps = fields.List(fields.Dict(keys=fields.String(), values=fields.String()))
    side_effects = fields.String()
    article_id = fields.Integer(allow_none=True)
    url = fields.String()
    version = Version()


class IssueItem(Reply):
    """A known issue of an update."""

    update = fields.String()
    details = fields.String()
    url = fields.String()


class WholeBulletin(_Facts):
    """A bulletin with all its content."""

    vulnerabilities = fields.List(fields.Nested(VulnerabilityItem))
    products = fields.List(fields.Nested(AffectedItem))
    mitigations = fields.List(fields.Nested(MitigationItem))
    known_issues = fields.List(fields.Nested(IssueItem))
    references = fields.List(fields.Nested(ReferenceItem))
    tlp = fields.String(metadata={"description": "The TLP label; empty for none."})
    acknowledgments = fields.List(fields.Nested(AcknowledgmentItem))
    supersedes = fields.List(fields.String())
    superseded_by = fields.List(fields.String())
