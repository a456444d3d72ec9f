"""The schema changes while the code before it serves, and both codes serve side by side; on PostgreSQL."""

import io
import json
import shutil
import subprocess
import tarfile
import threading
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from bench.programs import Program, answers, free_port
from core.database import schema
from tests.conftest import BODY
from tests.failures.processes import FLASK, WEB, wait_until
from tests.test_architecture import ROOT

pytestmark = [pytest.mark.long, pytest.mark.postgres]
SCRIPTS = ScriptDirectory(str(schema.MIGRATIONS))


def _git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True).stdout


@pytest.fixture
def old_code(tmp_path) -> Path:
    """The tree as it was before the newest migration came into it."""
    newest = Path(SCRIPTS.get_revision(SCRIPTS.get_current_head()).path).relative_to(ROOT)
    try:
        since = _git("log", "--no-renames", "--diff-filter=A", "--format=%H", "-1", "--", str(newest))
        packed = _git("archive", f"{since.decode().strip()}^" if since else "HEAD")
    except (subprocess.CalledProcessError, OSError):
        pytest.skip("no history here: the code before the newest migration is not known")
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(tmp_path / "old", filter="data")
    return tmp_path / "old"


class Writer(threading.Thread):
    """Asks a question and reads the list, again and again, at one of `addresses` after the other."""

    def __init__(self, token: str, addresses: list[str]):
        super().__init__(daemon=True)
        self.token, self.addresses, self.stopping = token, addresses, threading.Event()
        self.known, self.statuses = {}, Counter()

    def run(self):
        while not self.stopping.wait(0.1):
            number = self.statuses.total()
            address = self.addresses[number // 2 % len(self.addresses)]
            title = f"Question number {number} of those asked during the upgrade"
            self.ask(f"{address}/api/v1/questions", {"title": title, "body": BODY, "tags": ["upgrades"]})
            self.ask(f"{address}/questions")

    def ask(self, url, body=None):
        request = urllib.request.Request(url)
        if body:
            request.data = json.dumps(body).encode()
            request.headers = {"Content-type": "application/json", "Authorization": f"Bearer {self.token}"}
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                self.statuses[answer.status] += 1
                if body:
                    self.known[json.loads(answer.read())["id"]] = body["title"]
        except urllib.error.HTTPError as error:
            self.statuses[error.code] += 1
        except OSError as error:
            self.statuses[repr(error)] += 1

    def more(self, count: int) -> None:
        """Return when it has asked so many more times."""
        least = self.statuses.total() + count
        wait_until(lambda: self.statuses.total() >= least, "it goes on asking")


@pytest.fixture
def started(tmp_path):
    """Programs that end with the test."""
    programs = []
    yield programs
    for program in programs:
        program.kill()
    shutil.rmtree(tmp_path, ignore_errors=True)


def test_no_request_fails_while_the_schema_changes_under_the_old_code(postgres, old_code, started, tmp_path):
    settings = {
        "REDOUBT_DATABASE_URL": postgres.create("upgraded"),
        "REDOUBT_RATE_LIMITS": "off",
        "REDOUBT_INSTANCE": tmp_path / "instance",
        "REDOUBT_PRIVILEGE_SCALE": "0",
    }

    def flask(*words, folder=ROOT):
        log = tmp_path / f"flask{len(list(tmp_path.iterdir()))}.log"
        program = Program([FLASK, *words], log, folder=folder, **settings)
        if program.process.wait(60):
            pytest.fail(program.output()[-1500:], pytrace=False)
        return program.output()

    def serve(folder):
        address = f"127.0.0.1:{free_port()}"
        started.append(
            Program([*WEB, "--bind", address], tmp_path / f"web{len(started)}.log", folder=folder, **settings)
        )
        wait_until(lambda: answers(f"http://{address}/readyz"), "the site answers")
        return f"http://{address}"

    flask("user", "create", "writer", "--email", "writer@example.org", folder=old_code)
    token = flask("token", "create", "writer", "--scope", "write", folder=old_code).split()[-1]
    before = postgres.execute("SELECT version_num FROM alembic_version", "upgraded")[0][0]
    assert before != SCRIPTS.get_current_head()
    writer = Writer(token, [serve(old_code)])
    writer.start()
    writer.more(10)
    flask("db", "upgrade")
    writer.more(10)
    writer.addresses.append(serve(ROOT))
    writer.more(30)
    writer.stopping.set()
    writer.join()

    assert postgres.execute("SELECT version_num FROM alembic_version", "upgraded") == [
        (SCRIPTS.get_current_head(),)
    ]
    assert set(writer.statuses) == {200, 201}
    there = postgres.execute("SELECT id, title FROM posts WHERE kind = 'question'", "upgraded")
    assert dict(there) == writer.known and len(there) == len(writer.known) > 10


def test_hosts_that_start_together_migrate_once(postgres, started, tmp_path):
    settings = {"REDOUBT_DATABASE_URL": postgres.create("together"), "REDOUBT_WORKER": "off"}
    started += [
        Program(
            [FLASK, "reputation", "verify"],
            tmp_path / f"{number}.log",
            REDOUBT_INSTANCE=tmp_path / f"instance{number}",
            **settings,
        )
        for number in range(3)
    ]
    assert [program.process.wait(60) for program in started] == [0, 0, 0], started[0].output()
    assert postgres.execute("SELECT version_num FROM alembic_version", "together") == [
        (SCRIPTS.get_current_head(),)
    ]
