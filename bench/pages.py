"""How many pages a second, how fast, at what cost; beside baselines and peers, all of them in turn."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from bench import load
from bench.browser import Browser, weigh
from bench.figures import Found, Run, interleaved
from bench.peers import Missing, Peer
from bench.plan import BEFORE
from bench.programs import Program, Together, free_port
from bench.sites import GUNICORN, Served, Site
from core.config import ROOT
from core.database.db import db

QUESTION, BASELINE = "question, 20 answers", "baseline: "
UNCACHED, SIGNED_IN, EMBEDDED = (f"{QUESTION}, {how}" for how in ("not cached", "signed in", "python app.py"))
SHOWN = (
    "front page",
    QUESTION,
    "questions, newest",
    "article",
    "bulletin",
    "fullest month",
    "busiest member",
)
CONNECTIONS = (1, 8)


def measure(site: Site, peers: list[Peer], seconds: float) -> dict[str, Found]:
    """{"what ×connections": metrics} of our pages, the baselines and the peers."""
    with ExitStack() as running:
        served = running.enter_context(site.served())
        embedded = running.enter_context(site.served(embedded=True))
        baselines = running.enter_context(_baselines(served))
        question = site.addresses[QUESTION]
        targets: dict[str, Run] = {}

        def add(name: str, url: str, server: Together, headers: dict[str, str] | None = None) -> None:
            for count in CONNECTIONS:
                targets[f"{name} ×{count}"] = load.page(
                    url, server, connections=count, seconds=seconds, headers=headers
                )

        for name in SHOWN:
            add(name, served.url(site.addresses[name]), served.web)
        add(UNCACHED, served.url(question), served.web, load.UNCACHED)
        add("article, not cached", served.url(site.addresses["article"]), served.web, load.UNCACHED)
        add(SIGNED_IN, served.url(question), served.web, served.member(20).headers)
        add(EMBEDDED, embedded.url(question), embedded.web)
        for name, url in baselines[0].items():
            add(BASELINE + name, url, baselines[1])
        for peer in peers:
            port = free_port()
            server = running.enter_context(peer.served(port))
            for name, path in peer.pages.items():
                add(f"{peer.name}: {name}", f"http://127.0.0.1:{port}{path}", server)
            with suppress(Missing):
                name, path = next(iter(peer.pages.items()))
                add(
                    f"{peer.name}: {name}, signed in",
                    f"http://127.0.0.1:{port}{path}",
                    server,
                    peer.member(port).headers,
                )
        return interleaved(targets)


def facts(site: Site, peers: list[Peer]) -> dict[str, dict[str, float | None]]:
    """What does not vary: statements of a page, KB and requests of a first visit; megabytes of memory."""
    found: dict[str, dict[str, float | None]] = {}
    with site.served() as served:
        for name in SHOWN:
            path = site.addresses[name]
            kb, requests = weigh(served.url(path)) or (None, None)
            found[name] = {
                "queries": site.statements(path, load.UNCACHED),
                "KB": kb,
                "requests": requests,
                "queries when cached": site.statements(path),
            }
        found[SIGNED_IN] = {"queries": site.statements(site.addresses[QUESTION], served.member(21).headers)}
        found["memory"] = {"MB": served.memory()}
    for peer in peers:
        port = free_port()
        with peer.served(port) as server:
            for name, path in peer.pages.items():
                kb, requests = weigh(f"http://127.0.0.1:{port}{path}") or (None, None)
                found[f"{peer.name}: {name}"] = {"KB": kb, "requests": requests}
            found[f"{peer.name}: memory"] = {"MB": server.memory()}
    return found


@contextmanager
def _baselines(served: Served) -> Iterator[tuple[dict[str, str], Together]]:
    """({name: address}, server) of bench/baselines.py on the same server, with the bytes of our page."""
    site, port = served.site, free_port()
    page, answer = site.folder / "page", Browser(served.port).get(site.addresses[QUESTION])
    page.write_bytes(answer.sent)
    with site.app.app_context():
        database = db.engine.url.render_as_string(hide_password=False)
    program = Program(
        [
            *GUNICORN,
            "--bind",
            f"127.0.0.1:{port}",
            "--pythonpath",
            ROOT,
            "bench.baselines:create_app()",
        ],  # from elsewhere: gunicorn.conf.py is for the site
        site.folder / "baselines.log",
        folder=site.folder,
        BENCH_PAGE=str(page),
        BENCH_PACKING=answer.packing,
        BENCH_DATABASE=database,
        BENCH_QUESTION=str(BEFORE + 3),
    )
    base = f"http://127.0.0.1:{port}"
    try:
        program.wait_for(f"{base}/bare")
        yield (
            {
                "the same bytes, bare view": f"{base}/bare",
                "the same bytes, from a file": f"{base}/file",
                "20 posts, ORM joined": f"{base}/orm",
            },
            Together(program),
        )
    finally:
        program.stop()
