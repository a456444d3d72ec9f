"""The table of everything that was measured, and its place in docs/performance.md."""

from collections.abc import Iterable, Iterator
from statistics import median

from bench import budgets, cpu, mix, processes, scale
from bench.budgets import ELSEWHERE, Parts
from bench.statistics import format_number, format_samples
from core.config import ROOT

DOCUMENT = ROOT / "docs" / "performance.md"


def table(parts: Parts) -> str:
    """All of it as Markdown: a part that was not measured is not there."""
    sections = [
        _machines(parts),
        _budgets(parts),
        *_cpu(parts),
        *_pages(parts),
        *_facts(parts),
        *_mix(parts),
        *_living(parts),
        *_crawl(parts),
        *_processes(parts),
        *_scale(parts),
        *_search(parts),
        *_members(parts),
        *_relevance(parts),
        *_missing(parts),
    ]
    return "\n\n".join(sections)


def write(text: str, name: str = "table") -> None:
    """Put the table between the marks of this name in the document."""
    begin = f"<!-- {name} -->"
    end = f"<!-- /{name} -->"
    before, _, rest = DOCUMENT.read_text().partition(begin)
    _, _, after = rest.partition(end)
    DOCUMENT.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}")


def grid(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    head = list(head)
    lines = [head, ["---"] * len(head), *map(list, rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _machines(parts: Parts) -> str:
    """What the parts were measured on; once where it was the same."""
    found: dict[str, list[str]] = {}
    for part, result in parts.items():
        about = "; ".join(f"{name} {value}" for name, value in result["machine"].items() if name != "busy")
        found.setdefault(about, []).append(f"{part} ({result['machine']['busy']})")
    return "\n\n".join(f"Measured on: {about}. Parts: {', '.join(names)}." for about, names in found.items())


def _budgets(parts: Parts) -> str:
    said = {True: "met", False: "**not met**", None: "no verdict"}
    return "### Budgets\n\n" + grid(
        ("what", "budget", "found", ""),
        ((line.what, line.wanted, line.found, said[line.is_met]) for line in budgets.lines(parts)),
    )


def _pages(parts: Parts) -> Iterator[str]:
    """A row for each page: rates at both numbers of connections, latencies at one, cost of a request."""
    if "pages" not in parts:
        return
    rows = parts["pages"]["rows"]
    names = [name.removesuffix(" ×1") for name in rows if name.endswith(" ×1")]
    metrics = ("rate", "p50", "p95", "p99")
    yield f"### Pages at {parts['pages']['posts']:,} posts"
    yield grid(
        (
            "page",
            "requests/s, 1 connection",
            "p50 ms",
            "p95",
            "p99",
            "processor ms a request",
            "requests/s, 8 connections",
            "p50 ms",
            "p95",
            "p99",
        ),
        (
            (
                name,
                *(format_samples(rows[f"{name} ×1"][metric]) for metric in (*metrics, "cpu")),
                *(format_samples(rows[f"{name} ×8"][metric]) for metric in metrics),
            )
            for name in names
        ),
    )


def _facts(parts: Parts) -> Iterator[str]:
    """What does not vary from run to run."""
    if "facts" not in parts:
        return
    keys = ("queries", "queries when cached", "KB", "requests", "MB")
    yield "### What a page takes: queries, all a browser loads at its first visit, compressed; memory"
    yield grid(
        ("what", *keys),
        (
            (name, *("" if facts.get(key) is None else format_number(facts[key]) for key in keys))
            for name, facts in parts["facts"]["rows"].items()
        ),
    )


def _scale(parts: Parts) -> Iterator[str]:
    if "scale" not in parts:
        return
    large = parts["scale"]["posts"]
    yield f"### {scale.SMALL_POSTS:,} posts beside {large:,}: one connection, nothing cached"
    yield grid(
        (
            "page",
            "p50 ms, small",
            "p50 ms, large",
            "ratio",
            "p95 ms, small",
            "p95 ms, large",
            "ratio of processor time",
        ),
        (
            (
                name,
                format_samples(pair["small"]["p50"]),
                format_samples(pair["large"]["p50"]),
                f"{scale.ratio(pair):.2f}",
                format_samples(pair["small"]["p95"]),
                format_samples(pair["large"]["p95"]),
                f"{scale.ratio(pair, 'cpu'):.2f}",
            )
            for name, pair in parts["scale"]["rows"].items()
        ),
    )


def _search(parts: Parts) -> Iterator[str]:
    found = sorted(budgets.searches(parts).values(), key=lambda result: result["posts"])
    if not found:
        return
    yield "### Search: /search with snippets and facets, one client, no query twice"
    times = ("p50", "p95", "p99", "cpu")
    weights = ("memory of web and worker", "index", "database")
    named = (f"{name}, MB" for name in weights)
    yield grid(
        ("posts", "documents", "p50 ms", "p95", "p99", "processor ms a query", *named),
        (
            (
                f"{result['posts']:,}",
                format_samples(result["rows"]["documents"]["count"]),
                *(format_samples(result["rows"]["search"][key]) for key in times),
                *(format_samples(result["rows"][name]["MB"]) for name in weights),
            )
            for result in found
        ),
    )


def _members(parts: Parts) -> Iterator[str]:
    if "members" not in parts:
        return
    yield f"### Writing, at {parts['members']['posts']:,} posts"
    yield grid(
        ("what", "p50 ms", "p95", "p99", "seconds"),
        (
            (
                name,
                *(
                    format_samples(found[key]) if key in found else ""
                    for key in ("p50", "p95", "p99", "seconds")
                ),
            )
            for name, found in parts["members"]["rows"].items()
        ),
    )


def _living(parts: Parts) -> Iterator[str]:
    if "living" not in parts:
        return
    yield f"### Pages while somebody writes elsewhere, at {parts['living']['posts']:,} posts"
    yield grid(
        ("page, answers posted to another question", "requests/s, 8 connections", "p50 ms", "p95", "p99"),
        (
            (name, *(format_samples(found[key]) for key in ("rate", "p50", "p95", "p99")))
            for name, found in parts["living"]["rows"].items()
        ),
    )


def _cpu(parts: Parts) -> Iterator[str]:
    """A row for each page: processor time and queries of a visitor in no cache, and of a member."""
    if "cpu" not in parts:
        return
    rows = parts["cpu"]["rows"]
    baseline = median(rows[cpu.ORM_BASELINE][cpu.VISITOR])
    yield f"### Processor time of a page, at {parts['cpu']['posts']:,} posts: nothing from the page cache"
    yield grid(
        (
            "page",
            "visitor, ms",
            "× the baseline",
            "queries",
            "signed in, ms",
            "× the baseline",
            "queries",
        ),
        (
            (name, *_cpu_cells(found, cpu.VISITOR, baseline), *_cpu_cells(found, cpu.MEMBER, baseline))
            for name, found in rows.items()
        ),
    )


def _cpu_cells(found: dict[str, list[float]], reader: str, baseline: float) -> tuple[str, str, str]:
    if reader not in found:
        return "", "", ""
    queries = found.get(f"{reader} queries")
    return (
        format_samples(found[reader]),
        format_number(median(found[reader]) / baseline),
        format_samples(queries) if queries else "",
    )


def _mix(parts: Parts) -> Iterator[str]:
    if "mix" not in parts:
        return
    shares = ", ".join(f"{share} % {kind}" for kind, share in mix.SHARES.items())
    yield f"### A living site, at {parts['mix']['posts']:,} posts: {shares}; {mix.CONNECTIONS} connections"
    columns = [f"{kind} p{share}" for kind in mix.SHARES for share in (50, 95)]
    yield grid(
        ("site", "requests/s", "failed %", "processor ms a request", *(f"{name} ms" for name in columns)),
        (
            (name, *(format_samples(found[key]) for key in ("rate", "failed", "cpu", *columns)))
            for name, found in parts["mix"]["rows"].items()
        ),
    )


def _crawl(parts: Parts) -> Iterator[str]:
    if "crawl" not in parts:
        return
    yield f"### Members beside a crawler that reads every page once, at {parts['crawl']['posts']:,} posts"
    yield grid(
        ("what", "p50 ms", "p95", "p99", "members' pages/s", "crawler's pages/s"),
        (
            (name, *(format_samples(found[key]) for key in ("p50", "p95", "p99", "pages", "crawled")))
            for name, found in parts["crawl"]["rows"].items()
        ),
    )


def _processes(parts: Parts) -> Iterator[str]:
    if "processes" not in parts:
        return
    shares = parts["processes"]["rows"][processes.SMALLER]["share"]
    yield f"### Do both processes work? {processes.CONNECTIONS} kept-alive connections, {len(shares)} starts"
    yield grid(
        (processes.SMALLER, *map(str, range(1, len(shares) + 1))),
        [("share of the requests", *(format_number(share) for share in shares))],
    )


def _relevance(parts: Parts) -> Iterator[str]:
    if "relevance" not in parts:
        return
    for name, rows in parts["relevance"]["rows"].items():
        yield f"### Relevance: {name}"
        yield grid(parts["relevance"]["columns"], rows)


def _missing(parts: Parts) -> Iterator[str]:
    missing = parts.get("pages", {}).get("missing", {})
    if missing:
        yield "### Not of this run\n\n" + "\n".join(f"- {name}: {why}" for name, why in missing.items())
        yield grid(
            ("what, measured elsewhere before", "metric"),
            (
                (name, ", ".join(f"{metric} {format_number(value)}" for metric, value in metrics.items()))
                for name, metrics in ELSEWHERE.items()
            ),
        )
