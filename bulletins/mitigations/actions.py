"""Writes to the shield and to known issues, by people. Nothing commits."""

from bulletins.mitigations.from_documents import digest
from bulletins.models import Bulletin, KnownIssue, Mitigation
from core.database import versions
from core.database.db import db, utcnow
from core.database.versions import Expected
from core.jobs import events
from posts import actions as posts

FACTS = ("kind", "text", "url", "layer", "blocks", "steps", "side_effects", "article_id")


def add(bulletin: Bulletin, facts: dict, *, by) -> Mitigation:
    """A mitigation of our own, FACTS; one of the same text is changed instead."""
    was = posts.begin_edit(bulletin, None)
    key = digest(facts["text"], facts.get("url", ""))
    known = next((each for each in bulletin.mitigations if each.digest == key), None)
    if known is not None:
        change(bulletin, known, facts, by=by)
        return known
    made = Mitigation(digest=key, is_ours=True, **facts)
    bulletin.mitigations.append(made)
    _confirm(made, by)
    _revise(bulletin, was, by, "Mitigation added", is_added=True)
    return made


def change(bulletin: Bulletin, mitigation: Mitigation, facts: dict, *, by, expected: Expected = None) -> None:
    """Set its FACTS, which also confirms its layer. A document's own text stays the document's.

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


def remove(bulletin: Bulletin, mitigation: Mitigation, *, by, expected: Expected = None) -> None:
    """Take one of our own away; what a document says goes only with the document. Raises versions.Stale."""
    was = posts.begin_edit(bulletin, None)
    versions.require(mitigation, expected)
    if mitigation.is_ours:
        bulletin.mitigations.remove(mitigation)
        _revise(bulletin, was, by, "Mitigation removed")


def facts_of(mitigation: Mitigation) -> dict:
    """Its FACTS and which version they are, for the revisions of its bulletin."""
    return {
        "id": mitigation.id,
        "number": mitigation.revision_count,
        "digest": mitigation.digest,
        "is_ours": mitigation.is_ours,
        "is_confirmed": mitigation.is_confirmed,
        **{name: getattr(mitigation, name) for name in FACTS},
    }


def restore(bulletin: Bulletin, wanted: list[dict], *, by) -> None:
    """Bring the mitigations to what facts_of() said of them; those of documents stay, with what it said."""
    saved = {row["digest"]: row for row in wanted}
    bulletin.mitigations = [each for each in bulletin.mitigations if not each.is_ours or each.digest in saved]
    known = {each.digest: each for each in bulletin.mitigations}
    for key, row in saved.items():
        facts = {name: row[name] for name in FACTS}
        mitigation = known.get(key)
        if mitigation is None and row["is_ours"]:
            mitigation = Mitigation(digest=key, is_ours=True, **facts)
            bulletin.mitigations.append(mitigation)
            _confirm(mitigation, by)
        elif mitigation is not None and any(getattr(mitigation, name) != facts[name] for name in FACTS):
            mitigation.revision_count += 1
            for name, value in facts.items():
                setattr(mitigation, name, value)


def set_issues(bulletin: Bulletin, issues: list[dict], *, by) -> None:
    """Replace the known issues that were written here."""
    if issues == issues_of(bulletin):
        return
    bulletin.known_issues = [KnownIssue(**facts) for facts in issues]
    db.session.flush()
    events.record("bulletin.issues_changed", subject=bulletin, actor=by)


def issues_of(bulletin: Bulletin) -> list[dict]:
    """The known issues that were written here."""
    return [
        {"update": each.update, "url": each.url, "details": each.details} for each in bulletin.known_issues
    ]


def _revise(bulletin: Bulletin, was: dict, by, summary: str, *, is_added: bool = False) -> None:
    """What the shield says is part of the bulletin: a change of it is a revision."""
    events.record("bulletin.shield_changed", subject=bulletin, actor=by, is_added=is_added)
    posts.rewrite(bulletin, bulletin.rendered, by=by, summary=summary, old_facts=was)


def _confirm(mitigation: Mitigation, by) -> None:
    mitigation.is_confirmed, mitigation.confirmed_by_id, mitigation.confirmed_at = True, by.id, utcnow()
