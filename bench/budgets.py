"""The budgets beside what was measured: ratios within one run, not seconds of a machine."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from statistics import median

from bench import cpu, crawl, living, mix, processes, scale
from bench.pages import BASELINE, QUESTION
from bench.peers.flaskbb import FlaskBB
from bench.peers.mediawiki import MediaWiki
from bench.statistics import format_number

TOPIC, ARTICLE = (f"{peer.name}: {next(iter(peer.pages))}" for peer in (FlaskBB, MediaWiki))
REPLY = f"{FlaskBB.name}: posting a reply"
ELSEWHERE = {  # requests/s with 8 connections, p50 at one: of another run, on another machine
    f"{TOPIC} ×8": {"rate": 41.0},
    REPLY: {"p50": 34.0},
    f"{ARTICLE} ×8": {"rate": 114.0},
}
# Engine → documents → milliseconds of the 95th percentile; web and worker have the same memory on either.
SEARCHES = {"Whoosh": {100_000: 25, 1_000_000: 50}, "PostgreSQL": {100_000: 25, 1_000_000: 50}}
MEASURED = 100_000  # documents, MB
MEMORY = 400
MIN_LIVING_SHARE, MAX_LIVING_P99 = 0.8, 3
MAX_CPU_MILLISECONDS, MIN_BASELINE_SHARE, MAX_QUERIES = (
    3,
    0.4,
    10,
)  # of a question of 20 answers with comments
MIN_MIX_RATIO, MAX_MIX_P95 = 20, 1 / 20  # beside FlaskBB
MAX_CRAWLED_P95 = 2
MIN_PROCESS_SHARE = 0.25  # of the requests, for the less busy of two processes, in every start
Parts = dict[str, dict]


class NotMeasured(Exception):
    """What a budget needs was not measured."""


@dataclass(frozen=True)
class Line:
    """A budget and what was found: `is_met` is None where nothing was measured."""

    what: str
    wanted: str
    found: str
    is_met: bool | None


def _metric(parts: Parts, part: str, name: str, metric: str) -> float:
    try:
        return median(parts[part]["rows"][name][metric])
    except KeyError:
        raise NotMeasured from None


def _peer(parts: Parts, part: str, name: str, metric: str) -> tuple[float, str]:
    """(a metric of a peer, a mark when it is not of this run)."""
    try:
        return _metric(parts, part, name, metric), ""
    except NotMeasured:
        return ELSEWHERE[name][metric], " (not of this run)"


def _times(parts: Parts, own: str, other: str, least: float) -> tuple[str, bool]:
    """The ratio of requests/s of two pages with 8 connections, with that by processor time."""
    ratio = _metric(parts, "pages", f"{own} ×8", "rate") / _metric(parts, "pages", f"{other} ×8", "rate")
    alone = _metric(parts, "pages", f"{own} ×1", "rate") / _metric(parts, "pages", f"{other} ×1", "rate")
    cost = _metric(parts, "pages", f"{other} ×1", "cpu") / _metric(parts, "pages", f"{own} ×1", "cpu")
    return f"{ratio:.2f} × (one connection {alone:.2f}, by processor time {cost:.2f})", ratio >= least


def _times_peer(parts: Parts, own: str, other: str, least: float) -> tuple[str, bool | None]:
    """The ratio of requests/s to a peer's page; without a verdict for values of another machine."""
    rate, mark = _peer(parts, "pages", f"{other} ×8", "rate")
    ratio = _metric(parts, "pages", f"{own} ×8", "rate") / rate
    return f"{format_number(ratio)} ×{mark}", None if mark else ratio >= least


def _share_of_peer(parts: Parts, part: str, own: str, other: str, most: float) -> tuple[str, bool | None]:
    value, mark = _peer(parts, part, other, "p50")
    share = _metric(parts, part, own, "p50") / value
    return f"1/{1 / share:.1f}{mark}", None if mark else share <= most


def _at_most(value: float, most: float, unit: str) -> tuple[str, bool]:
    return f"{format_number(value)} {unit}", value <= most


