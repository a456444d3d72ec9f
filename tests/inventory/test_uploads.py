"""Uploads: tables whose columns are chosen, large files in the background, and the API of nightly jobs."""

import io
import threading
import time

import pytest
from sqlalchemy import event, select

from core.database.db import db
from core.jobs import worker
from inventory import actions
from inventory import queries as owned_queries
from inventory.formats import recognise
from inventory.formats.component import Component
from inventory.matching import match
from inventory.uploads import actions as upload_actions
from inventory.uploads import tasks
from inventory.uploads.models import InventoryUpload
from products import queries

TABLE = "what,how new\nDebian,12.4\nleft-pad,1.0\n"


@pytest.fixture
def debian(make_product):
    return make_product("debian", {"12": {"latest": "12.9"}, "11": {"latest": "11.9"}})


@pytest.fixture
def browser(login, member):
    return login(member)


def send(browser, content, **more):
    raw = content if isinstance(content, bytes) else content.encode()
    data = {"sbom": (io.BytesIO(raw), "list.txt"), **more}
    return browser.post("/settings/products/sbom", data=data, content_type="multipart/form-data")


def entries(member):
    db.session.expire_all()
    rows = owned_queries.owned(member)
    return [(row.product.slug, row.release.cycle if row.release else None, row.source) for row in rows]


def test_the_columns_of_a_table_are_chosen(browser, member, debian):
    answer = send(browser, TABLE)
    page = answer.headers["Location"]
    text = browser.get(page).text
    assert "how new" in text and "left-pad" in text and '<option value="0"' in text
    answer = browser.post(f"{page}/columns", data={"name": "", "version": "1"})
    assert answer.status_code == 422 and "Choose the column" in answer.text
    answer = browser.post(f"{page}/columns", data={"name": "0", "version": "1"})
    assert answer.status_code == 200 and "Debian 12" in answer.text and entries(member) == []
    number = page.rsplit("/", 1)[1]
    release = next(r for r in queries.full("debian").releases if r.cycle == "12")
    pick = f"{release.product_id}:{release.id}"
    browser.post("/settings/products/sbom/keep", data={"pick": pick, "upload": number})
    assert entries(member) == [("debian", "12", "sbom")]
    assert db.session.get(InventoryUpload, int(number)) is None, "the file is kept no longer"


def test_a_large_file_is_read_by_the_worker(browser, member, debian, monkeypatch):
    monkeypatch.setattr(recognise, "SMALL_COMPONENTS", 1)
    browser.post("/settings/products", data={"product": "debian", "release": "11"})
    answer = send(browser, "Debian 12\nleft-pad\n", replaces="1")
    page = answer.headers["Location"]
    assert 'http-equiv="refresh"' in browser.get(page).text and entries(member) == [
        ("debian", "11", "picked")
    ]
    assert tasks.read_uploads() == 1 and tasks.read_uploads() == 0
    assert entries(member) == [("debian", "12", "sbom"), ("debian", "11", "picked")] or set(
        entries(member)
    ) == {
        ("debian", "12", "sbom"),
        ("debian", "11", "picked"),
    }
    text = browser.get(page).text
    assert "1 name did not match" in text and "Debian 12" in text
    assert "left-pad" in browser.get(f"{page}/unmatched.csv").text
    assert db.session.scalar(select(InventoryUpload.content)) is None


def test_what_is_refused_leaves_the_inventory_and_says_why(browser, member, debian, as_token, app):
    browser.post("/settings/products", data={"product": "debian", "release": "11"})
    number = actions.default_inventory(member).id
    db.session.commit()
    sent = app.test_client().put(
        f"/api/v1/inventories/{number}/document", data=b'{"artifacts": []}', headers=as_token(member, "write")
    )
    assert sent.status_code == 202
    tasks.read_uploads()
    got = app.test_client().get(
        f"/api/v1/inventories/{number}/uploads/{sent.json['id']}", headers=as_token(member, "read")
    )
    assert got.json["status"] == "refused" and "none of the accepted" in got.json["message"]
    text = browser.get(f"/my/uploads/{sent.json['id']}").text
    assert "syft convert" in text and entries(member) == [("debian", "11", "picked")]


