"""The administrators' page: how the site is and has been, told in pictures, in words and to programs."""

import xml.etree.ElementTree as ET
from datetime import timedelta

import pytest

from admin import charts, status
from core.checks.health import Finding, Level
from core.database.db import db, utcnow
from core.database.models import HourlyMetric


@pytest.fixture
def page(login, admin):
    """page() → the text of /admin."""
    browser = login(admin)

    def read():
        answer = browser.get("/admin")
        assert answer.status_code == 200
        return answer.text

    return read


@pytest.fixture
def keep(app):
    """keep(hours ago, {name: value})."""

    def write(ago, **values):
        hour = utcnow().replace(minute=0, second=0, microsecond=0) - timedelta(hours=ago)
        for name, value in values.items():
            db.session.add(HourlyMetric(hour=hour, name=name.replace("__", ":"), value=value))
        db.session.commit()

    return write


def chart_of(text, name):
    """The picture of a chart, as XML."""
    start = text.index('<svg class="chart"', text.index(f'id="chart-{name}"'))
    return ET.fromstring(text[start : text.index("</svg>", start) + 6])


def test_for_administrators_only(client, login, member, moderator):
    assert client.get("/admin").status_code == 302
    for user in (member, moderator):
        answer = login(user).get("/admin")
        assert answer.status_code == 403 and "chart" not in answer.text


def test_nobody_else_may_keep_the_page(login, admin):
    assert "no-store" in login(admin).get("/admin").headers["Cache-Control"]


@pytest.mark.every_database
def test_a_chart_has_bars_a_sentence_and_all_numbers(page, keep):
    keep(1, status__2xx=30, status__3xx=4, status__4xx=5, status__5xx=1)
    keep(2, status__2xx=1000)
    text = page()
    picture = chart_of(text, "requests")
    words = {each.get("id"): each.text for each in picture if each.tag in ("title", "desc")}
    assert picture.get("role") == "img"
    assert picture.get("aria-labelledby").split() == list(words) == ["requests-title", "requests-text"]
    assert words["requests-title"] == "Requests, per hour" and "Highest: 1,000 at " in words["requests-text"]
    assert [each.get("class") for each in picture.iter("rect")] == ["bar bar-ok"] * 2 + [
        "bar bar-issue",
        "bar bar-failed",
    ]
    table = text[text.index('aria-label="Numbers of Requests"') :].split("</table>")[0]
    for number in ("34", "5", "1", "1,000"):
        assert f'<td class="number">{number}</td>' in table


def test_a_chart_without_numbers_says_so(page):
    text = page()
    assert "Nothing yet." in text[text.index('id="chart-requests"') :].split("</figure>")[0]


@pytest.mark.every_database
def test_the_days_count_what_was_written(page, make_question, make_answer):
    make_answer(make_question())
    posts = next(chart for chart in status.charts() if chart.name == "posts")
    assert posts.rows[-1][1] == {"question": 1, "answer": 1} and posts.total == 2
    assert chart_of(page(), "members").find("desc").text.startswith("Highest: 3 at ")


@pytest.mark.every_database
def test_what_is_older_than_the_charts_is_not_read(keep, page):
    keep(48, status__2xx=5)
    keep(24 * 91, mail__sent=5)
    assert not {chart.name for chart in status.charts() if chart.total} & {"requests", "mails"}
    keep(47, status__2xx=5)
    assert {chart.name: len(chart.rows) for chart in status.charts()}["requests"] == status.HOURS
    assert next(chart for chart in status.charts() if chart.name == "requests").rows[0][1]["ok"] == 5


def test_the_page_costs_the_same_with_a_full_history(page, keep, count_queries):
    with count_queries() as few:
        page()
    for ago in range(200):
        keep(ago, status__2xx=ago, le__1=ago, mail__sent=1)
    with count_queries() as many:
        page()
    assert len(many) == len(few)


def test_what_has_to_be_mended_stands_first_with_its_advice(page, found):
    found(
        Finding("Fine", Level.WELL, "good"),
        Finding("Odd", Level.REMARK, "strange", "Think."),
        Finding("Bad <b>", Level.FAULT, "broken", "Mend it."),
    )
    text = page()
    assert "1 problem" in text and "Bad &lt;b&gt;" in text and "Bad <b>" not in text
    assert text.index("Mend it.") < text.index("Think.") < text.index("1 check is OK") < text.index("good")


@pytest.mark.every_database
def test_programs_of_an_administrator_are_told_the_same(api, admin, drain):
    drain()
    answer = api(admin, scope="read")("GET", "/status")
    said = answer.get_json()
    assert answer.status_code == 200
    assert said["is_well"] is not any(each["level"] == "fault" for each in said["findings"])
    assert {"events_waiting", "mail_waiting", "search_usable", "processes"} <= said["readings"].keys()
    assert said["readings"]["events_waiting"] == 0


def test_programs_of_others_are_told_nothing(api, moderator):
    assert api()("GET", "/status").status_code == 401
    answer = api(moderator)("GET", "/status")
    assert answer.status_code == 403 and "findings" not in answer.get_json()


@pytest.mark.parametrize(("share", "expected"), [(0.5, 5), (0.9, 9), (1, 10)])
def test_a_quantile_lies_evenly_between_its_bounds(share, expected):
    assert charts.quantile(share, [(float("inf"), 100), (10, 100), (20, 100)]) == expected


def test_a_quantile_skips_empty_buckets_and_ends_at_the_last_bound():
    assert charts.quantile(0.5, [(1, 0), (2, 0), (4, 10), (float("inf"), 10)]) == 3
    assert charts.quantile(0.99, [(1, 5), (2, 5), (float("inf"), 10)]) == 2
    assert charts.quantile(0.75, [(1, 50), (2, 100)]) == 1.5
    assert charts.quantile(0.5, []) == 0


def test_nested_parts_reach_from_the_bottom():
    chart = charts.Chart(
        "t", "T", "ms", {"half": "h", "most": "m"}, [("a", {"half": 10, "most": 30})], is_nested=True
    )
    assert chart.columns[0].total == 30
    assert {part.kind: part.length for part in chart.columns[0].parts}["most"] == pytest.approx(
        2 * {part.kind: part.length for part in chart.columns[0].parts}["half"], rel=0.05
    )
