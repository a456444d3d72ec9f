"""Fixtures of all tests: a site in a fresh folder, members, posts, clients, a clock that can be moved."""

import contextvars
import itertools
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlalchemy import event

from app import create_app
from auth import actions as auth_actions
from auth import reputation as ledger
from auth.passwords import passwords
from core.cache import response_cache
from core.database import schema
from core.database.db import db
from core.jobs import events
from core.markup.markup import render
from forum.models import Answer, Question
from kb import actions as kb_actions
from posts import actions as post_actions
from tests import postgres as own_postgres
from tests import world as worlds
from tests.schedule import Schedule
from tests.sites import Sites

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
PASSWORD = "correct horse battery staple 9"
BODY = "This is a body that is long enough to say something useful about patching servers."
REAL_HASHER = passwords._hasher
DEFAULT_DATABASE = os.environ.get("REDOUBT_TEST_DATABASE", "sqlite")
# No test depends on how fast the machine is, nor on what else runs on it.
hypothesis_settings.register_profile(
    "any speed",
    suppress_health_check=[HealthCheck.too_slow],
    deadline=None,
    derandomize="HYPOTHESIS_EXPLORE" not in os.environ,  # a change is judged by the same examples each time
)
hypothesis_settings.load_profile("any speed")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Used when tests run in several processes (`-n`)."""
    return Schedule(config, log)


def pytest_make_parametrize_id(config, val, argname):
    """Bytes name no test: archives hold the time when they are made, and processes must agree on names."""
    return argname if isinstance(val, bytes) else None


def pytest_generate_tests(metafunc):
    """A test marked `every_database` runs on SQLite and PostgreSQL, there perhaps among the long ones."""
    marked = metafunc.definition.get_closest_marker("every_database")
    if marked and "database" in metafunc.fixturenames:
        marks = [pytest.mark.postgres] + [pytest.mark.long] * marked.kwargs.get("long", False)
        metafunc.parametrize("database", ["sqlite", pytest.param("postgresql", marks=marks)], indirect=True)


def pytest_collection_modifyitems(items):
    """Tests on real data are long; they and those on PostgreSQL are skipped, by name, where these are not."""
    no_data = pytest.mark.skip(reason="real data not present at ../shared/data")
    no_server = pytest.mark.skip(reason="no PostgreSQL server programs on this machine")
    may_skip = os.environ.get("REDOUBT_TEST_REQUIRE_POSTGRES") != "1" and own_postgres.programs() is None
    for item in items:
        if item.get_closest_marker("realdata"):
            item.add_marker(pytest.mark.long)
            if not DATA.exists():
                item.add_marker(no_data)
        if item.get_closest_marker("postgres") and may_skip:
            item.add_marker(no_server)


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords():
    """Hashes that cost nothing; tests/auth/test_accounts.py looks at the parameters of the real ones."""
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    passwords._unknown_account_hash = passwords.hash_password("no account has this password")


@pytest.fixture(scope="session")
def empty_database():
    """A SQLite file at the current schema, made once by the real migrations and then copied."""
    folder = Path(tempfile.mkdtemp(prefix="redoubt-schema-"))
    app = create_app(REDOUBT_INSTANCE=folder, REDOUBT_WORKER="off", REDOUBT_DATABASE_URL="")
    with app.app_context():
        schema.ensure()
        db.session.remove()
        db.engine.dispose()  # the last connection to close empties the write-ahead log
    yield folder / "redoubt.db"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server of this test process's own."""
    cluster = own_postgres.Cluster()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def migrated_postgres(postgres):
    """The name of a database there, at the current schema; emptied before each use."""
    url = postgres.create("redoubt")
    app = create_app(
        REDOUBT_INSTANCE=postgres.folder / "instance", REDOUBT_WORKER="off", REDOUBT_DATABASE_URL=url
    )
    with app.app_context():
        schema.ensure()
        db.session.remove()
        db.engine.dispose()
    return "redoubt"


@pytest.fixture
def database(request):
    """Settings that name an empty, migrated database, on SQLite unless the test or the environment
    says PostgreSQL."""
    if getattr(request, "param", DEFAULT_DATABASE) == "sqlite":
        return {"REDOUBT_DATABASE_URL": ""}
    cluster = request.getfixturevalue("postgres")
    name = request.getfixturevalue("migrated_postgres")
    cluster.empty(name)
    return {"REDOUBT_DATABASE_URL": cluster.url(name)}


@pytest.fixture
def settings():
    """Settings of the site under test; a test module overrides this fixture to change them."""
    return {}


@pytest.fixture(scope="session")
def sites():
    """The sites of this process; each is built once and emptied for every test that uses it."""
    made = Sites()
    yield made
    made.remove()


