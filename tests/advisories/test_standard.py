"""The standard's own test documents, which come with the validator: read and published, good and bad."""

import json
from importlib.resources import files

import pytest

from advisories import recognise
from advisories.csaf import read, validator_process
from advisories.csaf.write import to_bytes, write

FOLDERS = [files("csaf") / "csaf/v20/data" / name for name in ("mandatory", "recommended", "informative")]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_what_breaks_a_rule_is_read_and_published_lawfully(folder):
    names = [path.name for path in folder.iterdir() if path.name.endswith(".json")]
    assert names
    for name in names:
        (advisory,) = recognise.read((folder / name).read_bytes(), name)
        written = to_bytes(write(advisory))
        assert (name, validator_process.problems(written)) == (name, [])
        assert to_bytes(write(read.read(json.loads(written))[0])) == written, name


def test_the_validator_tells_the_bad_ones():
    """Those whose name ends in 01 to 09 break the rule of their name: the pinned version finds nearly all."""
    names = [path for path in FOLDERS[0].iterdir() if path.name[-7] == "0" and path.name.endswith(".json")]
    found = [path.name for path in names if validator_process.problems(path.read_bytes())]
    assert len(found) == len(names) > 80
