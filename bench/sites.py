"""The sites that are measured: an instance filled with posts, its URLs, its servers."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql
from sqlalchemy import delete, event, select, text, update

from app import create_app
from auth.models import User, Visitor
from auth.passwords.passwords import hash_password
from bench.browser import Browser
from bench.documents import BUSY
from bench.plan import ACTIVE_MEMBERS, RESERVED_IDS, Plan
from bench.programs import Program, ProgramGroup, free_port
from bulletins.models import Bulletin
from core.config import ROOT
from core.database.db import db
from core.database.models import Attempt
from core.web.site import Site as App
from forum.models import Question
from forum.queries import answers
from kb.models import Article
from search.engines.postgres.schema import SCHEMA

BIN = Path(sys.executable).parent
WORKERS = 2
GUNICORN_WORKER = ROOT / "gunicorn_worker.py"  # also for peers and baselines: the same for all
GUNICORN = [
    BIN / "gunicorn",
    "--workers",
    str(WORKERS),
    "--worker-class",
    "gunicorn_worker.BalancedWorker",
    "--threads",
    "4",
]


def database_on(server: str, name: str) -> str:
    """The address of a database of this name on a PostgreSQL server, made where there is none.

    `server` is the address of a database that is there, such as postgresql://user@host/postgres.
    """
    with psycopg.connect(server, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return urlsplit(server)._replace(path=f"/{name}").geturl()


class Site:
    """An instance of `plan` in a folder; on PostgreSQL when there is a `url`."""

    def __init__(self, folder: Path, plan: Plan, url: str = "") -> None:
        self.folder = folder
        self.plan = plan
        self.settings = {
            "REDOUBT_INSTANCE": str(folder),
            "REDOUBT_DATABASE_URL": url,
            "REDOUBT_WORKER": "off",
            "REDOUBT_SITE_URL": "",
            "REDOUBT_REDIS_URL": "",
            "REDOUBT_RATE_LIMITS": "off",
        }
        self.password = secrets.token_urlsafe(20)

    def prepare(self) -> None:
        """Fill it and index it, as far as that is not done, each in a process of its own."""
        self.folder.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, **self.settings}
        fill = [
            sys.executable,
            "-m",
            "bench.populate",
            "--posts",
            str(self.plan.posts),
            "--seed",
            str(self.plan.seed),
        ]
        subprocess.run(fill, cwd=ROOT, env=environment, check=True)
        with self.app.app_context():
            is_usable = self.app.extensions["search"].is_usable()
        if not is_usable:
            subprocess.run([BIN / "flask", "search", "rebuild"], cwd=ROOT, env=environment, check=True)
        with self.app.app_context():
            db.session.execute(
                update(User)
                .where(User.id.in_(ACTIVE_MEMBERS))
                .values(password_hash=hash_password(self.password))
            )
            db.session.commit()

    @cached_property
    def app(self) -> App:
        """The site in this process, for what is read or counted beside the servers."""
        return create_app(**self.settings)

    @cached_property
    def addresses(self) -> dict[str, str]:
        """Every kind of list and thread, by name."""
        first = RESERVED_IDS + 1
        with self.app.app_context():
            long, longest, plain = (db.session.get_one(Question, first + number) for number in range(3))
            second = answers(longest, Visitor()).next
            article = db.session.scalars(
                select(Article).where(Article.is_public).order_by(Article.id).limit(1)
            ).one()
            bulletin = db.session.scalar(select(Bulletin.reference).order_by(Bulletin.id).limit(1))
            return {
                "front page": "/",
                "question, 20 answers": plain.url,
                "question, hundreds of answers": long.url,
                "question, thousands of answers": longest.url,
                "its second page": f"{longest.url}?after={second}",
                "questions, newest": "/questions",
                "questions, most voted": "/questions?sort=votes",
                "questions, unanswered": "/questions?sort=unanswered",
                "largest tag": "/tags/tag-1",
                "largest tag, active": "/tags/tag-1?sort=active",
                "tags": "/tags",
                "people": "/users",
                "busiest member": "/users/member1",
                "their answers": "/users/member1?tab=answers",
                "articles": "/articles",
                "article": article.url,
                "bulletins": "/bulletins",
                "bulletin": f"/bulletins/{bulletin}",
                "unpatched": "/bulletins/unpatched",
                "fullest month": f"/calendar/{BUSY:%Y-%m}",
            }

    @contextmanager
    def served(self, *, embedded: bool = False) -> Iterator["Served"]:
        """Servers for it, as for production or as `python app.py`; they end with the block."""
        port = free_port()
        web = (
            [sys.executable, "app.py"]
            if embedded
            else [*GUNICORN, "--bind", f"127.0.0.1:{port}", "app:create_app()"]
        )
        settings = {**self.settings, "PORT": str(port), "REDOUBT_WORKER": "on" if embedded else "off"}
        programs = [Program(web, self.folder / "web.log", folder=ROOT, **settings)]
        if not embedded:
            programs.append(
                Program([BIN / "flask", "worker"], self.folder / "worker.log", folder=ROOT, **settings)
            )
        try:
            programs[0].wait_for(f"http://127.0.0.1:{port}/healthz")
            yield Served(self, port, programs)
        finally:
            for program in programs:
                program.stop()

    def forget_attempts(self) -> None:
        """Let members post again who have posted as much as they may."""
        with self.app.app_context():
            db.session.execute(delete(Attempt))
            db.session.commit()

    def database_size(self) -> int:
        """Bytes of the database."""
        with self.app.app_context():
            if db.engine.dialect.name == "postgresql":
                return db.session.scalar(text("SELECT pg_database_size(current_database())"))
        return (self.folder / "redoubt.db").stat().st_size

    def index_size(self) -> int:
        """Bytes of the search index."""
        with self.app.app_context():
            if db.engine.dialect.name == "postgresql":
                return int(
                    db.session.scalar(
                        text(
                            "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' "
                            "AND relnamespace = CAST(:schema AS regnamespace)"
                        ),
                        {"schema": SCHEMA},
                    )
                )
        return sum(path.stat().st_size for path in (self.folder / "index").rglob("*") if path.is_file())

    def statements(self, path: str, headers: dict[str, str] | None = None) -> int:
        """The number of SQL statements of a page at the second request."""
        client = self.app.test_client(use_cookies=False)
        client.get(path, headers=headers)
        with self.counting() as sent:
            client.get(path, headers=headers)
        return len(sent)

    @contextmanager
    def counting(self) -> Iterator[list[str]]:
        """The SQL statements that this process sends within the block."""
        sent: list[str] = []
        with self.app.app_context():
            engine = db.engine

        def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
            if not statement.startswith("BEGIN"):
                sent.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            yield sent
        finally:
            event.remove(engine, "before_cursor_execute", note)


class Served(ProgramGroup):
    """A site and the programs that serve it; `web` is the one that serves the pages."""

    def __init__(self, site: Site, port: int, programs: list[Program]) -> None:
        super().__init__(*programs)
        self.site = site
        self.port = port
        self.web = ProgramGroup(programs[0])

    def url(self, path: str) -> str:
        """Where a page is."""
        return f"http://127.0.0.1:{self.port}{path}"

    def member(self, number: int) -> Browser:
        """A browser in which one of ACTIVE_MEMBERS is logged in."""
        browser = Browser(self.port)
        browser.log_in(f"member{number}", self.site.password)
        return browser
