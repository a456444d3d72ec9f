"""`flask bulletin import`: files and folders, what cannot be used, what people changed meanwhile."""

import gzip
import json
import zipfile

import pytest

from advisories import recognise
from advisories.csaf.write import to_bytes, write
from bulletins import actions, queries
from bulletins.models import Bulletin
from core.database.db import db
from products import actions as products
from tests.advisories.documents import CVE, copy_of
from tests.advisories.record_documents import ALL


@pytest.fixture
def run(app, tmp_path):
    """run(**files) → (exit status, report) of an import of a folder with these documents."""

    def go(*more, **files):
        for name, content in files.items():
            (tmp_path / f"{name}.json").write_bytes(content)
        done = app.test_cli_runner().invoke(args=["bulletin", "import", str(tmp_path), *more])
        db.session.expire_all()
        return done.exit_code, json.loads(done.stdout.splitlines()[-1]), done.output

    return go


def test_what_cannot_be_used_is_named_and_the_rest_comes_in(run, make_advisory):
    status, report, _ = run(good=to_bytes(write(make_advisory())), bad=b'{"document": {}}', broken=b"{")
    assert (status, report["added"]["bulletins"], report["added"]["vulnerabilities"]) == (1, 1, 1)
    assert [error.split(":")[0] for error in report["errors"]] == ["bad.json", "broken.json"]


def test_a_second_run_adds_nothing(run, make_advisory):
    run(good=to_bytes(write(make_advisory())))
    _, report, _ = run()
    assert not any(report["added"].values()) and report["skipped"]["bulletins"] == 1


def test_nothing_usable_is_an_error(run):
    assert run(bad=b"no json")[0] == 1


def test_search_finds_it_when_the_command_returns(app, run, make_advisory):
    run(good=to_bytes(write(make_advisory())))
    for words in ("CVE-2026-1001", "ACME-1", "AC100", "RB-2026-001", "Acme Reader 9"):
        found = app.test_client().get("/api/v1/search", query_string={"q": words}).json["items"]
        page = ["vulnerability"] if words.startswith("CVE") else []
        assert [hit["kind"] for hit in found] == [*page, "bulletin"], words


def test_what_was_changed_here_is_said_and_kept(run, make_advisory, moderator):
    run(good=to_bytes(write(make_advisory())))
    bulletin = queries.get_whole(db.session.scalar(db.select(Bulletin.id)))
    actions.edit(bulletin, {"severity": "low"}, by=moderator)
    db.session.commit()
    _, report, output = run(good=to_bytes(write(make_advisory(severity="critical", version="2"))))
    assert report["updated"]["bulletins"] == 1
    assert "RB-2026-001 was edited here; not imported: severity" in output
    assert queries.get_whole(bulletin.id).severity == "low"


def test_products_that_join_later_are_found(make_advisory, store, make_product, moderator, drain):
    bulletin = store(make_advisory()).bulletin
    from_test = make_product("acme-reader", {"9": {}}, name="Reader", vendor="Acme")
    products.edit(from_test, {"vendor": "Acme Corp"}, by=moderator)
    drain()
    rows = queries.get_whole(bulletin.id).products
    assert [(row.product_id, len(row.named_releases), row.is_whole) for row in rows] == [
        (from_test.id, 1, False),
        (from_test.id, 0, False),
    ]


def test_the_shell_lists_them(app, store, make_advisory):
    store(make_advisory(vulnerabilities=[]))
    out = app.test_cli_runner().invoke(args=["bulletin", "list", "--month", "2026-03"]).output
    assert "RB-2026-001    important Acme Reader: overflow (ACME-1)" in out


RECORDS = sorted(ALL)


@pytest.mark.parametrize("name", RECORDS)
def test_every_format_comes_in_once(run, name):
    document = json.dumps(ALL[name]).encode()
    status, first, output = run(document=document)
    assert status == 0, output
    assert first["added"]["bulletins"] == len(recognise.read(document, "f"))
    _, second, output = run()
    assert not any(second["added"].values()) and not any(second["updated"].values()), output


def test_archives_in_folders_come_in(app, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("x/GHSA.json", json.dumps(ALL["ghsa"]))
        archive.writestr("y.json", json.dumps(ALL["nvd"]))
    (tmp_path / "b.jsonl").write_text(f"{json.dumps(ALL['debian'])}\n{json.dumps(ALL['rocky'])}\n{{broken\n")
    (tmp_path / "c.gz").write_bytes(gzip.compress(json.dumps(ALL["openvex"]).encode()))
    done = app.test_cli_runner().invoke(args=["bulletin", "import", str(tmp_path)])
    report = json.loads(done.stdout.splitlines()[-1])
    assert (done.exit_code, report["added"]["bulletins"]) == (1, 6)
    assert [error.split(": ")[0] for error in report["errors"]] == ["b.jsonl, entry 3"]


def test_the_record_of_nvd_and_that_of_the_cve_program_are_two(run):
    record = copy_of(CVE)
    record["cveMetadata"]["cveId"] = "CVE-2026-5011"
    _, report, _ = run(nvd=json.dumps(ALL["nvd"]).encode(), cve=json.dumps(record).encode())
    assert (report["added"]["bulletins"], report["added"]["vulnerabilities"]) == (3, 2)
    publishers = db.session.scalars(
        db.select(Bulletin.publisher).where(Bulletin.tracking_id == "CVE-2026-5011")
    )
    assert set(publishers) == {"CVE Program", "National Vulnerability Database"}