@pytest.fixture
def app(sites, database, settings, empty_database):
    """A site with an empty, migrated database; inside its application context."""
    app = sites.empty(
        {
            "REDOUBT_WORKER": "off",
            "REDOUBT_RATE_LIMITS": "off",
            "REDOUBT_LIST_SECONDS": "0",
            "REDOUBT_PRIVILEGE_SCALE": "1",
            **database,
            **settings,
        }
    )
    if not app.config["REDOUBT_DATABASE_URL"]:
        shutil.copy(empty_database, app.config["REDOUBT_INSTANCE"] / "redoubt.db")
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


_numbers = itertools.count(1)


@pytest.fixture
def make_user(app):
    """make_user(name=None, role="member", reputation=None, confirmed=True) → User, committed."""

    def make(name=None, *, role="member", reputation=None, confirmed=True):
        name = name or f"member{next(_numbers)}"
        user = auth_actions.make_user(name, email=f"{name}@example.org", role=role, confirmed=confirmed)
        db.session.flush()
        if reputation:
            give(user, reputation)
        db.session.commit()
        return user

    return make


def give(user, points):
    """Let the ledger say that `user` has earned `points` in all (verify() will name the row)."""
    ledger.award(
        user.id, "question_promoted_in_test", cause=f"test:{user.id}", points=points - user.reputation
    )


@pytest.fixture
def member(make_user):
    """A confirmed member who may vote, comment and make tags (reputation 300)."""
    return make_user("alice", reputation=300)


@pytest.fixture
def other(make_user):
    """Another such member."""
    return make_user("bob", reputation=300)


@pytest.fixture
def moderator(make_user):
    """A moderator."""
    return make_user("moira", role="moderator")


@pytest.fixture
def admin(make_user):
    """An administrator."""
    return make_user("adam", role="administrator")


@pytest.fixture
def world(app, sites, make_user, drain):
    """The small world of tests/world.py, its index written; on SQLite made once for a site, then copied."""
    if kept := sites.worlds.get(app):
        return kept.again()
    made = worlds.build(make_user)
    drain()
    if not app.config["REDOUBT_DATABASE_URL"]:
        sites.worlds[app] = worlds.Kept(made, app.config["REDOUBT_INSTANCE"], sites.folder())
        made = sites.worlds[app].again()
    return made


@pytest.fixture
def client(app):
    """A visitor's browser."""
    return app.test_client()


@pytest.fixture
def login(app):
    """login(user) → a client whose cookies belong to a new session of that user."""

    def enter(user):
        client = app.test_client()
        token = auth_actions.open_session(user, user_agent="test")
        db.session.commit()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
            cookie["_fresh"] = True
        return client

    return enter


@pytest.fixture
def api(app):
    """api(user=None, scope="write") → call(method, path below /api/v1, json=None), with a new token."""

    def program(user=None, *, scope="write"):
        token = user and auth_actions.make_token(user, "test", scope)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return lambda method, path, json=None: app.test_client().open(
            f"/api/v1{path}", method=method, json=json, headers=headers
        )

    return program


@pytest.fixture
def make_question(app, member):
    """make_question(title=None, body=BODY, by=member, tags=("patching",)) → Question, committed.

    Whoever asks, the tags are made.
    """

    def make(title=None, body=BODY, *, by=None, tags=("patching",)):
        title = title or f"How do I patch server number {next(_numbers)}?"
        question = post_actions.create(
            Question(title=title, author_id=(by or member).id), render(body), tags=tags
        )
        db.session.commit()
        return question

    return make


@pytest.fixture
def make_answer(app, other):
    """make_answer(question, body=BODY, by=other) → Answer, committed; also of a text that was there."""

    def make(question, body=BODY, *, by=None):
        answer = post_actions.create(Answer(parent_id=question.id, author_id=(by or other).id), render(body))
        db.session.commit()
        return answer

    return make


@pytest.fixture
def make_article(app, moderator):
    """make_article(title=None, body=BODY, layer="host", publish=True, tags=()) → Article, committed."""

    def make(title=None, body=BODY, *, layer="host", publish=True, tags=(), by=None):
        article = kb_actions.write(
            title or f"Harden host number {next(_numbers)}",
            render(body),
            layer=layer,
            tags=tags,
            by=by or moderator,
        )
        if publish:
            kb_actions.publish(article, by=moderator)
        db.session.commit()
        return article

    return make


@pytest.fixture
def drain(app):
    """drain() delivers every event that is due, as the worker would, in a context of its own."""

    def deliver():
        with app.app_context():
            return events.drain()

    def run():
        db.session.commit()
        try:
            return contextvars.Context().run(deliver)
        finally:
            db.session.expire_all()

    return run


@pytest.fixture
def count_queries(app):
    """`with count_queries() as statements:` collects the SQL sent meanwhile, of pages made anew."""

    @contextmanager
    def counting(*, kept=False):
        statements: list[str] = []
        if not kept:
            response_cache.clear()

        def note(conn, cursor, statement, *rest):
            statements.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            event.remove(db.engine, "before_cursor_execute", note)

    return counting
