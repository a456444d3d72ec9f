"""Measures the site, and prints one table: `make bench`, or `python -m bench [PART …]`.

Parts: cpu (processor time and queries of each page), pages (with baselines, peers), scale (small beside
large), search, crawl (members beside a crawler), processes (whether all of them work), living (cached pages
while somebody writes; visitors, members, searches and writes at once, with peers), members (posting); all by
default.
Communities, peers and results are stored below --folder: existing ones are used again, and the table shows
what was measured last of each part. `make bench POSTS=1000000 PEERS=1 WRITE=1` is everything.
"""

import argparse
import json
import signal
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from bench import (
    cpu,
    crawl,
    living,
    load,
    machine,
    members,
    mix,
    pages,
    processes,
    relevance,
    relevance_collections,
    report,
    scale,
    searching,
)
from bench.peers import Peer, PeerUnavailable, content_of
from bench.peers.askbot import Askbot
from bench.peers.flaskbb import FlaskBB
from bench.peers.mediawiki import MediaWiki
from bench.plan import Plan
from bench.sites import Site, database_on
from core.config import ROOT

PARTS = ("cpu", "pages", "search", "scale", "crawl", "processes", "living", "members")
POSTS = 130_000  # 100,000 documents
SECONDS = 2.0
FOLDER = ROOT / ".bench"  # not in instance/, which only the owner may enter: MediaWiki has a user of its own


class Results:
    """The results, stored in a file: a new measurement of a part replaces the old one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.parts: dict[str, dict] = json.loads(path.read_text()) if path.exists() else {}

    def measure(self, part: str, measure: Callable[[], dict], **about: object) -> None:
        """Measure one part and store the result."""
        print(f"{part} …", file=sys.stderr, flush=True)
        self.parts[part] = {**about, "machine": machine.describe(), "rows": measure()}
        self.path.write_text(json.dumps(self.parts, indent=1))


def prepared_peers(folder: Path, site: Site, *, wanted: bool) -> tuple[list[Peer], dict[str, str]]:
    """The peers that can be measured, and why the others cannot."""
    ready = []
    missing = {}
    content = content_of(site) if wanted else None
    for peer in (FlaskBB(), Askbot(), MediaWiki()):
        try:
            if content is None:
                raise PeerUnavailable("not asked for: PEERS=1")
            print(f"{peer.name} …", file=sys.stderr, flush=True)
            peer.prepare(folder / peer.name.split()[0].lower(), content)
            ready.append(peer)
        except PeerUnavailable as why:
            missing[peer.name] = str(why)
    return ready, missing


def main() -> None:
    """The command."""
    asked = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # the servers are ended on the way out
    if not load.is_installed():
        sys.exit("There is no wrk: sh bench/ensure_wrk.sh")
    asked.folder.mkdir(parents=True, exist_ok=True)
    results = Results(asked.folder / "results.json")
    small, large = (site_of(asked, posts) for posts in (scale.SMALL_POSTS, asked.posts))
    if asked.parts != {"none"}:
        large.prepare()
    peers, missing = prepared_peers(asked.peers_folder, large, wanted=asked.peers)
    about = {"posts": asked.posts, "missing": missing, "engine": "PostgreSQL" if asked.postgres else "Whoosh"}
    if asked.parts & {"search", "scale"}:
        small.prepare()
    for part, measure in _measures(asked, small, large, peers):
        posts = int(part.removeprefix("search ")) if part.startswith("search ") else asked.posts
        results.measure(part, measure, **{**about, "posts": posts})
    if asked.collection:
        results.measure("relevance", partial(_relevance, asked.collection), columns=relevance.COLUMNS)
    text = report.table(results.parts)
    print(text)
    if asked.write:
        report.write(text, "table on PostgreSQL" if asked.postgres else "table")


def _measures(
    asked: argparse.Namespace, small: Site, large: Site, peers: list[Peer]
) -> Iterator[tuple[str, Callable[[], dict]]]:
    """(name of the result, what measures it) of each part that was asked for; those that write come last."""
    if "cpu" in asked.parts:
        yield "cpu", lambda: cpu.measure(large)
    if "pages" in asked.parts:
        yield "facts", lambda: pages.facts(large, peers)
        yield "pages", lambda: pages.measure(large, peers, asked.seconds)
    if "search" in asked.parts:
        for site in (small, large):
            yield f"search {site.plan.posts}", partial(searching.measure, site)
    if "scale" in asked.parts:
        yield "scale", lambda: scale.measure(small, large, asked.seconds / 2)
    if "crawl" in asked.parts:
        yield "crawl", lambda: crawl.measure(large, asked.seconds)
    if "processes" in asked.parts:
        yield "processes", lambda: processes.measure(asked.folder)
    if "living" in asked.parts:
        yield "living", lambda: living.measure(large, asked.seconds)
        yield "mix", lambda: mix.measure(large, peers, asked.seconds)
    if "members" in asked.parts:
        yield "members", lambda: members.measure(large, peers)


def _relevance(collection: Path) -> dict[str, list]:
    """The rows of all collections of relevance, by name."""
    found = relevance.measured(relevance.available(collection))
    return {name: relevance.rows(measured) for name, measured in found.items()}


def site_of(asked: argparse.Namespace, posts: int) -> Site:
    """The community of this size, where it was asked for."""
    url = database_on(asked.postgres, f"redoubt_bench_{posts}") if asked.postgres else ""
    return Site(asked.folder / str(posts), Plan(posts), url)


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "parts",
        nargs="*",
        metavar="PART",
        help=f"of {', '.join(PARTS)} (all); none only prints what was measured",
    )
    parser.add_argument("--posts", type=int, default=POSTS, help=f"size of the large community ({POSTS:,})")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="that a page is asked for in a run")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="for communities, peers and results")
    parser.add_argument("--peers", action="store_true", help="install, fill and measure the peers too")
    parser.add_argument(
        "--collection",
        type=relevance.directory,
        help=f"folder with {', '.join(relevance_collections.FILES)}: relevance of search, there and on "
        "the collections in ../shared/data",
    )
    parser.add_argument(
        "--postgres",
        metavar="URL",
        default="",
        help="measure on this server, in databases of its own: postgresql://user@host/postgres",
    )
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    asked = parser.parse_args()
    asked.folder = asked.folder.resolve()
    asked.parts = set(asked.parts or PARTS)
    asked.peers_folder = asked.folder / "peers"
    if asked.postgres:
        asked.folder /= "postgresql"
    if unknown := asked.parts - {*PARTS, "none"}:
        parser.error(f"unknown: {', '.join(unknown)}")
    return asked


if __name__ == "__main__":
    main()
