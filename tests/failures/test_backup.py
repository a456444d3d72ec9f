"""A backup holds everything, and what is restored from it is the same site."""

import json
import os
import shlex
import stat
import subprocess
import zipfile

import pytest
from sqlalchemy import inspect, select, text

from auth import reputation
from auth.security_log.models import SecurityEvent
from core.backup.omissions import omitted_rows
from core.database import schema
from core.database.db import db
from core.database.models import OutgoingMail
from tests.failures.processes import BIN, FLASK
from tests.failures.servers import DEPLOY
from tests.failures.sites import run
from tests.test_architecture import ROOT

pytestmark = [pytest.mark.every_database, pytest.mark.long]
IN_USE = "search_index"


def rows() -> dict[str, list]:
    """Everything in the database, by table, but what is each site's own, and mail with a live link.

    Own are which index is in use, and that the backup and the restore themselves were recorded. The text of
    mail that waits with a link in it is left out of a backup (tests/core/mail/test_stored_mail.py), as are
    uploads that wait.
    """
    statements = {table.name: select(table) for table in db.metadata.sorted_tables if table.name != IN_USE}
    statements["outgoing_mail"] = statements["outgoing_mail"].where(~OutgoingMail.has_secret)
    statements["security_events"] = statements["security_events"].where(
        SecurityEvent.kind.not_in(["site_exported", "shell_act"])
    )
    for name in ("advisory_uploads", "inventory_uploads"):
        if waiting := omitted_rows(name, [column.name for column in statements[name].selected_columns]):
            statements[name] = statements[name].where(text(f"NOT ({waiting})"))
    return {name: sorted(map(repr, db.session.execute(statement))) for name, statement in statements.items()}


def test_the_restored_site_has_every_row_and_is_searched(app, community, archive, place):
    before = rows()
    answer = run(place, "restore", archive)
    assert answer.exit_code == 0, answer.output
    with place.app_context():
        assert rows() == before
        assert reputation.verify() == []
        found = place.test_client().get("/api/v1/search?q=spooler").json
    assert "Which update mends the print spooler?" in [item["title"] for item in found["items"]]


def test_uploads_and_the_key_of_links_come_back(app, archive, place):
    run(place, "restore", archive)
    old, new = app.config["REDOUBT_INSTANCE"], place.config["REDOUBT_INSTANCE"]
    for name in ("uploads/a/picture.png", "secret_key"):
        assert (new / name).read_bytes() == (old / name).read_bytes()
        assert stat.S_IMODE((new / name).stat().st_mode) == 0o600


def test_an_archive_is_for_its_owner_and_holds_no_index(archive):
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    names = zipfile.ZipFile(archive).namelist()
    assert not [name for name in names if "index" in name and name != f"rows/{IN_USE}"]
    assert [path for path in archive.parent.iterdir() if path.name.startswith(f".{archive.name}")] == []


def test_secrets_of_the_environment_are_named_not_kept(app, tmp_path, monkeypatch):
    secret = {
        "REDOUBT_MAIL_URL": "smtp://user:canarypassword@mail.example",
        "REDOUBT_METRICS_TOKEN": "canarypassword-0123456789",
        "REDOUBT_REPLICA_URLS": "postgresql://r:canarypassword@10.0.0.5/redoubt",
    }
    for name, value in secret.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("REDOUBT_SITE_NAME", "Bastion")
    run(app, "backup", tmp_path / "backup.zip")
    content = zipfile.ZipFile(tmp_path / "backup.zip").read("manifest.json").decode()
    manifest = json.loads(content)
    assert manifest["unsaid"] == sorted(secret) and "canarypassword" not in content
    assert manifest["settings"] == {"REDOUBT_SITE_NAME": "Bastion"}


def test_a_backup_never_replaces_a_file(app, archive):
    before = archive.read_bytes()
    answer = run(app, "backup", archive)
    assert answer.exit_code == 1 and "already exists" in answer.output
    assert archive.read_bytes() == before


def test_no_backup_is_begun_where_there_is_no_space(app, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda folder: type("Disk", (), {"free": 1000}))
    answer = run(app, "backup", tmp_path / "backup.zip")
    assert answer.exit_code == 1 and "MB free" in answer.output and list(tmp_path.glob("*backup*")) == []


def test_an_older_schema_is_brought_up_to_date(app, make_user, place, tmp_path):
    make_user("walter")
    db.session.remove()
    schema.flask_migrate().downgrade(revision="0250")
    made = run(app, "backup", tmp_path / "old.zip")
    schema.ensure()
    assert made.exit_code == 0 and "schema 0250" in made.output
    answer = run(place, "restore", tmp_path / "old.zip")
    assert answer.exit_code == 0, answer.output
    with place.app_context():
        assert schema.is_current()
        assert db.session.scalar(text("SELECT username FROM users")) == "walter"


def test_numbers_of_deleted_rows_are_not_given_again_on_postgresql(app, make_user, place, tmp_path):
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite itself gives them again")
    gone = make_user("walter")
    highest = gone.id
    db.session.delete(gone)
    db.session.commit()
    run(app, "backup", tmp_path / "backup.zip")
    run(place, "restore", tmp_path / "backup.zip")
    with place.app_context():
        assert db.session.scalar(text("SELECT last_value FROM users_id_seq")) >= highest


def test_a_table_of_somebody_else_is_left_out(app, make_user, place, tmp_path):
    db.session.execute(text("CREATE TABLE notes (id INTEGER)"))
    db.session.commit()
    try:
        made = run(app, "backup", tmp_path / "backup.zip")
    finally:
        db.session.execute(text("DROP TABLE notes"))
        db.session.commit()
    assert made.exit_code == 0 and run(place, "restore", tmp_path / "backup.zip").exit_code == 0
    with place.app_context():
        assert not inspect(db.engine).has_table("notes")


def test_only_an_empty_place_is_filled(app, community, archive):
    before = rows()
    answer = run(app, "restore", archive)
    assert answer.exit_code == 1 and "already has tables" in answer.output
    assert rows() == before


def test_every_night_a_copy_of_which_thirty_stay(tmp_path):
    """The commands of docs/deploy/redoubt-backup.service, as systemd reads them."""
    site, backups = {"REDOUBT_INSTANCE": str(tmp_path / "site")}, tmp_path / "backups"
    backups.mkdir()
    others = ["before the upgrade.zip", "bob's.zip", "redoubt-2030-01-01.zip"]
    for name in [*others, *(f"2020-01-{day:02}.zip" for day in range(1, 31))]:
        (backups / name).touch()
    subprocess.run(
        [FLASK, "user", "create", "walter", "--email", "w@example.org"],
        check=True,
        cwd=ROOT,
        env={**os.environ, **site},
        capture_output=True,
    )
    for line in (DEPLOY / "redoubt-backup.service").read_text().splitlines():
        if line.startswith("ExecStart"):
            command = line.partition("=")[2].replace("$$", "$").replace("%%", "%")
            command = command.replace("/var/backups/redoubt", str(backups)).replace(".venv/bin", str(BIN))
            subprocess.run(
                shlex.split(command), check=True, cwd=ROOT, env={**os.environ, **site}, capture_output=True
            )
    left = {path.name for path in backups.iterdir()}
    assert {*others, "2020-01-30.zip"} <= left and "2020-01-01.zip" not in left and len(left) == 33
    (made,) = left - {*others, *(f"2020-01-{day:02}.zip" for day in range(1, 31))}
    assert zipfile.is_zipfile(backups / made)
