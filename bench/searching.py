"""Search as visitors use it: words, phrases, identifiers, filters, slips; with snippets and facets."""

import random
from urllib.parse import quote

from bench.browser import Browser
from bench.sites import Site
from bench.statistics import RUNS, Samples, spread
from bench.words import COMMON, TECHNICAL, vocabulary

QUERIES_PER_RUN = 60
WARM_UP_QUERIES = 15


def mix(rng: random.Random, words: list[str]) -> str:
    """One query of the kinds that people write, hardly one of them twice."""
    trade = rng.sample(TECHNICAL, 3)
    other = words[rng.randrange(300, 20_000)]
    return rng.choice(
        [
            f"{trade[0]} {other}",
            f"{trade[0]} {trade[1]} {trade[2]}",
            other,
            f"{trade[0]} {trade[1]}",
            f"{rng.choice(COMMON)} {trade[0]} {rng.choice(COMMON)} {other}",
            f'"{trade[0]} {trade[1]}"',
            f"CVE-{rng.randint(2002, 2025)}-{rng.randint(1000, 39999)}",
            f"tag:tag-{rng.randint(1, 40)} {trade[0]}",
            f"kind:answer {trade[0]} {other}",
            f"{trade[0]}x {trade[1]}",
            f"{trade[0]} -{trade[1]}",
        ]
    )


def measure(site: Site) -> dict[str, Samples]:
    """Latencies of /search, one client, no query twice, and what a query costs the processor."""
    rng = random.SystemRandom()
    words = vocabulary(random.Random("vocabulary"))  # noqa: S311
    found = {}
    with site.served() as served:
        browser = Browser(served.port)
        for _ in range(WARM_UP_QUERIES):
            browser.get(f"/search?q={quote(mix(rng, words))}")
        for _ in range(RUNS):
            before = served.web.cpu()
            took = []
            for _ in range(QUERIES_PER_RUN):
                answer = browser.get(f"/search?q={quote(mix(rng, words))}")
                if answer.status != 200:
                    raise RuntimeError(f"a search was answered with {answer.status}")
                took.append(answer.milliseconds)
            cost = (served.web.cpu() - before) / QUERIES_PER_RUN * 1000
            for name, value in {**spread(took), "cpu": cost}.items():
                found.setdefault(name, []).append(value)
        memory = served.memory()
    return {"search": found, "memory of web and worker": {"MB": [memory]}, **_sizes(site)}


def _sizes(site: Site) -> dict[str, Samples]:
    """Of the database and of the index, which on PostgreSQL lies within it."""
    with site.app.app_context(), site.app.extensions["search"].view() as index:
        documents = index.size
    return {
        "database": {"MB": [site.database_size() / 1e6]},
        "index": {"MB": [site.index_size() / 1e6]},
        "documents": {"count": [documents]},
    }