class TestNightlyJob:
    def put(self, app, as_token, member, number, body, query="", scope="write"):
        return app.test_client().put(
            f"/api/v1/inventories/{number}/document{query}", data=body, headers=as_token(member, scope)
        )

    @pytest.fixture
    def number(self, member, debian):
        inventory = actions.default_inventory(member)
        actions.add_products(member, [(debian, None)])
        db.session.commit()
        return inventory.id

    def test_it_replaces_what_the_last_one_brought(self, app, as_token, member, number):
        for body, expected in (
            (b"Debian 12\n", {("debian", "12", "sbom")}),
            (b"Debian 12\n", {("debian", "12", "sbom")}),
            (b"Debian 11\n", {("debian", "11", "sbom")}),
        ):
            assert self.put(app, as_token, member, number, body).status_code == 202
            tasks.read_uploads()
            assert set(entries(member)) == expected | {("debian", None, "picked")}
        last = db.session.scalar(select(InventoryUpload).order_by(InventoryUpload.id.desc()))
        assert (last.added, last.removed, last.status) == (1, 1, "done")

    def test_a_newer_document_replaces_one_that_waits(self, app, as_token, member, number):
        first = self.put(app, as_token, member, number, b"Debian 12\n").json["id"]
        self.put(app, as_token, member, number, b"Debian 11\n")
        assert tasks.read_uploads() == 1 and tasks.read_uploads() == 0
        assert db.session.get(InventoryUpload, first).status == "replaced"
        assert ("debian", "11", "sbom") in entries(member)

    def test_columns_by_name(self, app, as_token, member, number):
        wrong = self.put(app, as_token, member, number, TABLE, "?name=which")
        assert wrong.status_code == 422 and "what, how new" in str(wrong.json["errors"])
        assert self.put(app, as_token, member, number, TABLE, "?name=what&version=how new").status_code == 202
        tasks.read_uploads()
        assert ("debian", "12", "sbom") in entries(member)

    def test_only_who_may_edit(self, app, as_token, member, other, number):
        assert self.put(app, as_token, other, number, b"Debian 12\n").status_code == 404
        assert self.put(app, as_token, member, number, b"Debian 12\n", scope="read").status_code == 403
        assert self.put(app, as_token, member, number, b"").status_code == 422

    def test_an_inventory_for_each_site(self, app, as_token, member, number):
        client, headers = app.test_client(), as_token(member, "write")
        made = client.post("/api/v1/inventories", json={"name": "North"}, headers=headers)
        assert made.status_code == 201 and made.json["right"] == "owner"
        listed = client.get("/api/v1/inventories", headers=headers).json["items"]
        assert [each["name"] for each in listed] == ["My inventory", "North"]
        self.put(app, as_token, member, made.json["id"], b"Debian 12\n")
        tasks.read_uploads()
        path = f"/api/v1/inventories/{made.json['id']}"
        [row] = client.get(f"{path}/products", headers=headers).json["items"]
        assert (row["product"], row["release"]) == ("debian", "12")
        assert client.delete(path, headers=headers).status_code == 204
        assert client.delete(f"/api/v1/inventories/{number}", headers=headers).status_code == 422


def test_an_upload_whose_worker_died_is_read_again_and_given_up(browser, member, debian, monkeypatch):
    monkeypatch.setattr(recognise, "SMALL_COMPONENTS", 0)
    send(browser, "Debian 12\n")
    upload = db.session.scalar(select(InventoryUpload))
    upload.tries = tasks.MAX_TRIES
    db.session.commit()
    tasks.read_uploads()
    db.session.expire_all()
    assert upload.status == "refused" and "several times" in upload.message and entries(member) == []


def test_too_many_waiting_files_are_refused(browser, debian, monkeypatch):
    monkeypatch.setattr(upload_actions, "MAX_OPEN", 1)
    assert "/my/uploads/" in send(browser, TABLE).headers["Location"]
    assert "/my/inventories/" in send(browser, TABLE).headers["Location"]


WRITTEN_AS = {
    "Windows 11 Pro 10.0.26100": "11-24h2-w",
    "Microsoft Windows 11 Enterprise|10.0.26100.2314": "11-24h2-e",
    "Windows 10 Enterprise LTSC 2021": "10-21h2-e-lts",
    "Microsoft Windows 10 Enterprise LTSC|10.0.19044.1": "10-21h2-e-lts",
    "Ubuntu 22.04.5 LTS": "22.04",
    "SLES 15 SP5": "15.5",
    "SUSE Linux Enterprise Server 15 SP5": "15.5",
    "Java 8 Update 401 (64-bit)|8.0.4010.10": "8",
    "Java SE Development Kit 8 Update 202": "8",
    "Java(TM) SE Development Kit 17.0.10 (64-bit)|17.0.10.0": "17",
}


