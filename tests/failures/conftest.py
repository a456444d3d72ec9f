"""A community and its backup, empty places to restore into, and small disks."""

import itertools
import shutil
import subprocess

import pytest

from app import create_app
from core.database.db import db
from core.jobs import events
from posts import voting
from posts.models import Post
from tests import world as worlds
from tests.failures.community import Community
from tests.failures.sites import leave, run

_numbers = itertools.count(1)


@pytest.fixture
def settings():
    """Members may do everything without points that no record explains."""
    return {"REDOUBT_PRIVILEGE_SCALE": "0"}


@pytest.fixture
def empty_place(database, request, tmp_path_factory):
    """empty_place() → settings of an instance and a database in which nothing is, of the kind under test."""

    def make() -> dict:
        url = ""
        if database["REDOUBT_DATABASE_URL"]:
            url = request.getfixturevalue("postgres").create(f"place{next(_numbers)}")
        return {
            "REDOUBT_INSTANCE": tmp_path_factory.mktemp("place"),
            "REDOUBT_WORKER": "off",
            "REDOUBT_RATE_LIMITS": "off",
            "REDOUBT_DATABASE_URL": url,
        }

    return make


@pytest.fixture
def community(app, make_user):
    """One of everything, with a vote and an upload."""
    world = worlds.build(
        lambda name, role="member", reputation=0, confirmed=True: make_user(
            name, role=role, confirmed=confirmed
        )
    )
    voting.vote(db.session.get(Post, world.public["answer_id"]), world.people["admin"], 1)
    db.session.commit()
    events.drain()
    upload = app.config["REDOUBT_INSTANCE"] / "uploads" / "a" / "picture.png"
    upload.parent.mkdir(parents=True)
    upload.write_bytes(b"\x89PNG and more")
    return world


@pytest.fixture
def archive(app, community, tmp_path):
    """A backup of that community."""
    (app.config["REDOUBT_INSTANCE"] / "secret_key").write_text("k" * 64)
    file = tmp_path / "backup.zip"
    answer = run(app, "backup", file)
    assert answer.exit_code == 0, answer.output
    return file


@pytest.fixture
def place(empty_place):
    """An empty site; its database has no tables yet."""
    site = create_app(**empty_place())
    yield site
    leave(site)


@pytest.fixture
def processes(tmp_path):
    """processes(alone=False, **settings) → a running Community, ended with the test."""
    running = []

    def start(*, alone=False, **settings) -> Community:
        settings = {"REDOUBT_INSTANCE": tmp_path / "instance", **settings}
        running.append(Community(tmp_path, alone=alone, **settings))
        return running[-1]

    yield start
    for community in running:
        community.stop()


@pytest.fixture
def small_disk(tmp_path):
    """small_disk(megabytes) → a folder on a disk of that size; skips where we may not mount one."""
    mounted = []

    def make(megabytes: int):
        folder = tmp_path / f"disk{len(mounted)}"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder]
        if not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
            pytest.skip("no right to mount a small disk")
        mounted.append(folder)
        return folder

    yield make
    for folder in mounted:
        subprocess.run(["umount", "--lazy", folder], check=True)
