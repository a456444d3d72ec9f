"""Writes to the shield and to known issues, by people. Nothing commits."""

from bulletins.models import Bulletin, KnownIssue, Mitigation
from bulletins.shield import digest
from core import events
from core.db import db, utcnow
from posts import locks

FACTS = ("kind", "text", "url", "layer", "blocks", "steps", "side_effects", "article_id")


def add(bulletin: Bulletin, facts: dict, *, by) -> Mitigation:
    """A mitigation of our own, FACTS; one of the same text is changed instead."""
    locks.lock(bulletin)
    key = digest(facts["text"], facts.get("url", ""))
    known = next((each for each in bulletin.mitigations if each.digest == key), None)
    if known is not None:
        change(bulletin, known, facts, by=by)
        return known
    made = Mitigation(digest=key, is_ours=True, **facts)
    bulletin.mitigations.append(made)
    _confirm(made, by)
    events.record("bulletin.shield_changed", subject=bulletin, actor=by)
    return made


def change(bulletin: Bulletin, mitigation: Mitigation, facts: dict, *, by) -> None:
    """Set its FACTS, which also confirms its layer. A document's own text stays the document's."""
    locks.lock(bulletin)
    for name, value in facts.items():
        if mitigation.is_ours or name not in ("kind", "text", "url"):
            setattr(mitigation, name, value)
    if mitigation.is_ours:
        mitigation.digest = digest(mitigation.text, mitigation.url)
    _confirm(mitigation, by)
    events.record("bulletin.shield_changed", subject=bulletin, actor=by)


def remove(bulletin: Bulletin, mitigation: Mitigation, *, by) -> None:
    """Take one of our own away; what a document says goes only with the document."""
    locks.lock(bulletin)
    if mitigation.is_ours:
        bulletin.mitigations.remove(mitigation)
        events.record("bulletin.shield_changed", subject=bulletin, actor=by)


def set_issues(bulletin: Bulletin, issues: list[dict], *, by) -> None:
    """Replace the known issues that were written here."""
    old = [{"update": each.update, "url": each.url, "details": each.details}
           for each in bulletin.known_issues]
    if issues == old:
        return
    bulletin.known_issues = [KnownIssue(**facts) for facts in issues]
    db.session.flush()
    events.record("bulletin.issues_changed", subject=bulletin, actor=by)


def _confirm(mitigation: Mitigation, by) -> None:
    mitigation.is_confirmed, mitigation.confirmed_by_id, mitigation.confirmed_at = True, by.id, utcnow()
