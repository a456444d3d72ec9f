"""The calendar's pages: what came when, by public bulletins alone."""

from datetime import UTC, date, datetime, timedelta

import feedparser
import pytest

from core.database.db import clock_set_to, db
from deployment import tasks
from deployment.calendar import queries
from deployment.calendar.months import Month, next_patch_day
from posts.models import Tag

NOVEMBER = Month(2026, 11)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def month(make_product, make_bulletin):
    """Five bulletins of November 2026, one of October, and a draft with a canary."""
    make_product()
    make_product("acme-server", {"1": {}}, name="Acme Server")
    make_bulletin("A", exploited_until=date(2026, 12, 1))
    make_bulletin("B", severity="important", has_fix=False)
    make_bulletin(
        "C",
        severity="important",
        out_of_band=True,
        title="Acme Server: an urgent repair",
        products=[("Acme Server 1", "Acme", "Server", "1"), ("Acme Reader 9", "Acme", "Reader", "9")],
    )
    make_bulletin("D", severity="low")
    make_bulletin("E", severity="")
    make_bulletin("F", released=datetime(2026, 10, 13, 17, tzinfo=UTC))
    make_bulletin(
        "G",
        status="draft",
        title="A canary under embargo",
        out_of_band=True,
        exploited_until=date(2026, 12, 2),
    )


@pytest.mark.every_database
def test_totals(app, month):
    found = queries.totals(Month(2026, 1), Month(2026, 12))
    november = found["2026-11"]
    assert november.severities == {"critical": 1, "important": 2, "moderate": 0, "low": 1, "": 1}
    assert (november.bulletins, november.exploited, november.unpatched, november.out_of_band) == (5, 1, 1, 1)
    assert found["2026-10"].bulletins == 1 and set(found) == {"2026-10", "2026-11"}


@pytest.mark.every_database
def test_products(app, month):
    lines = {
        line.product.slug: (line.bulletins, line.critical, line.exploited, line.unpatched)
        for line in queries.product_lines(NOVEMBER)
    }
    assert lines == {"acme-reader": (5, 1, 1, 1), "acme-server": (1, 0, 0, 0)}


def test_the_pages(client, month):
    year, page = client.get("/calendar?year=2026").text, client.get("/calendar/2026-11").text
    assert "November 2026" in year and "critical" in year and "Nov: 5." in year, "in words beside the picture"
    assert "5 bulletins" in page and "important: 2" in page and "Acme Server: an urgent repair" in page
    assert 'href="/calendar/2026-10" rel="prev"' in page and 'href="/calendar/2026-12" rel="next"' in page
    assert "Patch day:" in page and "10 Nov 2026" in page and "18:00 UTC" in page


def test_a_draft_is_in_no_number_and_on_no_page(client, login, moderator, month):
    for get in (client.get, login(moderator).get):
        for path in (
            "/calendar?year=2026",
            "/calendar/2026-11",
            "/calendar/2026-11.atom",
            "/calendar.ics",
            "/calendar/2026-11.csv",
            "/calendar/2026-11.json",
            "/calendar.csv?year=2026",
            "/api/v1/calendar?year=2026",
            "/api/v1/calendar/2026-11",
        ):
            text = get(path).text
            assert "canary" not in text and "2026-12-02" not in text, path
    assert client.get("/calendar.json?year=2026").json[10]["bulletins"] == 5


