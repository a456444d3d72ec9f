"""Imports in a process of their own, killed at a commit, and what they leave in the database."""

import sqlite3
import subprocess
import sys
from pathlib import Path

from search.engines.whoosh.engine import Engine
from tests.test_architecture import ROOT

DRIVER = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.orm import Session
from app import create_app
from core.database import schema
from forum import cli as forum_cli
from forum.stackexchange import import_dump
from kb import cli as kb_cli

noun, folder, instance, hook, last = sys.argv[1:]
import_dump.BATCH_SIZE = 40
app, commits = create_app(REDOUBT_INSTANCE=Path(instance), REDOUBT_WORKER="off"), 0

def count(session):
    global commits
    commits += 1
    if commits == int(last):
        os.kill(os.getpid(), signal.SIGKILL)

with app.app_context():
    schema.ensure()
    event.listen(Session, hook, count)
    command = {"stackexchange": forum_cli.import_stackexchange, "articles": kb_cli.import_articles}[noun]
    command.main([folder], standalone_mode=False)
print(commits)
"""
TABLES = {
    "users": "external_id, username, display_name, reputation, imported_reputation, imported_badges",
    "posts": "external_id, kind, parent_id, is_public, status, title, author_id, score, answer_count, "
    "comment_count, accepted, revision_count, body, body_html, id",
    "questions": "id, accepted_answer_id, close_reason, duplicate_of_id",
    "articles": "id, layer, import_digest, import_state",
    "revisions": "post_id, number, author_id, title, body, tags",
    "tags": "name, excerpt, post_count",
    "post_tags": "post_id, tag_id, is_public, score, answer_count",
    "post_links": "source_id, target_id, kind",
    "reputation_events": "user_id, kind, points, cause",
}
WRONG = {
    "answer_count": "SELECT p.id FROM posts p WHERE answer_count <> "
    "(SELECT count(*) FROM posts c WHERE c.parent_id = p.id AND c.kind = 'answer')",
    "comment_count": "SELECT p.id FROM posts p WHERE comment_count <> "
    "(SELECT count(*) FROM posts c WHERE c.parent_id = p.id AND c.kind = 'comment')",
    "answer_count beside the tag": "SELECT 1 FROM post_tags t JOIN posts p ON p.id = t.post_id "
    "WHERE t.answer_count <> p.answer_count OR t.score <> p.score",
    "post_count": "SELECT name FROM tags t WHERE post_count <> "
    "(SELECT count(*) FROM post_tags p WHERE p.tag_id = t.id AND p.is_public)",
    "accepted": "SELECT a.id FROM posts a JOIN questions q ON q.id = a.parent_id "
    "WHERE a.accepted <> (coalesce(q.accepted_answer_id, 0) = a.id)",
    "reputation": "SELECT id FROM users u WHERE reputation <> "
    "(SELECT sum(points) FROM reputation_events e WHERE e.user_id = u.id)",
    "revisions": "SELECT id FROM posts p WHERE is_public AND revision_count <> "
    "(SELECT count(*) FROM revisions r WHERE r.post_id = p.id)",
    "unfinished but public": "SELECT p.id FROM posts p JOIN articles a ON a.id = p.id "
    "WHERE p.is_public AND a.import_digest IS NULL",
}


def run(noun: str, folder: Path, instance: Path, *, hook: str = "after_commit", killed_at: int = 0) -> str:
    """Run an import until it ends or is killed at its n-th commit; returns its standard output."""
    instance.mkdir(exist_ok=True)
    process = subprocess.run(
        [sys.executable, "-c", DRIVER, noun, str(folder), str(instance), hook, str(killed_at)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert process.returncode == (-9 if killed_at else 0), process.stderr[-2000:]
    return process.stdout


def content(instance: Path) -> dict[str, list]:
    """Everything that an import brings, without the times at which it did."""
    with sqlite3.connect(instance / "redoubt.db") as database:
        return {
            table: sorted(database.execute(f"SELECT {columns} FROM {table}").fetchall(), key=repr)
            for table, columns in TABLES.items()
        }


def faults(instance: Path) -> dict[str, list]:
    """Counters and flags that do not say what the rows say."""
    with sqlite3.connect(instance / "redoubt.db") as database:
        found = {name: database.execute(query).fetchall() for name, query in WRONG.items()}
    return {name: rows for name, rows in found.items() if rows}


def indexed(instance: Path) -> int:
    """How many documents search knows."""
    return len(Engine(instance / "index").snapshot().keys())
