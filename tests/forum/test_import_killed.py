"""An import that is killed leaves nothing half done; run again it ends as if nothing had happened."""

import pytest

from tests import killing
from tests.forum import dumps

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return dumps.large(tmp_path_factory.mktemp("dumps") / "site", 160)


@pytest.fixture(scope="module")
def whole(folder, tmp_path_factory):
    """(content, number of commits) of a run that nobody disturbed."""
    instance = tmp_path_factory.mktemp("whole")
    commits = int(killing.run("stackexchange", folder, instance).splitlines()[-1])
    assert killing.faults(instance) == {}
    return killing.content(instance), commits


@pytest.mark.parametrize(
    ("part", "hook"),
    [
        (0.05, "after_commit"),
        (0.3, "before_commit"),
        (0.5, "after_commit"),
        (0.7, "before_commit"),
        (0.97, "after_commit"),
    ],
)
def test_killed_and_run_again(folder, whole, tmp_path, part, hook):
    expected, commits = whole
    killing.run("stackexchange", folder, tmp_path, hook=hook, killed_at=max(2, int(commits * part)))
    assert killing.faults(tmp_path) == {}
    assert killing.content(tmp_path) != expected or part > 0.9
    killing.run("stackexchange", folder, tmp_path)
    assert killing.content(tmp_path) == expected and killing.faults(tmp_path) == {}


def test_killed_twice_and_the_index_knows_everything(folder, whole, tmp_path):
    expected, commits = whole
    for part in (0.4, 0.5):
        killing.run("stackexchange", folder, tmp_path, killed_at=int(commits * part))
    killing.run("stackexchange", folder, tmp_path)
    assert killing.content(tmp_path) == expected
    assert killing.indexed(tmp_path) == len(expected["users"]) + sum(
        row[1] in ("question", "answer") for row in expected["posts"]
    ) + len(expected["tags"])
