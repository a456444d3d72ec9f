"""Schemas of the API's answers about vulnerabilities."""

from marshmallow import fields

from bulletins.api_schemas import ExploitationItem, RatingItem, ReferenceItem
from core.api.api import OtherSite, Reply


class KevItem(Reply):
    """The entry in CISA's catalogue of known exploited vulnerabilities."""

    added_on = fields.Date()
    due_on = fields.Date(allow_none=True)
    action = fields.String()
    is_ransomware = fields.Boolean()


class StatedProduct(Reply):
    """A product as one issuer names it."""

    name = fields.String()
    version = fields.String()
    state = fields.String(
        metadata={"description": "affected, affected_fixed, fixed, not_affected or under_investigation."}
    )
    fixed_in = fields.List(fields.String(), metadata={"description": "Builds, else updates."})


class StatementItem(Reply):
    """What one public bulletin states."""

    bulletin = fields.String(metadata={"description": "Its reference, such as RB-2026-014."})
    url = fields.Url()
    title = fields.String()
    publisher = fields.String()
    tracking_id = fields.String()
    published_at = fields.AwareDateTime(allow_none=True)
    document_status = fields.String()
    severity = fields.String(allow_none=True)
    scores = fields.List(fields.Nested(RatingItem))
    fix = fields.String(
        metadata={"description": "fixed, no_fix (the issuer says so), not_stated, not_affected, …"}
    )
    fixed_in = fields.List(fields.String())
    is_exploited = fields.Boolean(allow_none=True, metadata={"description": "null: not stated."})
    products = fields.List(fields.Nested(StatedProduct))
    has_more_products = fields.Boolean()


class SayingItem(Reply):
    """A value, and the bulletins that state it."""

    value = fields.String()
    bulletins = fields.List(fields.String())
    publishers = fields.List(fields.String())


class DifferenceItem(Reply):
    """A fact on which issuers differ."""

    kind = fields.String(metadata={"description": "score, severity, fix, product, exploited or rejected."})
    about = fields.String(metadata={"description": "The CVSS version, or the product."})
    says = fields.List(fields.Nested(SayingItem))


class MentionItem(Reply):
    """A question, an answer or an article that names it."""

    kind = fields.String()
    title = fields.String()
    url = fields.Url()


class VulnerabilityPage(Reply):
    """A vulnerability, as public bulletins and catalogues have it."""

    id = fields.String(metadata={"description": "The CVE, or the preferred name where there is none."})
    url = fields.Url()
    title = fields.String()
    aliases = fields.List(fields.String())
    severity = fields.String(allow_none=True, metadata={"description": "The highest that is stated."})
    is_exploited = fields.Boolean()
    exploited_by = fields.List(fields.Nested(ExploitationItem))
    kev = fields.Nested(KevItem, allow_none=True)
    epss = fields.Float(allow_none=True)
    epss_percentile = fields.Float(allow_none=True)
    epss_on = fields.Date(allow_none=True)
    cwes = fields.List(fields.String())
    fix = fields.List(fields.String(), metadata={"description": "Every state that is stated."})
    statements = fields.List(fields.Nested(StatementItem))
    differences = fields.List(fields.Nested(DifferenceItem))
    updates = fields.List(fields.String())
    references = fields.List(fields.Nested(ReferenceItem))
    mentions = fields.List(fields.Nested(MentionItem))
    elsewhere = fields.List(fields.Nested(OtherSite))
