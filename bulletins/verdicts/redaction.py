"""Columns of verdicts and corrections that redaction masks."""

from bulletins.verdicts.models import AffectedName, Correction, VersionVerdict
from core import redaction

redaction.register_text(AffectedName, "key")
redaction.register_text(
    Correction,
    "installed_key",
    "named_key",
    "product_key",
    "component",
    "named",
    "versions",
    "note",
    "answer",
)
redaction.register_without_text(VersionVerdict, "state")
redaction.register_without_text(Correction, "kind", "status")
