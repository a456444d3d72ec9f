"""What other machines fetch: this site's own documents, lists of them, and the way back in."""

import csv
import hashlib
import io
import json
from urllib.parse import urlsplit

import pytest

from advisories import advisory as adv
from advisories.csaf import read, validator_process
from bulletins import actions, queries
from bulletins.mitigations import actions as mitigation_actions
from core.database.db import db
from tests.bulletins.conftest import fix, vulnerability

INDEX, CHANGES = "/csaf/index.txt", "/csaf/changes.csv"
METADATA = "/.well-known/csaf/provider-metadata.json"


@pytest.fixture
def own(moderator):
    """A published bulletin of this site."""
    facts = {"title": "Acme Reader: a font runs code", "severity": "critical"}
    bulletin = actions.create(facts, by=moderator)
    actions.publish(bulletin, by=moderator)
    db.session.commit()
    return bulletin


def edit(bulletin, by, **parts):
    """Let a moderator change a bulletin."""
    actions.edit(queries.get_whole(bulletin.id), parts or {"severity": "low"}, by=by)
    db.session.commit()


def test_the_lists_lead_to_every_document_of_ours(client, make_advisory, store, moderator, own):
    edited = store(make_advisory("ACME 2/b", tlp="")).bulletin
    edit(edited, moderator)
    paths = client.get(INDEX).text.split()
    assert sorted(paths) == sorted([own.document_path, "2026/rb-2026-002.json"])
    assert [row[0] for row in csv.reader(io.StringIO(client.get(CHANGES).text))] == paths
    feeds = client.get(METADATA).json["distributions"][1]["rolie"]["feeds"]
    entries = [
        entry for each in feeds for entry in client.get(urlsplit(each["url"]).path).json["feed"]["entry"]
    ]
    assert len(entries) == 2
    for path in paths:
        answer = client.get(f"/csaf/{path}")
        assert validator_process.problems(answer.data) == []
        assert answer.json["document"]["publisher"]["name"] == "Redoubt"
        for sum_of in ("sha256", "sha512"):
            line = client.get(f"/csaf/{path}.{sum_of}").text
            assert line == f"{hashlib.new(sum_of, answer.data).hexdigest()}  {path.split('/')[1]}\n"


def test_what_others_say_is_in_no_list_of_ours(client, make_advisory, store):
    bulletin = store(make_advisory()).bulletin
    assert client.get(INDEX).text == ""
    assert client.get(f"/csaf/{bulletin.document_path}").status_code == 404
    assert client.get("/csaf/2026/acme-1.json").status_code == 404


def test_no_list_or_address_knows_what_is_not_for_all(client, make_advisory, store, moderator):
    secret = store(make_advisory("SECRET", tlp="AMBER")).bulletin
    draft = store(make_advisory("DRAFT", status="draft")).bulletin
    actions.publish(queries.get_whole(secret.id), by=moderator)
    for each in (secret, draft):
        edit(each, moderator)
    for path in (INDEX, CHANGES, METADATA, "/csaf/feed-tlp-white.json"):
        text = client.get(path).text.lower()
        assert secret.reference.lower() not in text and draft.reference.lower() not in text
    for bulletin in (secret, draft):
        assert client.get(f"/csaf/{bulletin.document_path}").status_code == 404
        assert client.get(f"/csaf/{bulletin.document_path}.sha512").status_code == 404
        assert client.get(f"/bulletins/{bulletin.reference}/csaf.json").status_code == 404