@pytest.fixture
def catalogue(make_product):
    windows = {
        "11-24h2-w": ("11 24H2 (W)", "10.0.26100"),
        "11-24h2-e": ("11 24H2 (E)", "10.0.26100"),
        "11-24h2-e-lts": ("11 24H2 (E)", "10.0.26100"),
        "10-21h2-e-lts": ("10 21H2 (E)", "10.0.19044"),
        "10-21h2-w": ("10 21H2 (W)", "10.0.19044"),
        "8": ("8", "6.2.9200"),
    }
    releases = {cycle: {"label": label, "latest": latest} for cycle, (label, latest) in windows.items()}
    make_product("windows", releases, name="Microsoft Windows", vendor="Microsoft")
    make_product("ubuntu", {"22.04": {"latest": "22.04.5"}, "5.04": {}, "24.04": {}})
    make_product("sles", {"15.5": {}, "15.6": {}}, name="SUSE Linux Enterprise Server")
    make_product("oracle-jdk", {"8": {"latest": "8u471"}, "17": {"latest": "17.0.17"}}, name="Oracle JDK")
    make_product("openssl", {"3.0": {"latest": "3.0.18"}})


@pytest.mark.parametrize("text", WRITTEN_AS)
def test_names_as_inventories_write_them(catalogue, text):
    name, _, version = text.partition("|")
    [found] = match([Component(name, version=version)]).found
    assert found.release.cycle == WRITTEN_AS[text] and found.is_sure


def test_an_edition_that_is_not_known_keeps_both(catalogue):
    [found] = match([Component("Windows", version="10.0.26100.1")]).found
    assert {each.cycle for each in found.releases} == {"11-24h2-w", "11-24h2-e"}


def test_other_products_of_that_name_are_guesses_and_packages_of_distributions_nothing(catalogue):
    [found] = match([Component("Microsoft Windows Desktop Runtime - 8.0.1 (x64)", version="8.0.1")]).found
    assert not found.is_sure
    packages = [
        Component("openssl", version="3.0.15-1~deb12u1", purl="pkg:deb/debian/openssl@3.0.15-1~deb12u1"),
        Component("openssl", purl="pkg:rpm/redhat/openssl@3.0.7", cpe="cpe:2.3:a:openssl:openssl:3.0.7"),
    ]
    assert match(packages).found == []


def hold_times(app):
    """Record for how long each writing transaction holds SQLite's lock, in seconds."""
    held = []

    @event.listens_for(db.engine, "begin")
    def begin(connection):
        connection.info["begun_at"] = time.monotonic()

    def end(connection):
        if connection.info.get("has_write_lock"):
            held.append(time.monotonic() - connection.info["begun_at"])

    event.listen(db.engine, "commit", end)
    event.listen(db.engine, "rollback", end)
    return held


def _members_write_while_an_inventory_is_read(app, member, lines, writes):
    """Read an inventory of `lines` lines while another thread makes `writes` writes: (errors, times …)."""
    inventory = actions.default_inventory(member)
    rows = (f"Acme Suite {n} (x64 en-US),{n}.{n % 50},Acme Inc" for n in range(lines))
    body = "\n".join(["Name,Version,Publisher", "Debian,12.4,", *rows])
    upload_actions.receive(inventory, member, upload_actions.packed(body.encode()), replaces=True)
    user_id = member.id
    db.session.commit()
    held = hold_times(app)
    wrong = []
    waits = []

    def write():
        with app.app_context():
            for n in range(writes):
                start = time.monotonic()
                try:
                    db.session.execute(
                        db.text("UPDATE users SET about = :about WHERE id = :id"),
                        {"about": f"{n}", "id": user_id},
                    )
                    db.session.commit()
                except Exception as error:
                    db.session.rollback()
                    wrong.append(error)
                waits.append(time.monotonic() - start)

    writer = threading.Thread(target=write)
    writer.start()
    worker.round_once(app, [tasks.read_uploads])
    writer.join()
    upload = db.session.scalar(select(InventoryUpload).execution_options(populate_existing=True))
    assert upload.status == "done", upload.message
    return wrong, max(held), max(waits), upload


def test_members_write_while_an_inventory_is_read(app, member, debian):
    wrong, _longest, _wait, upload = _members_write_while_an_inventory_is_read(app, member, 3_000, 200)
    assert wrong == [] and upload.components == 3_001


@pytest.mark.long
def test_two_thousand_writes_while_71_000_lines_are_read(app, member, debian):
    start = time.monotonic()
    wrong, longest, wait, upload = _members_write_while_an_inventory_is_read(app, member, 71_000, 2_000)
    print(f"lock {longest:.3f} s, wait {wait:.3f} s, all {time.monotonic() - start:.1f} s")
    assert wrong == [] and upload.components == 71_001