def _scaled(parts: Parts) -> tuple[str, bool]:
    try:
        ratios = {name: scale.ratio(pair) for name, pair in parts["scale"]["rows"].items()}
    except KeyError:
        raise NotMeasured from None
    above = [f"{name} {value:.2f}" for name, value in ratios.items() if value > scale.MAX_RATIO]
    worst = max(ratios, key=lambda name: ratios[name])
    return "; ".join(above) or f"at most {ratios[worst]:.2f} ({worst})", not above


def _fact(parts: Parts, name: str, key: str) -> float:
    try:
        value = parts["facts"]["rows"][name][key]
    except KeyError:
        value = None
    if value is None:
        raise NotMeasured
    return value


def searches(parts: Parts) -> Parts:
    """The parts in which search was measured, one for each size."""
    return {name: result for name, result in parts.items() if name.startswith("search ")}


def _searched(parts: Parts, documents: int) -> tuple[str, float]:
    """The part with about so many documents (at most a third more or fewer), and their number."""
    sizes = {part: _metric(parts, part, "documents", "count") for part in searches(parts)}
    near = [part for part, size in sizes.items() if 2 / 3 < size / documents < 4 / 3]
    if not near:
        raise NotMeasured
    part = min(near, key=lambda part: abs(sizes[part] - documents))
    return part, sizes[part]


def _search(parts: Parts, documents: int, most: int) -> tuple[str, bool]:
    part, size = _searched(parts, documents)
    found, is_met = _at_most(_metric(parts, part, "search", "p95"), most, "ms")
    return f"{found} at {size:,}", is_met


def _memory(parts: Parts) -> tuple[str, bool]:
    part, _size = _searched(parts, MEASURED)
    return _at_most(_metric(parts, part, "memory of web and worker", "MB"), MEMORY, "MB")


def _living(parts: Parts) -> tuple[str, bool]:
    """The share of the quiet site's requests/s, and the ratio of the p99, while somebody writes."""
    if "living" not in parts:
        raise NotMeasured
    share, p99 = living.ratios(parts["living"]["rows"])[QUESTION]
    is_met = share >= MIN_LIVING_SHARE and p99 <= MAX_LIVING_P99
    return f"{format_number(share)} ×, p99 {format_number(p99)} ×", is_met


def _cpu(parts: Parts, name: str, reader: str) -> tuple[str, bool]:
    return _at_most(_metric(parts, "cpu", name, reader), MAX_CPU_MILLISECONDS, "ms")


def _share_of_baseline(parts: Parts) -> tuple[str, bool]:
    """How much faster than our page the baseline is, by processor time, as a share."""
    baseline, own = (
        _metric(parts, "cpu", cpu.ORM_BASELINE, cpu.VISITOR),
        _metric(parts, "cpu", cpu.EVEN, cpu.MEMBER),
    )
    return f"{baseline / own:.2f} × by processor time", baseline / own >= MIN_BASELINE_SHARE


def _mixed(parts: Parts) -> tuple[str, bool]:
    ratio = _metric(parts, "mix", mix.OURS, "rate") / _metric(parts, "mix", FlaskBB.name, "rate")
    cost = _metric(parts, "mix", FlaskBB.name, "cpu") / _metric(parts, "mix", mix.OURS, "cpu")
    return f"{format_number(ratio)} × (by processor time {format_number(cost)})", ratio >= MIN_MIX_RATIO


def _mixed_p95(parts: Parts) -> tuple[str, bool]:
    metric = f"{mix.MEMBER} p95"
    share = _metric(parts, "mix", mix.OURS, metric) / _metric(parts, "mix", FlaskBB.name, metric)
    return f"1/{1 / share:.1f}", share <= MAX_MIX_P95


def _crawled(parts: Parts) -> tuple[str, bool]:
    ratio = _metric(parts, "crawl", crawl.CRAWLED, "p95") / _metric(parts, "crawl", crawl.QUIET, "p95")
    return f"{format_number(ratio)} ×", ratio <= MAX_CRAWLED_P95


