"""A backup while people write, and a disk that fills up in the middle."""

import os
import threading

import pytest
from sqlalchemy import select

from app import create_app
from bench.programs import Program
from core.backup import backup
from core.database.db import db
from posts.models import Post
from tests.failures.community import MARKER
from tests.failures.processes import FLASK
from tests.failures.sites import leave, run

pytestmark = pytest.mark.long


@pytest.mark.every_database
def test_what_was_acknowledged_before_a_backup_is_in_it(processes, empty_place, tmp_path):
    site, file = processes(**empty_place()), tmp_path / "backup.zip"
    asking = threading.Thread(target=lambda: site.ask_many(120), daemon=True)
    site.ask_many(20)
    asking.start()
    site.ask_many(10)
    before = list(site.acknowledged)
    command = Program([FLASK, "backup", file], tmp_path / "backup.log", **site.settings)
    assert command.process.wait(60) == 0, command.output()
    asking.join(60)
    assert len(site.acknowledged) == 150 > len(before) >= 30

    place = create_app(**empty_place())
    restored = run(place, "restore", file)
    assert restored.exit_code == 0, restored.output
    with place.app_context():
        titles = db.session.scalars(select(Post.title).where(Post.kind == "question"))
        asked = [MARKER.search(title)[0] for title in titles]
    leave(place)
    assert len(asked) == len(set(asked)) and set(before) <= set(asked) <= set(site.acknowledged)


@pytest.fixture
def no_check(monkeypatch):
    """As if the disk had filled up after the first look at it."""
    monkeypatch.setattr(backup, "_require_space", lambda folder, needed: None)


@pytest.fixture
def large(app, community):
    """An upload that no packing makes smaller."""
    (app.config["REDOUBT_INSTANCE"] / "uploads" / "large").write_bytes(os.urandom(3_000_000))


def test_a_backup_that_finds_no_space_leaves_no_file(app, large, small_disk, no_check):
    disk = small_disk(1)
    answer = run(app, "backup", disk / "backup.zip")
    assert answer.exit_code == 1 and "No backup was made." in answer.output
    assert "full" in answer.output or "No space" in answer.output
    assert list(disk.iterdir()) == []


@pytest.mark.parametrize("megabytes", [1, 2, 4])
def test_a_restore_that_finds_no_space_leaves_an_empty_place(large, archive, small_disk, no_check, megabytes):
    """While the tables are made, while rows are loaded, while uploads are unpacked."""
    disk = small_disk(megabytes)
    place = create_app(REDOUBT_INSTANCE=disk / "place", REDOUBT_WORKER="off", REDOUBT_DATABASE_URL="")
    answer = run(place, "restore", archive)
    assert answer.exit_code == 1 and "Nothing was restored." in answer.output
    assert "full" in answer.output or "No space" in answer.output
    left = {path.name: path.stat().st_size for path in (disk / "place").iterdir()}
    leave(place)
    assert left.keys() == {"secret_key", "redoubt.db"} and left["redoubt.db"] == 0
    (disk / "place" / "redoubt.db").unlink()
