"""Notes on loaded objects survive that their object is collected while they are changed."""

import os
import subprocess
import sys

import pytest

from tests.test_architecture import ROOT

PROGRAM = """
import gc
from sqlalchemy import inspect
from app import create_app
from core.database.models import Event

create_app(REDOUBT_WORKER="off")
kept = [Event()]
inspect(kept[0]).key = inspect(kept[0]).runid = "of one that was loaded"
kept += [Event() for _ in range(40)]
inspect(kept[0]).last = inspect(kept[0]).but_one = None  # from now on the class shares no new attributes
event = Event()
event.__dict__["itself"] = event
note = inspect(event)
note.key = note.runid = "its own"
drained = [{} for _ in range(200)]  # no dict lies ready: the next is allocated
del event
gc.set_threshold(1)  # any allocation collects
note._strong_obj = None  # as a session does that closes
gc.set_threshold(700)
gc.collect()
assert note.key == note.runid == "its own" and "_strong_obj" in vars(note), vars(note)
"""


def outcome(tmp_path, program):
    """The exit code of the program; freed memory is overwritten at once."""
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        timeout=120,
        env={**os.environ, "PYTHONMALLOC": "debug", "REDOUBT_INSTANCE": str(tmp_path)},
    ).returncode


@pytest.mark.long
def test_an_object_may_be_collected_while_its_note_is_changed(tmp_path):
    assert outcome(tmp_path, PROGRAM) == 0


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="that Python collects no garbage there")
def test_the_fault_is_there_without_what_we_do(tmp_path):
    without = "import core.database.loaded_attributes\ncore.instance_states.init_app = lambda app: None\n"
    assert outcome(tmp_path, without + PROGRAM) != 0