@pytest.mark.parametrize(
    "path",
    [
        "/calendar/2026-13",
        "/calendar/2026-00",
        "/calendar/1989-12",
        "/calendar/x",
        "/calendar/2200-01",
        "/calendar/2026-1",
        "/calendar/２０２６-11",
        "/calendar/2026-13.csv",
        "/api/v1/calendar/2026-99",
        "/calendar/99999-01",
    ],
)
def test_what_is_no_month_is_not_there(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/calendar/2031-02", "/calendar/1990-01", "/calendar/2199-12"])
def test_an_empty_month_is_a_page(client, path):
    assert "No bulletins this month" in client.get(path).text


@pytest.mark.parametrize("year", ["0", "abc", "99999999999999999999", "-1", "1990", "2199"])
def test_odd_years(client, year):
    assert client.get(f"/calendar?year={year}").status_code == 200


def test_a_large_month_costs_as_many_queries_as_a_small_one(client, month, make_bulletin, count_queries):
    def cost(path):
        client.get(path)
        with count_queries() as statements:
            assert client.get(path).status_code == 200
        return len(statements)

    paths = ("/calendar/2026-11", "/calendar?year=2026", "/api/v1/calendar/2026-11", "/calendar/2026-11.atom")
    few = [cost(path) for path in paths]
    for number in range(100):
        make_bulletin(f"N{number}")
    assert [cost(path) for path in paths] <= few
    assert "105 bulletins" in client.get("/calendar/2026-11").text


def test_feed_and_files(client, month):
    entries = feedparser.parse(client.get("/calendar/2026-11.atom").data).entries
    assert len(entries) == 5 and len({entry.id for entry in entries}) == 5
    assert len(client.get("/calendar/2026-11.json").json) == 5
    assert client.get("/calendar/2026-11.csv").text.count("\r\n") == 6


def test_the_next_patch_day_counts_down(client):
    with clock_set_to(NOON):
        coming = next_patch_day()
    assert (coming.day, coming.days_left, str(coming.month)) == (date(2026, 12, 8), 14, "2026-12")
    assert "until patch day" in client.get("/calendar").text or "is today" in client.get("/calendar").text


def test_the_front_page_and_the_sitemap_lead_there(client, month):
    home = client.get("/").text
    assert 'href="/calendar/' in home and ("until patch day" in home or "is today" in home)
    sitemap = client.get("/sitemap/pages.xml").text
    assert "/calendar/2026-11<" in sitemap and "/calendar/2026-10<" in sitemap
    assert "/calendar/2026-12" not in sitemap


class TestOtherRules:
    @pytest.fixture
    def settings(self):
        return {"REDOUBT_PATCH_DAY": "-1FR 08:00 Asia/Tokyo"}

    def test_the_pages_follow_the_setting(self, client):
        page = client.get("/calendar/2026-11").text
        assert "27 Nov 2026" in page and "Asia/Tokyo" in page and "23:00 UTC" in page


def test_questions_of_the_month(client, login, make_user, make_question, month, drain):
    newcomer = make_user()
    assert "Ask about these patches" not in login(newcomer).get("/calendar/2026-11").text
    drain()
    db.session.expire_all()
    assert db.session.scalar(db.select(Tag).where(Tag.name == "patches-2026-11")) is not None
    page = login(newcomer).get("/calendar/2026-11").text
    assert 'href="/questions/ask?tags=patches-2026-11"' in page
    assert "patches-2026-11" in login(newcomer).get("/questions/ask?tags=patches-2026-11").text
    make_question("Does the reader update need a restart?", tags=["patches-2026-11"])
    assert "Does the reader update need a restart?" in client.get("/calendar/2026-11").text


def test_the_tag_is_made_once(app, month, drain):
    drain()
    with clock_set_to(NOON):
        tasks.update_calendar()
        tasks.update_calendar()
    tags = db.session.scalars(db.select(Tag.name).where(Tag.name.startswith("patches-"))).all()
    assert sorted(tags) == ["patches-2026-10", "patches-2026-11"]


def test_in_the_shell(app, month):
    run = app.test_cli_runner().invoke
    lines = run(args=["calendar", "year", "2026"]).output.splitlines()
    assert len(lines) == 12 and '"month": "2026-11"' in lines[10] and '"bulletins": 5' in lines[10]
    assert "UTC, in " in run(args=["calendar", "next"]).output


def test_days_left_are_whole_days_there(app):
    with clock_set_to(datetime(2026, 12, 8, 17, 59, tzinfo=UTC)):
        assert next_patch_day().days_left == 0
    with clock_set_to(datetime(2026, 12, 8, 18, tzinfo=UTC)):
        assert next_patch_day().day == date(2027, 1, 12)
    assert timedelta(0) < next_patch_day().at - datetime.now(UTC) < timedelta(days=37)
