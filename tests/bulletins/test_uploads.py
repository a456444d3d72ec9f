"""Uploads of moderators: the preview says what would change, nothing is written until it is confirmed."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from advisories.csaf.write import to_bytes, write
from auth import actions as accounts
from bulletins import actions, queries
from bulletins.models import Bulletin
from bulletins.uploads import actions as uploads
from bulletins.uploads import files, previews, tasks
from bulletins.uploads import queries as queries_of_uploads
from bulletins.uploads.models import Upload
from bulletins.vulnerability_models import Vulnerability
from core.backup import backup
from core.database.db import db, utcnow
from products.models import Product
from tests.bulletins.sources.test_catalogues import EPSS, KEV, PRODUCT


@pytest.fixture
def send(login, moderator):
    """send(data, name="a.json") → the page after the upload, and the client."""
    client = login(moderator)

    def post(data, name="a.json"):
        answer = client.post(
            "/bulletins/import",
            data={"file": (io.BytesIO(data), name)},
            content_type="multipart/form-data",
        )
        return (client.get(answer.location) if answer.status_code == 302 else answer), client

    return post


def contents():
    return db.session.scalars(select(func.count(Bulletin.id))).one()


def document(advisory):
    return to_bytes(write(advisory))


def test_a_new_document_is_shown_and_imported_when_it_is_confirmed(send, make_advisory):
    page, client = send(document(make_advisory()))
    assert page.status_code == 200 and "Would be added (1)" in page.text and "ACME-1" in page.text
    assert contents() == 0 and db.session.scalar(select(Vulnerability)) is None
    assert tasks.import_confirmed_upload() == 0  # not confirmed
    client.post(page.request.path)
    assert "is importing" in client.get(page.request.path).text and contents() == 0
    assert tasks.import_confirmed_upload() == 1
    db.session.expire_all()
    assert contents() == 1
    after = client.get(page.request.path).text
    assert "The import has ended" in after and "1 bulletins" in after
    assert db.session.scalar(select(Upload)).data == b""
    assert tasks.import_confirmed_upload() == 0


def test_an_update_shows_its_differences(send, store, make_advisory):
    store(make_advisory())
    newer = make_advisory(version="2", severity="critical", title="Acme Reader: worse than we thought")
    newer.products = newer.products[:1]
    newer.vulnerabilities[0].status = {"known_affected": ("A",)}
    newer.vulnerabilities[0].remedies = []
    page, _client = send(document(newer))
    assert "Would be changed (1)" in page.text and "RB-2026-001" in page.text
    for words in (
        '<del dir="auto">important</del> <ins dir="auto">critical</ins>',
        "worse than we thought",
        '<del dir="auto">Acme Reader 10</del>',
        "affected and fixed products",
        "remedies",
    ):
        assert words in page.text, words
    assert db.session.scalar(select(Bulletin)).severity == "important"


def test_what_was_edited_here_is_named(send, store, make_advisory, moderator):
    bulletin = store(make_advisory()).bulletin
    actions.edit(queries.get_whole(bulletin.id), {"severity": "low"}, by=moderator)
    db.session.commit()
    page, _client = send(document(make_advisory(version="2", severity="critical")))
    assert "was edited here; not imported: severity" in page.text
    assert "critical</ins>" not in page.text


def test_the_same_document_changes_nothing_and_offers_no_import(send, store, make_advisory):
    store(make_advisory())
    page, _client = send(document(make_advisory()))
    assert "Would stay as they are (1)" in page.text and ">Import</button>" not in page.text


def test_a_refusal_says_why(send, make_advisory):
    for data, why in (
        (b"no json", "neither JSON nor XML"),
        (b'{"document": {}}', "no advisory of a known"),
        (b"{", "the JSON is broken"),
        (document(make_advisory(tracking_id="x" * 300)), "characters are needed"),
    ):
        page, _client = send(data)
        assert page.status_code == 200 and "Refused (1)" in page.text and why in page.text, why
        assert ">Import</button>" not in page.text


def test_a_draft_is_announced_as_one(send, make_advisory):
    page, _client = send(document(make_advisory(tlp="RED")))
    assert "its label TLP:RED does not let everybody read it" in page.text


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (json.dumps(KEV).encode(), files.KEV),
        (EPSS, files.EPSS),
        (PRODUCT, files.PRODUCT),
        (b"{}", files.ADVISORIES),
        (b"cveID,dateAdded\n", files.KEV),
        (b"\x1f\x8bbroken", files.ADVISORIES),
        (b"", files.ADVISORIES),
    ],
)
def test_the_content_decides_what_a_file_is(data, kind):
    assert files.kind_of(data) == kind


def test_catalogues_and_products_are_previewed_and_imported(send, store, make_advisory):
    store(make_advisory())
    kev, client = send(json.dumps(KEV).encode(), "kev.json")
    epss, _client = send(EPSS, "epss.csv")
    product, _client = send(PRODUCT, "acme-os.md")
    assert "Would be changed (1)" in kev.text and "2026-03-12" in kev.text
    assert "Would be changed (1)" in epss.text and "0.90000" in epss.text
    assert "Would be added (1)" in product.text
    for page in (kev, epss, product):
        client.post(page.request.path)
        assert tasks.import_confirmed_upload() == 1
    db.session.expire_all()
    row = db.session.scalar(select(Vulnerability))
    assert (str(row.kev_added_on), row.epss) == ("2026-03-12", 0.9)
    assert db.session.scalar(select(Product)).slug == "acme-os"
    again, _client = send(PRODUCT.replace(b"2030-01-01", b"2031-01-01"), "acme-os.md")
    assert "Would be changed (1)" in again.text and "2031-01-01" in again.text


def test_an_upload_is_its_owners_alone(send, login, make_user, admin, make_advisory, api, moderator):
    page, _client = send(document(make_advisory()))
    path = page.request.path
    upload_id = int(path.rpartition("/")[2])
    for other in (make_user("mona", role="moderator"), admin):
        client = login(other)
        assert client.get(path).status_code == 404
        assert client.post(path).status_code == 404
        assert client.post(f"{path}/discard").status_code == 404
        assert "a.json" not in client.get("/bulletins/import").text
        assert api(other)("GET", f"/bulletins/imports/{upload_id}").status_code == 404
    assert api(moderator)("GET", f"/bulletins/imports/{upload_id}").status_code == 200


def test_uploads_are_bounded_and_expire(send, make_advisory, moderator):
    page, client = send(b"x" * (uploads.MAX_UPLOAD_BYTES + 1))
    assert page.status_code == 422 and "larger than 8 MB" in page.text
    assert send(b"")[0].status_code == 422
    for number in range(uploads.MAX_UPLOADS_OF_ACCOUNT + 2):
        page, client = send(document(make_advisory(f"ACME-{number}")))
    assert db.session.scalars(select(func.count(Upload.id))).one() == uploads.MAX_UPLOADS_OF_ACCOUNT
    with time_machine.travel(utcnow() + timedelta(hours=7)):
        assert client.get(page.request.path).status_code == 404
        tasks.delete_old_uploads()
    assert db.session.scalars(select(func.count(Upload.id))).one() == 0


def test_an_account_that_is_secured_loses_its_uploads(send, make_advisory, moderator):
    send(document(make_advisory()))
    accounts.secure_account(moderator)
    db.session.commit()
    assert db.session.scalar(select(Upload)) is None


def test_a_file_can_be_discarded(send, make_advisory):
    page, client = send(document(make_advisory()))
    client.post(f"{page.request.path}/discard")
    assert client.get(page.request.path).status_code == 404


def test_the_api_previews_and_imports(app, moderator, make_advisory):
    token = accounts.make_token(moderator, "test", "write")
    db.session.commit()
    headers = {"Authorization": f"Bearer {token}"}
    program = app.test_client()
    answer = program.post(
        "/api/v1/bulletins/imports?name=a.json", data=document(make_advisory()), headers=headers
    )
    assert answer.status_code == 201
    assert answer.json["preview"]["counts"] == {"added": 1}
    line = answer.json["preview"]["lines"][0]
    assert (line["outcome"], line["name"]) == ("added", "ACME-1") and contents() == 0
    path = f"/api/v1/bulletins/imports/{answer.json['id']}"
    assert program.post(f"{path}/confirm", headers=headers).status_code == 202
    tasks.import_confirmed_upload()
    report = program.get(path, headers=headers).json["report"]
    assert report["added"] == {"bulletins": 1, "vulnerabilities": 1} and report["errors"] == []
    assert program.delete(path, headers=headers).status_code == 204
    assert program.post("/api/v1/bulletins/imports", data=b"", headers=headers).status_code == 422


def test_many_documents_are_cut_with_a_word(monkeypatch, make_advisory, app):
    monkeypatch.setattr(previews, "MAX_LINES", 1)
    monkeypatch.setattr(
        previews.recognise,
        "iterate",
        lambda stream, name, **bounds: [(name, [make_advisory("ACME-1"), make_advisory("ACME-2")])],
    )
    found = previews.build(b"{}", "a.json")
    assert len(found.lines) == 1 and not found.is_whole and found.is_useful


@pytest.mark.every_database
def test_a_backup_has_no_file_that_waits(app, moderator, tmp_path):
    for name, data in (("waits.json", b"{secret-of-a-draft}"), ("done.json", b"{}")):
        upload = uploads.store(name, data, by=moderator)
        db.session.commit()
    uploads.finish(upload.id, {"errors": ["a result"]})
    db.session.commit()
    backup.backup(tmp_path / "site.zip")
    with zipfile.ZipFile(tmp_path / "site.zip") as archive:
        stored = b"".join(archive.read(name) for name in archive.namelist())
    assert b"done.json" in stored and b"waits.json" not in stored and b"secret-of-a-draft" not in stored
    assert len(queries_of_uploads.uploads(moderator)) == 2
