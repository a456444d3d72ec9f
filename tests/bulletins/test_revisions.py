"""Every change of a bulletin's facts is a revision: compared, restored, and gone when redacted."""

import pytest

from advisories.advisory import Note, ProductEntry, Vulnerability
from bulletins import actions, forms, queries
from bulletins.mitigations import actions as mitigation_actions
from core.database.db import db
from posts import actions as posts
from posts import queries as post_queries
from posts.models import Revision
from posts.redaction import redact
from posts.revisions import history


@pytest.fixture
def bulletin(app, moderator):
    """A public bulletin with a mitigation."""
    said = Vulnerability(cve="CVE-2026-1001", title="Overflow", status={"known_affected": ("P1",)})
    made = actions.create(
        {
            "title": "Widget: a crafted file runs code",
            "severity": "critical",
            "notes": [Note("summary", "Open no files.")],
            "products": [ProductEntry("P1", "Widget", vendor="Acme")],
            "vulnerabilities": [said],
        },
        by=moderator,
    )
    mitigation_actions.add(made, {"layer": "host", "text": "Turn it off.", "steps": []}, by=moderator)
    actions.publish(made, by=moderator)
    db.session.commit()
    return made


CHANGES = {
    "severity": {"severity": "low"},
    "title": {"title": "Widget: it is not that bad"},
    "products": {"affected": ("Gadget | 9 | 9.5",)},
    "remedies": {"remedies": ("never | | | Nothing comes.",)},
    "vulnerabilities": {"vulnerabilities": ("CVE-2026-1002 | | Another",)},
    "issues": {"known_issues": ("KB1 | | Printing stops.",)},
    "out of band": {"is_out_of_band": True},
}


def shown(bulletin) -> dict:
    """Everything its form shows, and its mitigations."""
    db.session.expire_all()
    return forms.compared_values(history.current(queries.get_whole(bulletin.id)))


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_of_facts_is_a_revision_and_can_be_restored(bulletin, moderator, login, what):
    before, number = shown(bulletin), bulletin.revision_count
    forms.update(bulletin, CHANGES[what], by=moderator)
    db.session.commit()
    assert bulletin.revision_count == number + 1
    assert shown(bulletin) != before
    page = login(moderator).get(f"/posts/{bulletin.id}/revisions/{number + 1}").text
    assert "<ins>" in page or "<del>" in page
    posts.restore(bulletin, post_queries.revision(bulletin, number), by=moderator)
    db.session.commit()
    assert shown(bulletin) == before
    assert actions.facts_of(bulletin)["advisory"]["history"][0]["number"] == "1"


def test_what_it_supersedes_is_a_revision(bulletin, moderator):
    other = actions.create({"title": "An older one of the same", "notes": []}, by=moderator)
    number = bulletin.revision_count
    forms.update(bulletin, {"supersedes": (other.reference,)}, by=moderator)
    assert bulletin.revision_count == number + 1
    posts.restore(bulletin, post_queries.revision(bulletin, number), by=moderator)
    assert queries.superseded(bulletin) == {}


def test_mitigations_are_part_of_it(bulletin, moderator, login):
    number, mitigation = bulletin.revision_count, bulletin.mitigations[0]
    mitigation_actions.change(
        bulletin, mitigation, {"text": "Unplug it.", "side_effects": "No fax."}, by=moderator
    )
    assert bulletin.revision_count == number + 1
    mitigation_actions.remove(bulletin, mitigation, by=moderator)
    mitigation_actions.add(
        bulletin, {"layer": "network", "text": "Block port 9100.", "steps": []}, by=moderator
    )
    db.session.commit()
    assert bulletin.revision_count == number + 3
    page = login(moderator).get(f"/posts/{bulletin.id}/revisions/{number + 1}").text
    assert "Unplug" in page
    posts.restore(bulletin, post_queries.revision(bulletin, number), by=moderator)
    db.session.commit()
    assert [each.text for each in queries.get_whole(bulletin.id).mitigations] == ["Turn it off."]


def test_nothing_changed_is_no_revision(bulletin, moderator):
    number = bulletin.revision_count
    forms.update(bulletin, {"severity": "critical", "is_out_of_band": False}, by=moderator)
    assert bulletin.revision_count == number


def test_a_redacted_revision_keeps_no_facts(bulletin, moderator):
    number = bulletin.revision_count
    forms.update(bulletin, {"known_issues": ("KB1 | | The password is hunter2.",)}, by=moderator)
    forms.update(bulletin, {"known_issues": ()}, by=moderator)
    db.session.commit()
    kept = post_queries.revision(bulletin, number + 1)
    assert "hunter2" in str(kept.facts)
    redact(kept, by=moderator)
    db.session.commit()
    db.session.expire_all()
    assert all("hunter2" not in str(row.facts) for row in db.session.scalars(db.select(Revision)))


def test_the_api_shows_the_facts_of_a_revision(bulletin, moderator, api):
    forms.update(bulletin, {"severity": "low"}, by=moderator)
    db.session.commit()
    facts = api()("GET", f"/posts/{bulletin.id}/revisions/{bulletin.revision_count - 1}").json["facts"]
    assert facts["advisory"]["severity"] == "critical"
