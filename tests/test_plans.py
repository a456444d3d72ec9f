"""No page reads a growing table from end to end: the plan of every query of every GET route.

The planner is given the statistics of a site with a million posts; the tables themselves stay small.
"""

import pytest
from sqlalchemy import event

from core.database.db import db
from tests.test_access import PARTS, ROUTES, address

ROWS = {
    "posts": 1_000_000,
    "questions": 300_000,
    "answers": 400_000,
    "comments": 290_000,
    "articles": 3_000,
    "users": 200_000,
    "votes": 3_000_000,
    "vote_changes": 3_100_000,
    "revisions": 1_500_000,
    "post_tags": 900_000,
    "tags": 30_000,
    "reputation_events": 4_000_000,
    "events": 6_000_000,
    "post_links": 200_000,
    "acceptances": 200_000,
    "flags": 50_000,
    "decisions": 60_000,
    "sessions": 300_000,
    "security_events": 5_000_000,
    "security_origins": 500_000,
    "outgoing_mail": 2_000_000,
    "attempts": 500_000,
    "suggested_edits": 90_000,
    "releases": 9_000,
    "product_names": 5_000,
    "lifecycle_phases": 18_000,
    "owned_products": 400_000,
}
SHARED = {"kind", "is_public", "status", "layer", "role", "value", "category", "vendor", "action", "is_void"}
WAITING = 500  # rows of a partial index: what still waits
RARE = {"/admin": "counts what there is, for administrators", "/settings/data.json": "all of one's own data"}
GETS = [
    rule for rule, method in ROUTES if method == "GET" and rule.endpoint != "static" and rule.rule not in RARE
]
SORTS = [
    {},
    {"sort": "votes"},
    {"sort": "active"},
    {"sort": "unanswered"},
    {"sort": "helpful"},
    {"after": "x"},
    {"since": "2026-11-01"},
    {"tab": "answers"},
    {"tab": "reputation"},
    {"answers": "newest"},
]


@pytest.fixture
def site(world, login):
    """(client of an administrator, world) on a database that believes itself large."""
    client = login(world.people["admin"])
    _believe()
    return client, world


def _believe():
    """Write what ANALYZE would have found: a few rows share an id or a moment, a fifth shares a kind."""
    connection = db.session.connection()
    connection.exec_driver_sql("ANALYZE")
    connection.exec_driver_sql("DELETE FROM sqlite_stat1")
    for table, rows in ROWS.items():
        for _, name, unique, _origin, partial in connection.exec_driver_sql(f"PRAGMA index_list({table})"):
            columns = [row[2] for row in connection.exec_driver_sql(f"PRAGMA index_info({name})")]
            left = min(rows, WAITING) if partial else rows
            numbers = [left]
            for column in columns:
                left = max(1, left // 5 if column in SHARED else min(left, 10))
                numbers.append(left)
            if unique:
                numbers[-1] = 1
            connection.exec_driver_sql(
                "INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", (table, name, " ".join(map(str, numbers)))
            )
    connection.exec_driver_sql("ANALYZE sqlite_schema")
    db.session.commit()
    db.engine.dispose()  # connections read the statistics when they open


def plans(statement, parameters):
    """The lines of SQLite's plan."""
    with db.engine.connect() as connection:
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]


def whole_reads(statement, parameters):
    """The growing tables that the statement reads to their end; LIMIT without sorting stops early."""
    plan = plans(statement, parameters)
    if "LIMIT" in statement and not any("TEMP B-TREE" in line for line in plan):
        return []
    return [
        f"{line} in {statement}"
        for line in plan
        if line.startswith("SCAN ") and line.split()[1] in ROWS and not line.endswith("_waiting")
    ]


@pytest.mark.parametrize("part", range(PARTS))
def test_no_page_reads_a_whole_table(app, site, part):
    client, world = site
    found, known = [], set()
    for rule in GETS[part::PARTS]:
        sent = statements_of(app, client, world, rule)
        for statement in sent.keys() - known:
            found += [f"{rule}: {line}" for line in whole_reads(statement, sent[statement])]
        known |= sent.keys()
    assert found == []


def statements_of(app, client, world, rule):
    """{statement: parameters} of the queries of a route, in all orders of its list."""
    sent = {}

    def note(connection, cursor, statement, parameters, context, many):
        if statement.startswith("SELECT"):
            sent[statement] = parameters

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        for query in SORTS if not rule.arguments or "username" in rule.arguments else SORTS[:1]:
            client.get(address(app, world, rule), query_string=query)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return sent
