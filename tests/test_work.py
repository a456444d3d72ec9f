"""A page does the same work on a large site: giant threads, tags, members and months, on both databases.

SQLite counts the steps of its machine; PostgreSQL says in its plans what it read.
"""

from pathlib import Path

import pytest
from flask import g
from sqlalchemy import event, func, select

from app import create_app
from auth import actions as accounts
from auth.models import User
from bench.plan import Plan
from bench.populate import fill
from bulletins.models import Bulletin
from bulletins.vulnerability_models import Vulnerability
from core.cache import response_cache
from core.database import schema
from core.database.db import db
from posts.models import Post, Tag
from tests.test_access import ROUTES
from tests.test_plans import RARE, ROWS

POSTS, GROWN = 16_000, 3_000
STEPS, EVERY = 60_000, 100
QUERIES = 24
MORE_QUERIES = {"/bulletins/<reference>": 32}  # documents of issuers, verdicts, panels; many of one row
MANY = {
    "/calendar/<month>": 300_000,
    "/api/v1/calendar/<month>": 300_000,  # 500 bulletins of a month
    "/sitemap/<int:number>.xml": 400_000,
}  # 10,000 ids
SORTS = [
    {},
    {"sort": "votes"},
    {"sort": "active"},
    {"sort": "unanswered"},
    {"answers": "newest"},
    {"answers": "oldest"},
    {"tab": "answers"},
    {"tab": "reputation"},
]
pytestmark = pytest.mark.long


class Large:
    """A site of POSTS posts with three readers: a visitor, the member who wrote most, an administrator."""

    def __init__(self, folder: Path, url: str):
        self.app = create_app(
            REDOUBT_INSTANCE=folder, REDOUBT_WORKER="off", REDOUBT_RATE_LIMITS="off", REDOUBT_DATABASE_URL=url
        )
        with self.app.app_context():
            schema.ensure()
            fill(Plan(POSTS))
            self.is_sqlite = db.engine.dialect.name == "sqlite"
            self.values = self._largest()
            admin = db.session.scalar(select(User).where(User.role == "administrator"))
            busiest = db.session.scalar(select(User).where(User.username == self.values["username"]))
            self.sessions = {
                "visitor": None,
                **{
                    name: accounts.open_session(user)
                    for name, user in (("busiest", busiest), ("admin", admin))
                },
            }
            db.session.commit()

    def _largest(self) -> dict:
        """What the arguments of the routes are: of each thing the one with most in it."""
        thread, slug = db.session.execute(
            select(Post.id, Post.slug)
            .where(Post.kind == "question", Post.is_public)
            .order_by(Post.answer_count.desc())
            .limit(1)
        ).one()
        author = db.session.scalar(
            select(Post.author_id)
            .where(Post.is_public)
            .group_by(Post.author_id)
            .order_by(func.count().desc())
            .limit(1)
        )
        month = db.session.scalar(
            select(Bulletin.release_month)
            .where(Bulletin.is_public)
            .group_by(Bulletin.release_month)
            .order_by(func.count().desc())
            .limit(1)
        )
        article = db.session.scalar(select(Post.id).where(Post.kind == "article", Post.is_public).limit(1))
        answer = db.session.scalar(
            select(Post.id).where(Post.parent_id == thread, Post.kind == "answer", Post.is_public).limit(1)
        )
        return {
            "question_id": thread,
            "post_id": thread,
            "slug": slug,
            "article_id": article,
            "answer_id": answer,
            "number": 1,
            "layer": "host",
            "month": month,
            "username": db.session.get(User, author).username,
            "name": db.session.scalar(select(Tag.name).order_by(Tag.post_count.desc()).limit(1)),
            "vulnerability": db.session.scalar(select(Vulnerability.cve).limit(1)),
            "reference": db.session.scalar(
                select(Bulletin.reference).where(Bulletin.is_public, Bulletin.release_month == month).limit(1)
            ),
        }

    def path(self, rule) -> str | None:
        """The address of a rule; None when the made-up community has nothing of the kind."""
        if not rule.arguments <= self.values.keys():
            return None
        with self.app.test_request_context():
            return rule.build(self.values, append_unknown=False)[1]

    def client(self, reader: str):
        """The browser of one of the readers."""
        client = self.app.test_client()
        if token := self.sessions[reader]:
            with client.session_transaction() as cookie:
                cookie["_user_id"], cookie["_fresh"] = token, True
        return client


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def large(request, tmp_path_factory):
    url = request.getfixturevalue("postgres").create("large") if request.param == "postgresql" else ""
    made = Large(tmp_path_factory.mktemp("large"), url)
    yield made
    with made.app.app_context():
        db.engine.dispose()


def measured(large, path, reader):
    """[(work, statement)] of the queries of one page: machine steps, or big tables read from end to end."""
    done, statements = [0], []

    def count():
        done[0] += EVERY
        return 0

    def note(connection, cursor, statement, parameters, context, many):
        if statement.startswith("SELECT"):
            statements.append((statement, parameters))
            if large.is_sqlite:
                cursor.connection.set_progress_handler(count, EVERY)

    client = large.client(reader)
    with large.app.app_context():
        response_cache.clear()
        event.listen(db.engine, "before_cursor_execute", note)
        try:
            for query in SORTS if path.count("/") < 4 and "." not in path else SORTS[:1]:
                done[0], statements[:] = 0, []
                status = client.get(path, query_string=query).status_code
                yield query, status, done[0], list(statements)
                db.session.remove()
                g.pop("_login_user", None)  # every request of a site begins with a context of its own
        finally:
            event.remove(db.engine, "before_cursor_execute", note)


def whole_reads(statement, parameters):
    """The growing tables that PostgreSQL would read from end to end for a statement."""
    with db.engine.connect() as connection:
        ((plan,),) = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
    found, nodes = [], [plan[0]["Plan"]]
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", [])
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in ROWS and _rows(node) > GROWN:
            found.append(node["Relation Name"])
    return found


def _rows(node) -> int:
    with db.engine.connect() as connection:
        return connection.exec_driver_sql(
            "SELECT reltuples::bigint FROM pg_class WHERE relname = %s", (node["Relation Name"],)
        ).scalar()


GETS = [
    rule for rule, method in ROUTES if method == "GET" and rule.endpoint != "static" and rule.rule not in RARE
]


@pytest.mark.parametrize("rule", GETS, ids=lambda rule: rule.rule)
def test_the_work_of_a_page_is_bounded(large, rule):
    path = large.path(rule)
    if path is None:
        pytest.skip("the made-up community has nothing of the kind")
    for reader in large.sessions:
        for query, status, steps, statements in measured(large, path, reader):
            assert status < 500
            assert len(statements) <= MORE_QUERIES.get(rule.rule, QUERIES), (reader, query, len(statements))
            if large.is_sqlite:
                assert steps <= MANY.get(rule.rule, STEPS), (reader, query, steps)
            else:
                found = {
                    table: statement
                    for statement, parameters in statements
                    for table in whole_reads(statement, parameters)
                }
                assert not found, (reader, query, found)