def _balanced(parts: Parts) -> tuple[str, bool]:
    try:
        shares = parts["processes"]["rows"][processes.SMALLER]["share"]
    except KeyError:
        raise NotMeasured from None
    return f"{min(shares):.2f} to {max(shares):.2f} in {len(shares)} starts", min(shares) >= MIN_PROCESS_SHARE


def lines(parts: Parts) -> Iterator[Line]:
    """Every budget that can be measured here: of design section 7, and of a million documents."""
    engine = next((result["engine"] for result in searches(parts).values()), "Whoosh")
    rules: list[tuple[str, str, Callable[[], tuple[str, bool | None]]]] = [
        (
            "question of 20 answers, cached",
            "≥ 0.9 × a bare view of the same bytes",
            lambda: _times(parts, QUESTION, f"{BASELINE}the same bytes, bare view", 0.9),
        ),
        (
            "the same, cached, while five answers a second are posted elsewhere",
            f"≥ {MIN_LIVING_SHARE} × the quiet site, p99 ≤ {MAX_LIVING_P99} ×",
            lambda: _living(parts),
        ),
        ("the same, cached", "≥ 60 × FlaskBB", lambda: _times_peer(parts, QUESTION, TOPIC, 60)),
        (
            "question of 20 answers with comments, signed in",
            f"≤ {MAX_CPU_MILLISECONDS} ms of processor time",
            lambda: _cpu(parts, cpu.EVEN, cpu.MEMBER),
        ),
        (
            "the same, signed in",
            f"≥ {MIN_BASELINE_SHARE} × 20 posts, ORM joined",
            lambda: _share_of_baseline(parts),
        ),
        (
            "the same, signed in",
            f"≤ {MAX_QUERIES} queries",
            lambda: _at_most(
                _metric(parts, "cpu", cpu.EVEN, f"{cpu.MEMBER} queries"), MAX_QUERIES, "queries"
            ),
        ),
        (
            "the same, for a visitor, in no cache",
            f"≤ {MAX_CPU_MILLISECONDS} ms of processor time",
            lambda: _cpu(parts, cpu.FIRST_TIME, cpu.VISITOR),
        ),
        (
            "a living site: 70 % visitors, 25 % signed in, 3 % searches, 2 % writes",
            f"≥ {MIN_MIX_RATIO} × FlaskBB",
            lambda: _mixed(parts),
        ),
        ("the same, members", f"p95 ≤ 1/{1 / MAX_MIX_P95:.0f} of FlaskBB", lambda: _mixed_p95(parts)),
        (
            "members beside a crawler that reads every page once",
            f"p95 ≤ {MAX_CRAWLED_P95} × quiet",
            lambda: _crawled(parts),
        ),
        (
            "eight kept-alive connections, two processes",
            f"each answers ≥ {MIN_PROCESS_SHARE} of the requests",
            lambda: _balanced(parts),
        ),
        (
            "posting an answer",
            "p50 ≤ 1/3 of FlaskBB",
            lambda: _share_of_peer(parts, "members", "posting an answer", REPLY, 1 / 3),
        ),
        ("article", "≥ 20 × MediaWiki", lambda: _times_peer(parts, "article", ARTICLE, 20)),
        (
            "all a browser loads for a question",
            "≤ 60 KB",
            lambda: _at_most(_fact(parts, QUESTION, "KB"), 60, "KB"),
        ),
        (
            "lists and threads, large beside small",
            f"≤ {scale.MAX_RATIO} × the latency",
            lambda: _scaled(parts),
        ),
        *(
            (
                f"search in {documents:,} documents",
                f"p95 ≤ {most} ms ({engine})",
                partial(_search, parts, documents, most),
            )
            for documents, most in SEARCHES[engine].items()
        ),
        (
            "a new post is found",
            "within 1 s",
            lambda: _at_most(_metric(parts, "members", "a new post is found", "seconds"), 1, "s"),
        ),
        (f"memory of web and worker at {MEASURED:,} documents", f"≤ {MEMORY} MB", lambda: _memory(parts)),
    ]
    for what, wanted, rule in rules:
        try:
            yield Line(what, wanted, *rule())
        except NotMeasured:
            yield Line(what, wanted, "not measured", None)
