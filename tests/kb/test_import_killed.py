"""An import of articles that is killed leaves nothing half done; run again it ends as any other."""

import pytest

from tests import killing


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Sixty files, each linked to the next."""
    folder = tmp_path_factory.mktemp("articles")
    for n in range(60):
        text = (f"# Guide number {n}\n\nGo on with [the next](guide{(n + 1) % 60}.md#step).\n\n"
                "## Step\n\nDo it.\n")
        (folder / f"guide{n}.md").write_text(text)
    return folder


@pytest.mark.parametrize(("part", "moment"), [(0.1, "after_commit"), (0.5, "before_commit"),
                                              (0.95, "after_commit")])
def test_killed_and_run_again(folder, tmp_path, part, moment):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    commits = int(killing.run("articles", folder, whole).splitlines()[-1])
    killing.run("articles", folder, killed, moment=moment, killed_at=max(2, int(commits * part)))
    assert killing.faults(killed) == {}
    killing.run("articles", folder, killed)
    assert killing.content(killed) == killing.content(whole) and killing.faults(killed) == {}
    assert killing.indexed(killed) == killing.indexed(whole) == 60
