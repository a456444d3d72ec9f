"""The columns of bulletins and their rows that redaction masks."""

import hashlib

from auth.models import User
from bulletins.models import AffectedProduct, Bulletin, KnownIssue, Mitigation
from bulletins.originals import actions as originals
from bulletins.originals.models import OriginalDocument
from bulletins.vulnerability_models import (
    BulletinVulnerability,
    ExploitationEntry,
    Remediation,
    Vulnerability,
)
from core import redaction
from core.database.db import db
from posts.models import Post
from posts.redaction import record_redacted


def _announce_bulletin(row: object, by: User) -> None:
    bulletin_id = getattr(row, "bulletin_id", None)
    post = db.session.get(Post, bulletin_id) if bulletin_id is not None else None
    if post is not None:
        _forget_original(post, by)


def _forget_original(bulletin: Post, by: User) -> None:
    """Delete the issuer's document and the rendered texts of a redacted bulletin: they hold the text.

    The texts are rendered again by text_tasks.py.
    """
    originals.forget(bulletin.id)
    if isinstance(bulletin, Bulletin):
        bulletin.texts_html = {}
        bulletin.texts_version = None
    record_redacted(bulletin, by)


def _replace_digest(row: Mitigation, by: User) -> None:
    """Replace the digest of the text: with it, a guess at the redacted text could be confirmed."""
    row.digest = hashlib.sha256(f"{row.id}:{row.text}".encode()).hexdigest()
    _announce_bulletin(row, by)


redaction.register_text(
    Bulletin,
    "publisher",
    "publisher_namespace",
    "full_title",
    "names",
    "more",
    "imported",
    "texts_html",
    changed=_forget_original,
    about=lambda texts: Bulletin.id.in_(texts.post_ids),
)
redaction.register_text(
    AffectedProduct, "key", "name", "vendor", "vendor_key", "version", "more", changed=_announce_bulletin
)
redaction.register_text(
    BulletinVulnerability, "title", "scores", "more", "status", changed=_announce_bulletin
)
redaction.register_text(Vulnerability, "kev_action")
redaction.register_text(ExploitationEntry, "source", "url", "details")
redaction.register_text(
    Remediation,
    "details",
    "url",
    "update",
    "supersedes",
    "fixed_build",
    "more",
    "product_ids",
    changed=_announce_bulletin,
)
redaction.register_text(
    Mitigation,
    "text",
    "url",
    "blocks",
    "steps",
    "side_effects",
    changed=_replace_digest,
    derived=("digest",),
)
redaction.register_text(OriginalDocument, "publisher", "title", changed=_announce_bulletin)
redaction.register_without_text(OriginalDocument, "folder", "path", "tlp", "version", "sha256", "sha512")
redaction.register_text(KnownIssue, "update", "details", "url", changed=_announce_bulletin)
redaction.register_without_text(
    Bulletin,
    "reference",
    "tracking_id",
    "document_path",
    "tlp",
    "severity",
    "release_month",
    "import_digest",
    "fix_state",
    "document_status",
)
redaction.register_without_text(AffectedProduct, "status", "fix_state")
redaction.register_without_text(BulletinVulnerability, "fix_state")
redaction.register_without_text(Vulnerability, "cve")
redaction.register_without_text(Remediation, "kind", "restart")
redaction.register_without_text(Mitigation, "kind", "layer")
