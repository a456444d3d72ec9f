"""nginx with a shared cache in front, as docs/deploy/ says: it keeps visitors' pages, and nobody's own."""

import gzip
import http.client
import re
import shutil
import socket
import ssl
import tempfile
from pathlib import Path

import pytest

from app import create_app
from auth import actions as auth
from bench.programs import Program, free_port
from core.database import schema
from core.database.db import db
from core.markup.markup import render
from forum.models import Question
from posts import actions as posts
from tests.conftest import BODY
from tests.failures import servers
from tests.failures.processes import WEB, wait_until

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
pytestmark = [pytest.mark.long, pytest.mark.skipif(not NGINX, reason="no nginx on this machine")]
EDGE_SECONDS, STALE_SECONDS = 2, 4
TITLE = "Which page may lie in a cache that all people share?"
CACHED = {"HIT", "UPDATING"}  # nginx served its copy; the second while it fetches a new one


class Front:
    """A site behind nginx: `get(path, **headers)` asks as a browser that sends exactly these."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="redoubt-edge-"))
        self.folder.chmod(0o755)
        self.port, web = free_port(), free_port()
        self.settings = {
            "REDOUBT_INSTANCE": self.folder / "instance",
            "REDOUBT_WORKER": "off",
            "REDOUBT_SITE_URL": "https://redoubt.example",
            "REDOUBT_PROXIES": "1",
            "REDOUBT_EDGE_SECONDS": str(EDGE_SECONDS),
            "REDOUBT_EDGE_STALE_SECONDS": str(STALE_SECONDS),
            "REDOUBT_SECRET_KEY": "of this test",
        }
        self.site = create_app(**self.settings)
        self._people()
        self.web = Program([*WEB, "--bind", f"127.0.0.1:{web}"], self.folder / "web.log", **self.settings)
        self.nginx = servers.nginx(
            self.folder,
            Program,
            {
                "listen 80 ": f"listen 127.0.0.1:{free_port()} ",
                "listen 443 ": f"listen 127.0.0.1:{self.port} ",
                "server 10.0.0.11:8000": f"server 127.0.0.1:{web}",
                "    server 10.0.0.12:8000 max_fails=1 fail_timeout=5s;\n": "",
                "    server 10.0.0.13:8000 max_fails=1 fail_timeout=5s;\n": "",
            },
        )
        wait_until(self._is_up, "nginx and the site answer")

    def _people(self):
        with self.site.app_context():
            schema.ensure()
            self.people = {
                name: auth.make_user(name, confirmed=True, display_name=f"{name} the member")
                for name in ("carol", "dave")
            }
            self.admin = auth.make_user("adam", role="administrator", confirmed=True)
            question = posts.create(
                Question(title=TITLE, author_id=self.people["carol"].id), render(BODY), tags=("caches",)
            )
            self.question = question.url
            tokens = {name: auth.open_session(user) for name, user in self.people.items()}
            self.token = auth.make_token(self.people["carol"], "test", "read")
            db.session.commit()
            db.session.remove()
        signer = self.site.session_interface.get_signing_serializer(self.site)
        self.cookies = {
            name: "__Host-session=" + signer.dumps({"_user_id": token, "_fresh": True})
            for name, token in tokens.items()
        }

    def _is_up(self) -> bool:
        assert self.nginx.process.poll() is None, self.nginx.output()
        try:
            return self.get("/readyz").status == 200
        except OSError:
            return False

    def get(self, path: str, **headers: str) -> http.client.HTTPResponse:
        context = ssl.create_default_context(cafile=servers.certificate(self.folder))
        connection = http.client.HTTPSConnection("redoubt.example", self.port, timeout=30, context=context)
        plain = socket.create_connection(("127.0.0.1", self.port))
        connection.sock = context.wrap_socket(plain, server_hostname="redoubt.example")
        connection.request(
            "GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )
        answer = connection.getresponse()
        answer.text = _unpacked(answer).decode()
        answer.cache = answer.headers["X-Cache"]
        connection.close()
        return answer

    def remove(self):
        for program in (self.nginx, self.web):
            program.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def _unpacked(answer: http.client.HTTPResponse) -> bytes:
    data = answer.read()
    return gzip.decompress(data) if answer.headers["Content-Encoding"] == "gzip" else data


@pytest.fixture(scope="module")
def front():
    made = Front()
    yield made
    made.remove()


@pytest.fixture
def paths(front):
    """Every page whose address needs nothing, and some that do."""
    rules = [
        rule.rule
        for rule in front.site.url_map.iter_rules()
        if not rule.arguments
        and "GET" in rule.methods
        and not rule.rule.startswith(("/api/docs", "/metrics"))
    ]
    return sorted(
        {
            *rules,
            front.question,
            "/tags/caches",
            "/users/carol",
            "/search?q=cache",
            "/questions?sort=votes",
            "/search?q=carol",
        }
    )


def test_visitors_share_a_page(front):
    front.get("/tags")
    second = front.get("/tags")
    assert second.cache in CACHED and "caches" in second.text


def test_an_old_page_is_sent_while_one_request_fetches_the_new_one(front):
    first = front.get("/users")
    assert (
        "Surrogate-Key" not in first.headers and "stale-while-revalidate=4" in first.headers["Cache-Control"]
    )
    seen = set()
    wait_until(lambda: seen.add(front.get("/users").cache) or {"STALE", "UPDATING"} & seen, "an old page")
    wait_until(lambda: front.get("/users").cache == "HIT", "the new page")


def test_no_page_of_a_member_reaches_anybody_else(front, paths):
    """Each address asked by members first, by all others next, and by the members again.

    Some addresses have no cache at all: uploads, which may be larger.
    """
    for path in paths:
        own = {name: front.get(path, Cookie=cookie) for name, cookie in front.cookies.items()}
        visitors = [front.get(path), front.get(path), front.get(path, Cookie="theme=dark")]
        again = {name: front.get(path, Cookie=cookie) for name, cookie in front.cookies.items()}
        for answer in [*own.values(), *again.values()]:
            assert answer.cache in ("BYPASS", None), path
            assert "public" not in answer.headers.get("Cache-Control", ""), path
        for name in front.people:
            others = [
                text
                for other in front.people
                if other != name
                for text in (own[other].text, again[other].text)
            ]
            assert not any(_greets(name, text) for text in [*others, *(v.text for v in visitors)]), path
            assert own[name].status != 200 or _greets(name, own[name].text) == _greets(name, again[name].text)


def _greets(name: str, text: str) -> bool:
    """Whether a page was made for this member: its header leads to their own profile."""
    header = re.search(r"<header.*?</header>", text, re.S)
    return bool(header) and f'href="/users/{name}"' in header[0]


def test_the_test_knows_a_members_page(front):
    assert _greets("carol", front.get("/", Cookie=front.cookies["carol"]).text)


def test_what_a_token_reads_is_not_kept(front):
    for path in ("/api/v1/users/me/watches", "/api/v1/questions", "/questions"):
        token = {"Authorization": f"Bearer {front.token}"}
        assert [front.get(path, **token).cache for _ in range(2)] == ["BYPASS"] * 2
    assert front.get("/api/v1/users/me/watches").status == 401


def test_a_page_that_begins_a_session_is_not_kept(front):
    first, second = front.get("/login"), front.get("/login")
    assert {first.cache, second.cache} <= {"MISS", "EXPIRED"}
    assert first.headers["Set-Cookie"] != second.headers["Set-Cookie"]


def test_a_made_up_cookie_neither_fills_nor_meets_the_cache(front):
    front.get("/articles")
    assert front.get("/articles", Cookie="theme=dark; __Host-session=x").cache == "BYPASS"
    assert front.get("/articles", Cookie="theme=<script>").cache == "BYPASS"


def test_a_page_is_kept_for_its_theme_and_language(front):
    dark = front.get("/help", Cookie="theme=dark")
    plain = front.get("/help")
    assert dark.text != plain.text and plain.text == front.get("/help").text
    assert front.get("/help", Cookie="theme=dark").text == dark.text
    assert {"Cookie", "Accept-Language", "Accept-Encoding"} <= set(dark.headers["Vary"].split(", "))


def test_packed_and_plain_are_kept_apart(front):
    packed = [front.get("/questions", Accept_Encoding="gzip") for _ in range(2)]
    plain = [front.get("/questions") for _ in range(2)]
    assert packed[1].headers["Content-Encoding"] == "gzip"
    assert {packed[1].cache, plain[1].cache} <= CACHED
    assert plain[1].headers["Content-Encoding"] is None and plain[1].text == packed[1].text


def test_a_forged_forwarding_or_host_does_not_change_the_page_of_others(front):
    front.get("/lifecycle", X_Forwarded_Host="evil.example", X_Forwarded_Proto="http", Host="evil.example")
    kept = front.get("/lifecycle")
    assert kept.status == 200 and "evil.example" not in kept.text + str(kept.headers)


def test_static_files_are_kept_for_a_year_and_packed(front):
    address = re.search(r'href="(/static/css/[^"]+)"', front.get("/").text)[1]
    front.get(address)
    again = front.get(address, Accept_Encoding="gzip", Cookie=front.cookies["carol"])
    assert again.status == 200 and again.cache == "HIT" and again.headers["Content-Encoding"] == "gzip"
    assert "max-age=31536000" in again.headers["Cache-Control"]
    assert "default-src 'none'" in again.headers["Content-Security-Policy"]


def test_errors_are_not_kept(front):
    assert [front.get("/questions/999999/x").cache for _ in range(2)] == ["MISS", "MISS"]


def test_a_deleted_page_is_gone_from_the_cache_in_time(front):
    assert TITLE in front.get(front.question).text
    with front.site.app_context():
        question = db.session.get(Question, int(front.question.split("/")[2]))
        posts.delete(question, by=front.admin)
        db.session.commit()
    wait_until(
        lambda: front.get(front.question).status == 404, "gone", patience=15 + EDGE_SECONDS + STALE_SECONDS
    )
    assert [front.get(front.question).status for _ in range(3)] == [404] * 3
    wait_until(lambda: TITLE not in front.get("/questions").text, "gone from the list", patience=15)


def test_nothing_stale_is_sent_when_the_site_is_gone(front):
    """The last test: the site behind is ended."""
    front.get("/tags")
    front.web.kill()
    wait_until(lambda: front.get("/tags").status == 502, "the page is gone too", patience=30)
