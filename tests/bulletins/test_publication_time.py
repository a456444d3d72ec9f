"""An embargoed bulletin through every door, as five readers, a second before the instant and at it."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from advisories import advisory as adv
from auth import actions as accounts
from bulletins import actions
from core.database.db import db
from core.database.models import Event, OutgoingMail
from core.jobs import events
from tests.bulletins.conftest import weakness
from tests.test_access import ROUTES

INSTANT = datetime(2026, 12, 8, 18, tzinfo=UTC)
CANARY = "canaryquartz"
QUERIES = (
    {},
    {"q": CANARY},
    {"month": "2026-12"},
    {"cve": "CVE-2026-1001"},
    {"severity": "critical"},
    {"unfixed": "1"},
    {"sort": "newest"},
    {"mine": "1"},
    {"vendor": CANARY},
)
EVERYWHERE = (
    "/bulletins",
    "/bulletins.csv",
    "/bulletins.json",
    "/bulletins.atom",
    "/bulletins/unpatched",
    "/bulletins/unpatched.csv",
    "/bulletins/unpatched.json",
    "/bulletins/unpatched.atom",
    "/api/v1/bulletins",
    "/sitemap/1.xml",
    f"/search?q={CANARY}",
    f"/api/v1/search?q={CANARY}",
    "/calendar/2026-12",
    "/calendar/2026-12.csv",
    "/calendar/2026-12.json",
    "/calendar/2026-12.atom",
    "/api/v1/calendar/2026-12",
)


@pytest.fixture
def embargoed(app, moderator, drain):
    """A bulletin whose every text holds the canary, due at INSTANT; the clock stands a second before."""
    with time_machine.travel(INSTANT - timedelta(seconds=1), tick=False) as clock:
        said = weakness(affected=("A",), remedies=[adv.Remedy("none_available", CANARY, ("A",))])
        said.title = f"The {CANARY} overflows"
        bulletin = actions.create(
            {
                "title": f"Acme Reader: the {CANARY} runs code",
                "severity": "critical",
                "notes": [adv.Note("summary", f"It is {CANARY}.")],
                "vulnerabilities": [said],
                "products": [adv.ProductEntry("A", f"Acme {CANARY} 9", CANARY)],
            },
            by=moderator,
        )
        actions.schedule(bulletin, INSTANT, by=moderator)
        drain()
        yield bulletin, clock


@pytest.fixture
def readers(app, make_user, login):
    """Five who must wait: nobody, a member, one with all privileges, and two programs with tokens."""
    member, trusted = make_user("mary"), make_user("trudy", reputation=20_000)
    tokens = [accounts.make_token(user, "test", "read") for user in (member, trusted)]
    db.session.commit()
    visitor = app.test_client()
    return [
        lambda path, **query: visitor.get(path, **query),
        login(member).get,
        login(trusted).get,
        *(
            lambda path, headers={"Authorization": f"Bearer {token}"}, **query: visitor.get(
                path, headers=headers, **query
            )
            for token in tokens
        ),
    ]


def addresses(app, bulletin):
    """Every GET route that takes nothing, or a bulletin's names and numbers."""
    named = {
        "reference": bulletin.reference,
        "post_id": bulletin.id,
        "number": 1,
        "mitigation_id": 1,
        "username": "moira",
        "month": "2026-12",
    }
    with app.test_request_context():
        for rule, method in ROUTES:
            if method == "GET" and (rule.arguments - set(rule.defaults or ())) <= set(named):
                yield rule.build({name: named[name] for name in rule.arguments - set(rule.defaults or ())})[1]


def test_a_second_before_it_is_nowhere(app, embargoed, readers):
    bulletin, _clock = embargoed
    paths = list(addresses(app, bulletin))
    assert len(paths) > 50
    for read in readers:
        for path in paths:
            answer = read(path)
            text = f"{answer.text} {answer.headers}".replace(path, "")
            assert CANARY not in text, path
            assert bulletin.title not in text, path
    for read in readers[:2]:
        for path in (
            "/bulletins",
            "/bulletins.json",
            "/bulletins/unpatched",
            "/api/v1/bulletins",
            "/search",
            "/calendar/2026-12",
            "/api/v1/calendar/2026-12",
        ):
            for query in QUERIES:
                answer = read(path, query_string=query)
                assert bulletin.reference not in answer.text, (path, query)


def test_its_page_is_as_absent_as_one_that_never_was(embargoed, readers):
    bulletin, _clock = embargoed
    for read in readers:
        hidden, never = read(bulletin.url), read("/bulletins/RB-2026-999")
        assert hidden.status_code == never.status_code == 404
        assert hidden.text.replace(bulletin.reference, "") == never.text.replace("RB-2026-999", "")


def test_no_mail_waits_for_it(embargoed):
    assert db.session.scalar(db.select(OutgoingMail.id)) is None
    assert db.session.scalar(db.select(Event.id).where(Event.name == "bulletin.published")) is None


def test_at_the_instant_it_is_everywhere(app, embargoed, readers, drain):
    bulletin, clock = embargoed
    clock.move_to(INSTANT)
    drain()
    for read in readers:
        assert read(bulletin.url).status_code == 200
        for path in EVERYWHERE:
            answer = read(path)
            assert CANARY in answer.text or bulletin.reference in answer.text, path


def test_a_round_of_the_worker_is_enough(app, embargoed):
    bulletin, clock = embargoed
    clock.move_to(INSTANT)
    assert events.run_round() == 1
    db.session.expire_all()
    assert app.test_client().get(bulletin.url).status_code == 200
