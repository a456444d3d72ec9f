"""The migrations make the schema of the models, up and down, on both databases, and lose no row."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, inspect, select

from auth import reputation
from core.database import schema
from core.database.db import db
from posts import voting
from posts.models import Post
from tests import world as worlds

pytestmark = pytest.mark.every_database
SCRIPTS = ScriptDirectory(str(schema.MIGRATIONS))
FIRST, NEWEST = "0001", SCRIPTS.get_current_head()
RELEASED = "0300"  # what came before was never served by an older code
LATER = [script for script in reversed(list(SCRIPTS.walk_revisions())) if script.revision > RELEASED]


@pytest.fixture
def migrate(app, request):
    """migrate(revision) brings the database there; the test ends at the newest again."""

    def go(revision: str) -> None:
        db.session.remove()
        tools = schema.flask_migrate()
        step = tools.upgrade if _place(revision) > _place(schema.current_revision()) else tools.downgrade
        step(revision=revision)
        db.session.remove()

    yield go
    db.session.remove()
    schema.migrate_to(NEWEST)


def _place(revision: str | None) -> int:
    return -1 if revision in ("base", None) else schema.REVISIONS.index(revision)


def differences() -> list:
    """What Alembic would change to make the database what the models say."""
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return compare_metadata(context, db.metadata)


def counts() -> dict[str, int]:
    """Rows by table, of the tables that both the models and the database have."""
    there = set(inspect(db.engine).get_table_names())
    return {
        table.name: db.session.scalar(select(func.count()).select_from(table))
        for table in db.metadata.sorted_tables
        if table.name in there
    }


def test_there_is_one_line_of_migrations_in_the_order_of_their_files():
    assert len(SCRIPTS.get_heads()) == 1
    assert [script.revision for script in SCRIPTS.walk_revisions()][::-1] == schema.REVISIONS


def test_migrations_make_what_the_models_say(app):
    assert differences() == []


def test_down_to_nothing_and_up_again(migrate):
    migrate("base")
    assert set(inspect(db.engine).get_table_names()) == {"alembic_version"}
    migrate(NEWEST)
    assert differences() == []


def test_a_populated_database_keeps_every_row(make_user, migrate):
    """Down to the first schema and up again: what that schema can hold is still there."""
    world = worlds.build(make_user)
    answer = db.session.get(Post, world.public["answer_id"])
    voting.vote(answer, world.people["admin"], 1)
    db.session.commit()
    before = counts()
    migrate(FIRST)
    oldest = counts()
    assert oldest["votes"] == 1 and oldest["post_tags"] > 5 and oldest["revisions"] > 5
    assert oldest == {name: before[name] for name in oldest}
    migrate(NEWEST)
    assert {name: rows for name, rows in counts().items() if name in oldest} == oldest
    assert [fault for fault in reputation.verify() if not fault.startswith("test:")] == []


def test_a_migration_that_breaks_a_reference_changes_nothing(app, migrate):
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL checks every statement itself")
    migrate("0030")
    with db.engine.connect() as connection:
        raw = connection.connection.driver_connection
        raw.execute("PRAGMA foreign_keys=OFF")
        raw.execute("INSERT INTO post_tags VALUES (99, 99, 'question', 1, '2026-01-01', '2026-01-01', 0, 0)")
        raw.execute("PRAGMA foreign_keys=ON")
    with pytest.raises(SystemExit):
        migrate(NEWEST)
    assert schema.current_revision() == "0030"
    assert db.session.scalar(db.text("PRAGMA foreign_keys")) == 1
    db.session.execute(db.text("DELETE FROM post_tags"))
    db.session.commit()


def test_an_index_that_was_made_beforehand_is_found(migrate):
    """On a large table it is made by hand, while people write (docs/operations.md)."""
    migrate("0430")
    with db.engine.begin() as connection:
        connection.execute(db.text("CREATE INDEX ix_posts_author_new ON posts (author_id, created_at, id)"))
    migrate(NEWEST)
    assert differences() == []


def tables() -> dict[str, dict]:
    """What each table asks of who writes to it: columns with type and whether they may be left out, keys."""
    inspector = inspect(db.engine)
    return {
        table: {
            "columns": {
                column["name"]: (
                    str(column["type"]),
                    column["nullable"],
                    column["nullable"] or column["default"] is not None,
                )
                for column in inspector.get_columns(table)
            },
            "unique": {tuple(key["column_names"]) for key in inspector.get_unique_constraints(table)},
        }
        for table in inspector.get_table_names()
    }


def test_the_code_of_the_release_before_can_go_on(migrate, subtests):
    """Expand first: nothing that it uses goes, and nothing is asked of it that it does not know.

    A migration that takes away what no release uses any more says so: CONTRACTS = "since which release".
    """
    migrate(LATER[0].down_revision)
    after = tables()
    for script in LATER:
        before = after
        migrate(script.revision)
        after = tables()
        with subtests.test(script.revision):
            assert getattr(script.module, "CONTRACTS", None) or refused(before, after) == []


def refused(before: dict[str, dict], after: dict[str, dict]) -> list[str]:
    """What code that knows the tables `before` misses in `after`, or is refused there."""
    found = [f"{table} goes" for table in before.keys() - after.keys()]
    for table in before.keys() & after.keys():
        had = before[table]["columns"]
        has = after[table]["columns"]
        for column, (kind, may_be_empty, _may_be_left_out) in had.items():
            if has.get(column, (None,))[0] != kind:
                found.append(f"{table}.{column} goes or changes")
            elif may_be_empty and not has[column][1]:
                found.append(f"{table}.{column} may no more be empty")
        found += [
            f"{table}.{name} is new, without default" for name in has.keys() - had.keys() if not has[name][2]
        ]
        found += [f"{table} refuses what it took before"] * (
            not after[table]["unique"] <= before[table]["unique"]
        )
    return found


def test_what_older_code_would_miss_is_found():
    column = {"id": ("INTEGER", False, False), "title": ("TEXT", True, True)}
    before = {"posts": {"columns": column, "unique": set()}, "gone": {"columns": {}, "unique": set()}}
    after = {
        "posts": {
            "columns": {
                "id": ("TEXT", False, False),
                "title": ("TEXT", False, True),
                "new": ("TEXT", False, False),
            },
            "unique": {("title",)},
        }
    }
    assert refused(before, before) == []
    assert len(refused(before, after)) == 5


def test_the_planner_knows_a_new_index_at_once(app, make_question, migrate):
    make_question("Which index does the planner know after an upgrade?")
    db.session.commit()
    migrate("0430")
    schema.ensure()
    if db.engine.dialect.name == "sqlite":
        known = "SELECT idx FROM sqlite_stat1 WHERE tbl = 'posts'"
        assert "ix_posts_parent_best" in db.session.scalars(db.text(known)).all()
    else:
        pages = "SELECT reltuples FROM pg_class WHERE relname = 'ix_posts_parent_best'"
        assert db.session.scalar(db.text(pages)) >= 1
