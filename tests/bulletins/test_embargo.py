"""Scheduled for a time: not a second earlier, and then everywhere."""

from datetime import UTC, datetime, timedelta

import pytest

from advisories import advisory as adv
from bulletins import actions, queries, store_actions
from bulletins.models import Bulletin
from bulletins.vulnerability_models import Vulnerability
from core.database.db import clock_set_to, db
from core.database.models import Event
from core.jobs import events
from posts.queries import links_from, links_to
from tests.bulletins.conftest import vulnerability

pytestmark = pytest.mark.every_database
NOON = datetime(2026, 12, 8, 18, tzinfo=UTC)
EARLIER = NOON - timedelta(days=3)
SECOND = timedelta(seconds=1)
NO_FILTER = queries.Filter()


@pytest.fixture
def draft(app, moderator):
    """A bulletin of our own, scheduled for NOON."""
    with clock_set_to(EARLIER):
        bulletin = actions.create(
            {
                "title": "Acme Reader: a font runs code",
                "severity": "critical",
                "notes": [adv.Note("summary", "Patch readers first.")],
                "products": [adv.ProductEntry("A", "Acme Reader 9")],
                "vulnerabilities": [vulnerability(affected=("A",))],
            },
            by=moderator,
        )
        actions.schedule(bulletin, NOON, by=moderator)
        db.session.commit()
    return bulletin


def round_at(now):
    with clock_set_to(now):
        events.drain()
    db.session.expire_all()


def test_it_waits_for_its_time(draft):
    round_at(NOON - SECOND)
    assert not db.session.get(Bulletin, draft.id).is_public
    round_at(NOON)
    assert db.session.get(Bulletin, draft.id).is_public


def test_it_is_dated_by_that_time(draft):
    round_at(NOON + timedelta(minutes=5))
    bulletin = queries.get_whole(draft.id)
    assert (bulletin.published_at, bulletin.release_month) == (NOON, "2026-12")
    assert bulletin.more["history"] == [{"number": "1", "at": NOON.isoformat(), "summary": "Initial release"}]


def test_it_is_told_once_however_often_the_event_comes(draft):
    round_at(NOON)
    assert actions.publish_due(db.session.get(Bulletin, draft.id)) is False
    announced = db.session.scalars(db.select(Event).where(Event.name == "bulletin.published"))
    assert len(list(announced)) == 1


def test_a_later_plan_holds(draft, moderator):
    with clock_set_to(EARLIER):
        actions.schedule(draft, NOON + timedelta(hours=1), by=moderator)
        db.session.commit()
    round_at(NOON)
    assert not db.session.get(Bulletin, draft.id).is_public
    round_at(NOON + timedelta(hours=1))
    assert db.session.get(Bulletin, draft.id).is_public


def test_a_plan_can_be_dropped(draft):
    actions.unschedule(draft)
    db.session.commit()
    round_at(NOON)
    assert not db.session.get(Bulletin, draft.id).is_public


@pytest.mark.parametrize("publication_time", [EARLIER, EARLIER - SECOND])
def test_a_time_that_has_passed_is_refused(draft, moderator, publication_time):
    with clock_set_to(EARLIER), pytest.raises(actions.NotPossible):
        actions.schedule(draft, publication_time, by=moderator)


def test_before_its_time_no_list_count_or_alert_knows_it(draft):
    assert not list(queries.bulletins(NO_FILTER))
    assert not queries.alert_facts([draft.id])
    round_at(NOON)
    assert [each.id for each in queries.bulletins(NO_FILTER)] == [draft.id]
    assert queries.alert_facts([draft.id])[0].path == f"/bulletins/{draft.reference}"


def test_moderators_alone_open_a_draft(draft, member, other):
    assert queries.get_bulletin(draft.reference, member) is None
    assert queries.get_bulletin(draft.reference, draft.author).id == draft.id


def test_a_removed_draft_is_not_released(draft, moderator):
    actions.posts.delete(draft, by=moderator)
    db.session.commit()
    round_at(NOON)
    assert not db.session.get(Bulletin, draft.id).is_public


def test_an_unpublished_bulletin_leaves_every_list(draft, moderator):
    round_at(NOON)
    actions.unpublish(db.session.get(Bulletin, draft.id), by=moderator)
    db.session.commit()
    assert not list(queries.bulletins(NO_FILTER))


def test_what_comes_back_is_no_news(draft, moderator):
    round_at(NOON)
    actions.unpublish(db.session.get(Bulletin, draft.id), by=moderator)
    actions.publish(db.session.get(Bulletin, draft.id), by=moderator)
    db.session.commit()
    announced = db.session.scalars(db.select(Event).where(Event.name == "bulletin.published"))
    assert len(list(announced)) == 1
    assert [each.id for each in queries.bulletins(NO_FILTER)] == [draft.id]


def test_an_edit_after_release_is_a_new_version(draft, moderator):
    round_at(NOON)
    actions.edit(
        queries.get_whole(draft.id), {"severity": "important"}, by=moderator, change="Less than feared"
    )
    bulletin = queries.get_whole(draft.id)
    assert bulletin.more["version"] == "2"
    assert [entry["number"] for entry in bulletin.more["history"]] == ["1", "2"]


def test_a_draft_names_its_cves_and_numbers(draft):
    assert draft.reference == "RB-2026-001"
    assert db.session.scalar(db.select(Vulnerability.cve)) == "CVE-2026-1001"
    assert store_actions.next_reference(2026) == "RB-2026-002"


def test_superseding_is_known_from_both_ends(draft, moderator):
    with clock_set_to(EARLIER):
        newer = actions.create({"title": "Acme Reader: fonts, again"}, by=moderator)
        actions.supersede(newer, [draft])
        db.session.commit()
    assert [each.id for each in links_from(newer, "supersedes", moderator)] == [draft.id]
    assert [each.id for each in links_to(draft, "supersedes", moderator)] == [newer.id]
