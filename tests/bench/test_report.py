"""The table says what was measured, and what was not."""

import pytest

from bench import cpu, crawl, mix, processes, report
from bench.budgets import ELSEWHERE, TOPIC, lines
from bench.pages import BASELINE, QUESTION
from bench.peers.flaskbb import FlaskBB
from bench.statistics import format_samples, interleaved, percentile

MACHINE = {"cores": "2 × example", "busy": "0.1 processes wanted to run at the start"}


def rates(value):
    """Five runs of a page at this rate, with either number of connections."""
    once = {"rate": value, "p50": 1.0, "p95": 2.0, "p99": 3.0, "cpu": 1000 / value}
    metrics = {name: [number] * 5 for name, number in once.items()}
    return {1: metrics, 8: dict(metrics)}


@pytest.fixture
def parts():
    """Our page at 900 requests a second, its baseline at 1,000; nothing else."""
    measured = {QUESTION: 900.0, f"{BASELINE}the same bytes, bare view": 1000.0}
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
    assert found(parts, "≥ 0.9 × a bare view of the same bytes").is_met


def test_a_ratio_below_the_budget_does_not(parts):
    parts["pages"]["rows"][f"{QUESTION} ×8"]["rate"] = [890.0] * 5
    assert found(parts, "≥ 0.9 × a bare view of the same bytes").is_met is False


def test_a_peer_that_did_not_run_is_marked(parts):
    line = found(parts, "≥ 60 × FlaskBB")
    assert "not of this run" in line.found
    assert line.is_met is None


def test_a_peer_that_ran_replaces_what_was_measured_elsewhere(parts):
    parts["pages"]["rows"] |= {f"{TOPIC} ×{count}": metrics for count, metrics in rates(9.0).items()}
    line = found(parts, "≥ 60 × FlaskBB")
    assert (line.is_met, line.found) == (True, "100 ×")
    assert ELSEWHERE[f"{TOPIC} ×8"]["rate"] != 9.0


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
    whoosh = searches("Whoosh", **{"9000": 5.0, "99000": 26.0, "740000": 200.0})
    line = found(whoosh, "p95 ≤ 25 ms (Whoosh)")
    assert (line.what, line.found, line.is_met) == ("search in 100,000 documents", "26 ms at 99,000", False)
    tables = searches("PostgreSQL", **{"99000": 24.0, "740000": 49.0})
    assert found(tables, "p95 ≤ 25 ms (PostgreSQL)").is_met
    assert found(tables, "p95 ≤ 50 ms (PostgreSQL)").found == "49 ms at 740,000"


def test_a_size_that_is_far_off_says_nothing():
    assert found(searches("Whoosh", **{"740000": 5.0}), "p95 ≤ 25 ms (Whoosh)").is_met is None


def test_the_table_has_each_page_and_each_reason(parts):
    text = report.table(parts)
    assert f"| {QUESTION} | 900 (900–900) |" in text
    assert "MediaWiki: not here" in text


def test_the_table_replaces_only_what_is_between_the_marks(parts, tmp_path, monkeypatch):
    page = tmp_path / "performance.md"
    page.write_text("before <!-- table --> old <!-- /table --> after")
    monkeypatch.setattr(report, "DOCUMENT", page)
    report.write("new")
    report.write("newer")
    assert page.read_text() == "before <!-- table -->\n\nnewer\n\n<!-- /table --> after"


def part(rows):
    return {"machine": MACHINE, "posts": 10_000, "rows": rows}


def test_processor_time_is_shown_beside_the_baseline_and_has_budgets():
    rows = {
        cpu.EVEN: {"visitor": [2.0], "visitor queries": [6], "member": [3.1], "member queries": [10]},
        cpu.FIRST_TIME: {"visitor": [2.9], "visitor queries": [6]},
        cpu.ORM_BASELINE: {"visitor": [1.0]},
    }
    parts = {"cpu": part(rows)}
    assert f"| {cpu.EVEN} | 2 | 2 | 6 | 3.10 | 3.10 | 10 |" in report.table(parts)
    verdicts = [(line.what, line.is_met) for line in lines(parts) if line.is_met is not None]
    assert verdicts == [
        ("question of 20 answers with comments, signed in", False),
        ("the same, signed in", False),  # 0.32 of the baseline
        ("the same, signed in", True),  # 10 queries
        ("the same, for a visitor, in no cache", True),
    ]


def test_a_living_site_is_compared_with_a_peer_of_the_same_run():
    def mixed(rate, p95):
        took = {f"{kind} p{share}": [p95] for kind in mix.SHARES for share in (50, 95)}
        return {"rate": [rate], "failed": [0.0], "cpu": [1000 / rate], **took}

    rows = {mix.OURS: mixed(1_000.0, 10.0), FlaskBB.name: mixed(40.0, 100.0)}
    parts = {"mix": part(rows)}
    assert (found(parts, "≥ 20 × FlaskBB").found, found(parts, "≥ 20 × FlaskBB").is_met) == (
        "25 × (by processor time 25)",
        True,
    )
    assert found(parts, "p95 ≤ 1/20 of FlaskBB").is_met is False
    assert "| ours | 1,000 | 0 | 1 |" in report.table(parts)
    del rows[FlaskBB.name]
    assert found(parts, "≥ 20 × FlaskBB").is_met is None


def test_a_crawler_may_double_the_latency_of_members():
    def row(p95):
        return {"p50": [1.0], "p95": [p95], "p99": [9.0], "pages": [30.0], "crawled": [0.0]}

    parts = {"crawl": part({crawl.QUIET: row(10.0), crawl.CRAWLED: row(21.0)})}
    assert found(parts, "p95 ≤ 2 × quiet").is_met is False
    assert f"| {crawl.CRAWLED} | 1 | 21 | 9 | 30 | 0 |" in report.table(parts)


def test_every_start_has_to_use_both_processes():
    parts = {"processes": part({processes.SMALLER: {"share": [0.5, 0.4, 0.2]}})}
    line = found(parts, "each answers ≥ 0.25 of the requests")
    assert (line.found, line.is_met) == ("0.20 to 0.50 in 3 starts", False)
    assert "| share of the requests | 0.50 | 0.40 | 0.20 |" in report.table(parts)


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
