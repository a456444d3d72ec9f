"""An import of articles that is killed leaves nothing half done; run again it ends as any other."""

import pytest

from tests import killing

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Sixty files, each linked to the next."""
    folder = tmp_path_factory.mktemp("articles")
    for n in range(60):
        text = (
            f"# Guide number {n}\n\nGo on with [the next](guide{(n + 1) % 60}.md#step).\n\n"
            "## Step\n\nDo it.\n"
        )
        (folder / f"guide{n}.md").write_text(text)
    return folder


@pytest.fixture(scope="module")
def whole(folder, tmp_path_factory):
    """(instance, number of commits) of a run that nobody disturbed."""
    instance = tmp_path_factory.mktemp("whole")
    return instance, int(killing.run("articles", folder, instance).splitlines()[-1])


@pytest.mark.parametrize(
    ("part", "hook"), [(0.1, "after_commit"), (0.5, "before_commit"), (0.95, "after_commit")]
)
def test_killed_and_run_again(folder, whole, tmp_path, part, hook):
    (whole, commits), killed = whole, tmp_path
    killing.run("articles", folder, killed, hook=hook, killed_at=max(2, int(commits * part)))
    assert killing.faults(killed) == {}
    killing.run("articles", folder, killed)
    assert killing.content(killed) == killing.content(whole) and killing.faults(killed) == {}
    assert killing.indexed(killed) == killing.indexed(whole) == 60
