"""Writes of mitigations and known issues by moderators. Nothing commits."""

from auth.models import User
from bulletins import issuer_texts
from bulletins.mitigations.from_documents import digest
from bulletins.models import Bulletin, KnownIssue, Mitigation
from core.database import versions
from core.database.db import db, utcnow
from core.database.versions import Expected
from core.jobs import events
from posts import actions as posts

MITIGATION_FIELDS = ("kind", "text", "url", "layer", "blocks", "steps", "side_effects", "article_id")


def add(bulletin: Bulletin, facts: dict, *, by: User) -> Mitigation:
    """Add a mitigation with these MITIGATION_FIELDS; one with the same text is changed instead."""
    was = posts.begin_edit(bulletin, None)
    key = digest(facts["text"], facts.get("url", ""))
    known = next((each for each in bulletin.mitigations if each.digest == key), None)
    if known is not None:
        change(bulletin, known, facts, by=by)
        return known
    mitigation = Mitigation(digest=key, is_ours=True, **facts)
    bulletin.mitigations.append(mitigation)
    _confirm(mitigation, by)
    _revise(bulletin, was, by, "Mitigation added", is_added=True)
    return mitigation


def change(
    bulletin: Bulletin, mitigation: Mitigation, facts: dict, *, by: User, expected: Expected = None
) -> None:
    """Set MITIGATION_FIELDS and confirm the layer; the text of a document's mitigation is not changed.

    Raises versions.Stale when the mitigation is at none of the `expected` versions.
    """
    was = posts.begin_edit(bulletin, None)
    versions.require(mitigation, expected)
    mitigation.revision_count += 1
    for name, value in facts.items():
        if mitigation.is_ours or name not in ("kind", "text", "url"):
            setattr(mitigation, name, value)
    if mitigation.is_ours:
        mitigation.digest = digest(mitigation.text, mitigation.url)
    _confirm(mitigation, by)
    _revise(bulletin, was, by, "Mitigation changed")


def remove(bulletin: Bulletin, mitigation: Mitigation, *, by: User, expected: Expected = None) -> None:
    """Remove a mitigation that was entered here, never one of a document. Raises versions.Stale."""
    was = posts.begin_edit(bulletin, None)
    versions.require(mitigation, expected)
    if mitigation.is_ours:
        bulletin.mitigations.remove(mitigation)
        _revise(bulletin, was, by, "Mitigation removed")


def facts_of(mitigation: Mitigation) -> dict:
    """The MITIGATION_FIELDS with id and version, for the revisions of the bulletin."""
    return {
        "id": mitigation.id,
        "number": mitigation.revision_count,
        "digest": mitigation.digest,
        "is_ours": mitigation.is_ours,
        "is_confirmed": mitigation.is_confirmed,
        **{name: getattr(mitigation, name) for name in MITIGATION_FIELDS},
    }


def restore(bulletin: Bulletin, wanted: list[dict], *, by: User) -> None:
    """Restore mitigations from facts_of(); mitigations of documents are changed but never removed."""
    saved = {row["digest"]: row for row in wanted}
    bulletin.mitigations = [each for each in bulletin.mitigations if not each.is_ours or each.digest in saved]
    known = {each.digest: each for each in bulletin.mitigations}
    for key, row in saved.items():
        facts = {name: row[name] for name in MITIGATION_FIELDS}
        mitigation = known.get(key)
        if mitigation is None and row["is_ours"]:
            mitigation = Mitigation(digest=key, is_ours=True, **facts)
            bulletin.mitigations.append(mitigation)
            _confirm(mitigation, by)
        elif mitigation is not None and any(
            getattr(mitigation, name) != facts[name] for name in MITIGATION_FIELDS
        ):
            mitigation.revision_count += 1
            for name, value in facts.items():
                setattr(mitigation, name, value)


def set_issues(bulletin: Bulletin, issues: list[dict], *, by: User) -> None:
    """Replace the known issues that were entered here."""
    if issues == issues_of(bulletin):
        return
    bulletin.known_issues = [KnownIssue(**facts) for facts in issues]
    issuer_texts.add(bulletin, (each["details"] for each in issues))
    db.session.flush()
    events.record("bulletin.issues_changed", subject=bulletin, actor=by)


def issues_of(bulletin: Bulletin) -> list[dict]:
    """The known issues that were entered here."""
    return [
        {"update": each.update, "url": each.url, "details": each.details} for each in bulletin.known_issues
    ]


def _revise(bulletin: Bulletin, was: dict, by: User, summary: str, *, is_added: bool = False) -> None:
    """Record a revision of the bulletin: its mitigations are part of its content."""
    issuer_texts.add(bulletin, (each.text for each in bulletin.mitigations if each.is_ours))
    events.record("bulletin.shield_changed", subject=bulletin, actor=by, is_added=is_added)
    posts.rewrite(bulletin, bulletin.rendered, by=by, summary=summary, old_facts=was)


def _confirm(mitigation: Mitigation, by: User) -> None:
    mitigation.is_confirmed = True
    mitigation.confirmed_by_id = by.id
    mitigation.confirmed_at = utcnow()
