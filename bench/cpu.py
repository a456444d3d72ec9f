"""What a page costs the processor, and its queries: in this process, so other load hardly matters.

The app is called as a server calls it (WSGI), without the server's own work, which is about 0.2 ms a request.
*Visitor* is one whose browser has a session, so that no cached page is used; what the site shares among
requests below whole pages is warm, except in the row "first time", for which each page is asked for once.
"""

import gc
import io
import time
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from auth import actions as accounts
from auth.models import User
from bench import baselines
from bench.browser import PACKED
from bench.load import UNCACHED_HEADERS
from bench.plan import ACTIVE_MEMBERS, RESERVED_IDS
from bench.sites import Site
from bench.statistics import Samples, interleaved
from core.database.db import db
from forum.models import Question

EVEN = "question, 20 answers × 2 comments"
FIRST_TIME = f"{EVEN}, first time"
INBOX = "inbox"
ORM_BASELINE = "baseline: 20 posts, ORM joined"
PAGES = (  # of Site.addresses
    "questions, newest",
    "questions, most voted",
    "largest tag",
    "front page",
    "article",
    "articles",
    "bulletin",
    "bulletins",
)
VISITOR, MEMBER = "visitor", "member"
RUNS = 5
WARM_UP_REQUESTS = 4
REQUESTS = 12


def measure(site: Site) -> dict[str, Samples]:
    """{page: "visitor" and "member" in ms of processor time a request, and the queries of each}."""
    readers = {
        VISITOR: _caller(site.app, UNCACHED_HEADERS),
        MEMBER: _caller(site.app, member_headers(site)),
    }
    baseline = _caller(_baselines(site), {})
    even = even_questions(site)
    gc.collect()
    gc.freeze()  # as Site.start_serving() does
    found: dict[str, Samples] = {}
    targets = {}
    paths = {EVEN: even[0], **{name: site.addresses[name] for name in PAGES}, INBOX: "/inbox"}
    for name, path in paths.items():
        for reader, call in readers.items():
            if name == INBOX and reader == VISITOR:
                continue
            for _ in range(WARM_UP_REQUESTS):
                call(path)
            with site.counting() as statements:
                call(path)
            found.setdefault(name, {})[f"{reader} queries"] = [len(statements)]
            targets[name, reader] = _run(call, path)
    found[ORM_BASELINE] = {}
    targets[ORM_BASELINE, VISITOR] = _run(baseline, "/orm")
    found[FIRST_TIME] = _first_times(site, readers, even[1:])
    for (name, reader), samples in interleaved(targets, RUNS).items():
        found[name][reader] = samples["cpu"]
    gc.unfreeze()
    return found


def even_questions(site: Site) -> list[str]:
    """The paths of the questions of one shape (bench.plan.Plan.even_threads). Raises RuntimeError."""
    first = RESERVED_IDS + 4
    numbers = range(first, first + site.plan.even_threads)
    with site.app.app_context():
        paths = [
            question.url
            for question in db.session.scalars(
                select(Question).where(Question.id.in_(numbers)).order_by(Question.id)
            )
        ]
    if len(paths) < 3:
        raise RuntimeError("the community is too small: it has no questions of one shape")
    return paths


def member_headers(site: Site) -> dict[str, str]:
    """The headers of a browser in which the first of ACTIVE_MEMBERS is logged in."""
    client: FlaskClient = site.app.test_client()
    with site.app.app_context():
        token = accounts.open_session(db.session.get_one(User, ACTIVE_MEMBERS[0]))
        db.session.commit()
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = token, True
    found = client.get_cookie("session")
    if found is None:
        raise RuntimeError("there is no session")
    return {"Cookie": f"session={found.value}"}


def _baselines(site: Site) -> Flask:
    """bench/baselines.py in this process, warm."""
    page = site.folder / "page"
    page.write_bytes(b"")
    with site.app.app_context():
        database = db.engine.url.render_as_string(hide_password=False)
    app = baselines.create_app(
        {
            "BENCH_DATABASE": database,
            "BENCH_PAGE": str(page),
            "BENCH_PACKING": "identity",
            "BENCH_QUESTION": str(RESERVED_IDS + 3),
        }
    )
    for _ in range(WARM_UP_REQUESTS):
        _caller(app, {})("/orm")
    return app


def _caller(app: Flask, headers: dict[str, str]) -> Callable[[str], float]:
    """call(path): ask for a page as a server does; returns ms of processor time. Raises RuntimeError."""
    fields = {
        f"HTTP_{name.upper().replace('-', '_')}": value
        for name, value in {**PACKED, "Accept": "text/html,*/*", **headers}.items()
    }

    def call(path: str) -> float:
        where = urlsplit(path)
        status = ""

        def start_response(line: str, _headers: list, _error: object = None) -> Callable[[bytes], None]:
            nonlocal status
            status = line
            return lambda data: None

        environ = {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": where.path,
            "QUERY_STRING": where.query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "127.0.0.1:8000",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            **fields,
        }
        began = time.process_time()
        answer = app(environ, start_response)
        for _part in answer:
            pass
        if close := getattr(answer, "close", None):
            close()
        took = time.process_time() - began
        if int(status.split(maxsplit=1)[0]) != HTTPStatus.OK:
            raise RuntimeError(f"{path} was answered with {status}")
        return took * 1000

    return call


def _run(call: Callable[[str], float], path: str) -> Callable[[], dict[str, float]]:
    return lambda: {"cpu": sum(call(path) for _ in range(REQUESTS)) / REQUESTS}


def _first_times(site: Site, readers: dict[str, Callable[[str], float]], paths: list[str]) -> Samples:
    """Each reader asks for pages that nobody asked for before, once each."""
    found: Samples = {}
    share = len(paths) // len(readers)
    for number, (reader, call) in enumerate(readers.items()):
        own = paths[number * share : (number + 1) * share]
        with site.counting() as statements:
            call(own[0])
        found[f"{reader} queries"] = [len(statements)]
        found[reader] = [call(path) for path in own[1:]]
    return found
