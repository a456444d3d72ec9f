"""What other machines fetch: documents from the rows, lists of them, and the way back in."""

import csv
import hashlib
import io
import json
from dataclasses import replace
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


def test_the_lists_lead_to_every_document(client, make_advisory, store):
    for name in ("ACME-1", "ACME 2/b"):
        store(make_advisory(name))
    store(make_advisory("UNLABELLED", tlp=""))
    paths = client.get(INDEX).text.split()
    assert sorted(paths) == ["2026/acme-1.json", "2026/acme_2_b.json", "2026/unlabelled.json"]
    assert [row[0] for row in csv.reader(io.StringIO(client.get(CHANGES).text))] == paths
    feeds = client.get(METADATA).json["distributions"][1]["rolie"]["feeds"]
    entries = [
        entry for each in feeds for entry in client.get(urlsplit(each["url"]).path).json["feed"]["entry"]
    ]
    assert len(entries) == 3
    for path in paths:
        answer = client.get(f"/csaf/{path}")
        assert validator_process.problems(answer.data) == []
        for sum_of in ("sha256", "sha512"):
            line = client.get(f"/csaf/{path}.{sum_of}").text
            assert line == f"{hashlib.new(sum_of, answer.data).hexdigest()}  {path.split('/')[1]}\n"


def test_no_list_or_address_knows_what_is_not_for_all(client, make_advisory, store, moderator):
    secret = store(make_advisory("SECRET", tlp="AMBER")).bulletin
    draft = store(make_advisory("DRAFT", status="draft")).bulletin
    actions.publish(queries.get_whole(secret.id), by=moderator)
    db.session.commit()
    for path in (INDEX, CHANGES, METADATA, "/csaf/feed-tlp-white.json"):
        assert "secret" not in client.get(path).text and "draft" not in client.get(path).text
    for bulletin in (secret, draft):
        assert client.get(f"/csaf/{bulletin.document_path}").status_code == 404
        assert client.get(f"/csaf/{bulletin.document_path}.sha512").status_code == 404


def test_edits_of_severity_product_and_remedy_appear(client, make_advisory, store, moderator):
    bulletin = store(make_advisory()).bulletin
    words = adv.Remedy("workaround", "Close the reader.", ("A", "C"))
    said = vulnerability(affected=("A", "C"), remedies=[fix("A", "C"), words])
    actions.edit(
        queries.get_whole(bulletin.id),
        {
            "severity": "low",
            "vulnerabilities": [said],
            "products": [
                adv.ProductEntry("A", "Acme Reader 9", "Acme", "Reader", "9"),
                adv.ProductEntry("C", "Acme Writer 1", "Acme", "Writer", "1"),
            ],
        },
        by=moderator,
    )
    mitigation_actions.add(
        queries.get_whole(bulletin.id), {"layer": "host", "text": "Unplug it."}, by=moderator
    )
    db.session.commit()
    answer = client.get(f"/csaf/{bulletin.document_path}")
    assert validator_process.problems(answer.data) == []
    assert answer.json["document"]["aggregate_severity"]["text"] == "low"
    assert answer.json["document"]["tracking"]["version"] == "2"
    text = answer.text
    assert "Acme Writer 1" in text and "Acme Reader 10" not in text
    assert "Close the reader." in text and "Unplug it." in text


def test_a_bulletin_of_ours_is_a_valid_document(client, moderator):
    facts = {"title": "Acme Reader: a font runs code", "severity": "critical"}
    bulletin = actions.create(facts, by=moderator)
    actions.publish(bulletin, by=moderator)
    db.session.commit()
    answer = client.get(f"/csaf/{bulletin.document_path}")
    assert validator_process.problems(answer.data) == []
    assert answer.json["document"]["tracking"]["id"] == bulletin.reference


def test_where_two_issuers_use_one_id_the_later_is_published_under_ours(client, make_advisory, store):
    store(make_advisory("CVE-2026-1001"))
    second = store(make_advisory("CVE-2026-1001", publisher="Somebody else")).bulletin
    assert second.document_path == "2026/rb-2026-002.json"
    head = client.get(f"/csaf/{second.document_path}").json["document"]
    assert (head["tracking"]["id"], head["tracking"]["aliases"]) == ("RB-2026-002", ["CVE-2026-1001"])
    assert head["publisher"]["name"] == "Redoubt"


@pytest.mark.every_database
def test_what_comes_back_in_changes_nothing_and_goes_out_the_same(client, make_advisory, store):
    bulletin = store(make_advisory(aliases=["A-1"])).bulletin
    document = client.get(f"/csaf/{bulletin.document_path}").data
    (back,) = read.read(json.loads(document))
    assert store(back).outcome == "skipped"
    twin = store(replace(back, tracking_id="TWIN")).bulletin
    assert client.get(f"/csaf/{twin.document_path}").data == document.replace(b'ACME-1"', b'TWIN"')
