"""What a process does when it begins to serve."""

import gc
import json
import os
import subprocess
import sys

from core.config import ROOT

ONLY_FOR_SOME = {
    "alembic": "who migrates",
    "zxcvbn": "who chooses a password",
    "redis": "a site with a Redis",
    "huey": "the same",
    "psycopg": "a site on PostgreSQL",
}


def in_a_process_of_its_own(code: str, instance) -> str:
    """What this Python prints, with an instance folder on SQLite and nothing else set."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("REDOUBT_")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=True,
        env={**environment, "REDOUBT_INSTANCE": str(instance)},
    )
    return done.stdout


def test_what_only_some_need_is_not_loaded(tmp_path):
    """Each takes 6 to 12 MB of every process (docs/performance.md)."""
    loaded = json.loads(
        in_a_process_of_its_own(
            "import json, sys\nfrom app import create_app\ncreate_app()\n"
            "print(json.dumps(list(sys.modules)))",
            tmp_path,
        )
    )
    assert "core.database.schema" in loaded
    assert {name: who for name, who in ONLY_FOR_SOME.items() if name in loaded} == {}


def test_a_process_that_serves_notes_its_history_and_the_collector_leaves_it_alone(app, monkeypatch):
    began = []
    monkeypatch.setattr(app.extensions["history"], "start", lambda: began.append(True))
    try:
        app.start_serving()
        assert began and gc.get_freeze_count() > 10_000 and len(gc.get_objects()) < 1_000
    finally:
        gc.unfreeze()