def test_our_changes_travel_as_our_document_that_refers_to_theirs(client, make_advisory, store, moderator):
    issuers = adv.Reference("https://acme.example/acme-1.json", "Canonical", "self")
    bulletin = store(make_advisory(references=[issuers])).bulletin
    words = adv.Remedy("workaround", "Close the reader.", ("A", "C"))
    said = vulnerability(affected=("A", "C"), remedies=[fix("A", "C"), words])
    edit(
        bulletin,
        moderator,
        severity="low",
        vulnerabilities=[said],
        products=[
            adv.ProductEntry("A", "Acme Reader 9", "Acme", "Reader", "9"),
            adv.ProductEntry("C", "Acme Writer 1", "Acme", "Writer", "1"),
        ],
    )
    mitigation_actions.add(
        queries.get_whole(bulletin.id), {"layer": "host", "text": "Unplug it."}, by=moderator
    )
    db.session.commit()
    answer = client.get(f"/csaf/{bulletin.document_path}")
    assert validator_process.problems(answer.data) == []
    head = answer.json["document"]
    assert head["publisher"]["name"] == "Redoubt"
    assert (head["tracking"]["id"], head["tracking"]["aliases"]) == (bulletin.reference, ["ACME-1"])
    assert (head["aggregate_severity"]["text"], head["tracking"]["version"]) == ("low", "3")
    assert [each["category"] for each in head["references"]] == ["self", "external"]
    assert head["references"][0]["url"].endswith(f"/csaf/{bulletin.document_path}")
    assert head["references"][1]["url"] == issuers.url
    assert "Based on ACME-1 (version 1) of Acme PSIRT." in head["notes"][-1]["text"]
    text = answer.text
    assert "Acme Writer 1" in text and "Acme Reader 10" not in text
    assert "Close the reader." in text and "Unplug it." in text


def test_a_mitigation_of_ours_makes_a_document_of_ours(client, make_advisory, store, moderator):
    bulletin = store(make_advisory()).bulletin
    mitigation_actions.add(
        queries.get_whole(bulletin.id), {"layer": "host", "text": "Unplug it."}, by=moderator
    )
    db.session.commit()
    assert client.get(INDEX).text.split() == [bulletin.document_path]
    assert "Unplug it." in client.get(f"/csaf/{bulletin.document_path}").text


def test_an_import_that_takes_our_changes_back_takes_our_document_back(
    client, make_advisory, store, moderator
):
    bulletin = store(make_advisory()).bulletin
    edit(bulletin, moderator)
    actions.accept_imports(queries.get_whole(bulletin.id))
    db.session.commit()
    store(make_advisory(title="Acme Reader: a new title"))
    assert client.get(INDEX).text == ""


def test_a_bulletin_of_ours_is_a_valid_document(client, moderator, own):
    answer = client.get(f"/csaf/{own.document_path}")
    assert validator_process.problems(answer.data) == []
    assert answer.json["document"]["tracking"]["id"] == own.reference
    edit(own, moderator)
    tracking = client.get(f"/csaf/{own.document_path}").json["document"]["tracking"]
    assert tracking["version"] == "2" and len(tracking["revision_history"]) == 2


def test_a_reader_that_has_the_document_gets_no_byte_again(client, own):
    address = f"/csaf/{own.document_path}"
    tag = client.get(address).headers["ETag"]
    again = client.get(address, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


def test_any_bulletin_can_be_converted_under_our_name(client, make_advisory, store):
    bulletin = store(make_advisory("CVE-2026-1001", format="cve")).bulletin
    answer = client.get(f"/bulletins/{bulletin.reference}/csaf.json")
    assert validator_process.problems(answer.data) == []
    head = answer.json["document"]
    assert (head["publisher"]["name"], head["tracking"]["id"]) == ("Redoubt", bulletin.reference)


def test_a_withdrawn_one_says_so_in_our_document(client, make_advisory, store):
    bulletin = store(make_advisory(status="withdrawn")).bulletin
    actions.publish(queries.get_whole(bulletin.id), by=None)
    db.session.commit()
    answer = client.get(f"/bulletins/{bulletin.reference}/csaf.json")
    assert validator_process.problems(answer.data) == []
    head = answer.json["document"]
    assert head["title"].startswith("Withdrawn: ") and head["tracking"]["status"] == "final"


@pytest.mark.every_database
def test_our_own_document_that_comes_back_in_changes_nothing(client, store, own):
    document = client.get(f"/csaf/{own.document_path}").data
    (back,) = read.read(json.loads(document))
    assert store(back).outcome == "skipped"
    assert client.get(f"/csaf/{own.document_path}").data == document
