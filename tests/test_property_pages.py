"""Random histories: every page, of visitors and of four people, is the page that would be made now."""

import random
from datetime import timedelta

import pytest
import time_machine

from core.cache import response_cache
from tests.history import community
from tests.readers import ROLES, no_caches, stable

STEPS = 40
STEPS_A_DAY = 25
SAMPLE = 3  # visitors' pages compared after each step


@pytest.mark.every_database
def test_a_page_is_the_page_that_would_be_made_now(app, make_user, monkeypatch):
    client = app.test_client(use_cookies=False)
    worked = []
    dispatch = type(app).full_dispatch_request
    monkeypatch.setattr(type(app), "full_dispatch_request", lambda app: worked.append(1) or dispatch(app))
    with time_machine.travel("2026-03-10 08:00:00+00:00", tick=False) as clock:
        history, readers = community(app, make_user, STEPS)
        response_cache.clear()
        rng = random.Random(STEPS)
        for number in range(STEPS):
            act = history.step()
            if number % STEPS_A_DAY == 0:  # there are limits of votes a day; pages show relative times
                clock.shift(timedelta(days=1))
                response_cache.clear()
            for role in ("visitor",) * SAMPLE + (rng.choice(ROLES[1:]),):
                path, headers = history.page(role), readers.headers(role)
                page = client.get(path, headers=headers)
                with no_caches(monkeypatch):
                    fresh = client.get(path, headers=headers)
                assert page.status_code == fresh.status_code, (number, act, role, path)
                assert stable(page.data) == stable(fresh.data), (number, act, role, path)
                assert readers.foreign(role, page.data) == [], (number, act, role, path)
    from_cache = 2 * (SAMPLE + 1) * STEPS - len(worked)
    assert from_cache > STEPS / 3
