"""The table says what was measured, and what was not."""

import pytest

from bench import report
from bench.budgets import ELSEWHERE, TOPIC, lines
from bench.pages import BASELINE, QUESTION
from bench.statistics import format_samples, interleaved, percentile

MACHINE = {"cores": "2 × example", "busy": "0.1 processes wanted to run at the start"}


def rates(value):
    """Five runs of a page at this rate, with either number of connections."""
    once = {"rate": value, "p50": 1.0, "p95": 2.0, "p99": 3.0, "cpu": 1000 / value}
    metrics = {name: [number] * 5 for name, number in once.items()}
    return {1: metrics, 8: dict(metrics)}


@pytest.fixture
def parts():
    """Our page at 700 requests a second, its baseline at 1,000; nothing else."""
    measured = {QUESTION: 700.0, f"{BASELINE}the same bytes, bare view": 1000.0}
    rows = {
        f"{name} ×{count}": metrics
        for name, rate in measured.items()
        for count, metrics in rates(rate).items()
    }
    return {
        "pages": {"machine": MACHINE, "posts": 10_000, "missing": {"MediaWiki": "not here"}, "rows": rows}
    }


def found(parts, wanted):
    return next(line for line in lines(parts) if line.wanted == wanted)


def test_a_ratio_at_the_budget_meets_it(parts):
    assert found(parts, "≥ 0.7 × a bare view of the same bytes").is_met


def test_a_ratio_below_the_budget_does_not(parts):
    parts["pages"]["rows"][f"{QUESTION} ×8"]["rate"] = [690.0] * 5
    assert found(parts, "≥ 0.7 × a bare view of the same bytes").is_met is False


def test_a_peer_that_did_not_run_is_marked(parts):
    line = found(parts, "≥ 60 × FlaskBB")
    assert "not of this run" in line.found
    assert line.is_met is None


def test_a_peer_that_ran_replaces_what_was_measured_elsewhere(parts):
    parts["pages"]["rows"] |= {f"{TOPIC} ×{count}": metrics for count, metrics in rates(7.0).items()}
    line = found(parts, "≥ 60 × FlaskBB")
    assert (line.is_met, line.found) == (True, "100 ×")
    assert ELSEWHERE[f"{TOPIC} ×8"]["rate"] != 7.0


def test_what_was_not_measured_is_neither_met_nor_missed(parts):
    assert found(parts, "within 1 s").is_met is None


def searches(engine, **sizes):
    """A search part of each size, given as p95 by documents."""
    return {
        f"search {documents}": {
            "engine": engine,
            "rows": {
                "search": {"p95": [milliseconds]},
                "memory of web and worker": {"MB": [390]},
                "documents": {"count": [int(documents)]},
            },
        }
        for documents, milliseconds in sizes.items()
    }


def test_a_budget_of_search_is_asked_of_its_size_and_engine():
    whoosh = searches("Whoosh", **{"9000": 5.0, "99000": 61.0, "740000": 200.0})
    line = found(whoosh, "p95 ≤ 60 ms (Whoosh)")
    assert (line.what, line.found, line.is_met) == ("search in 100,000 documents", "61 ms at 99,000", False)
    tables = searches("PostgreSQL", **{"99000": 24.0, "740000": 59.0})
    assert found(tables, "p95 ≤ 25 ms (PostgreSQL)").is_met
    assert found(tables, "p95 ≤ 60 ms (PostgreSQL)").found == "59 ms at 740,000"


def test_a_size_that_is_far_off_says_nothing():
    assert found(searches("Whoosh", **{"740000": 5.0}), "p95 ≤ 60 ms (Whoosh)").is_met is None


def test_the_table_has_each_page_and_each_reason(parts):
    text = report.table(parts)
    assert f"| {QUESTION} | 700 (700–700) |" in text
    assert "MediaWiki: not here" in text


def test_the_table_replaces_only_what_is_between_the_marks(parts, tmp_path, monkeypatch):
    page = tmp_path / "performance.md"
    page.write_text("before <!-- table --> old <!-- /table --> after")
    monkeypatch.setattr(report, "DOCUMENT", page)
    report.write("new")
    report.write("newer")
    assert page.read_text() == "before <!-- table -->\n\nnewer\n\n<!-- /table --> after"


def test_a_metric_is_the_median_with_its_spread():
    assert format_samples([3.0, 1.0, 2.0]) == "2 (1–3)"


def test_a_percentile_is_a_value_that_was_measured():
    assert percentile(range(1, 101), 0.95) == 95
    assert percentile([7.0], 0.95) == 7.0


def test_targets_are_measured_in_turn():
    order = []
    run = {name: lambda name=name: order.append(name) or {"p50": 1.0} for name in "ab"}
    assert interleaved(run, runs=2) == {name: {"p50": [1.0, 1.0]} for name in "ab"}
    assert order == ["a", "b", "a", "b"]
