"""Documents of others stay theirs: stored byte for byte, mirrored, never changed, never shown as a page."""

import hashlib
import json
from pathlib import Path

import jsonschema
import pytest
import referencing
from referencing.jsonschema import DRAFT202012

from advisories import recognise
from advisories.csaf import validator_process
from bulletins import actions, queries, store_actions
from bulletins.catalogue import Catalogue
from bulletins.originals.models import OriginalDocument
from core.database.db import db
from posts import actions as posts
from posts import queries as post_queries
from posts.redaction import redact
from tests.advisories.documents import CSAF, CVE, copy_of
from tests.advisories.test_read_csaf21 import CSAF21
from tests.conftest import DATA

AGGREGATOR = "/.well-known/csaf-aggregator/aggregator.json"


@pytest.fixture
def take(app):
    """take(document or bytes) → the bulletin, imported from the document's bytes, committed."""

    def take(document):
        data = document if isinstance(document, bytes) else json.dumps(document, indent=1).encode()
        (advisory,) = recognise.read(data, "f")
        stored = store_actions.store(advisory, catalogue=Catalogue())
        db.session.commit()
        return stored.bulletin

    return take


def address(bulletin):
    """The address of the original of a bulletin."""
    found = db.session.get(OriginalDocument, bulletin.id, populate_existing=True)
    return f"/.well-known/csaf-aggregator/{found.folder}/{found.path}"


def other(**head):
    """A document of another issuer."""
    document = copy_of(CSAF)
    document["document"]["publisher"] = {
        "category": "vendor",
        "name": "Beta",
        "namespace": "https://beta.example",
    }
    document["document"] |= head
    return document


@pytest.mark.every_database
@pytest.mark.parametrize("document", [CSAF, CSAF21], ids=["2.0", "2.1"])
def test_the_export_is_the_same_statement_byte_for_byte(client, take, document):
    data = json.dumps(document, indent=3, ensure_ascii=False).encode() + b"\n"
    bulletin = take(data)
    answer = client.get(address(bulletin))
    assert answer.data == data
    assert json.loads(answer.data) == document
    assert (answer.mimetype, answer.headers["X-Content-Type-Options"]) == ("application/json", "nosniff")
    assert validator_process.problems(answer.data) == []


def test_our_edits_do_not_touch_it(client, take, moderator):
    bulletin = take(CSAF)
    actions.edit(queries.get_whole(bulletin.id), {"severity": "low", "title": "Ours"}, by=moderator)
    db.session.commit()
    assert client.get(address(bulletin)).json == CSAF
    assert "Ours" in client.get(f"/csaf/{queries.get_whole(bulletin.id).document_path}").text


def test_a_new_version_replaces_it(client, take):
    bulletin = take(CSAF)
    newer = copy_of(CSAF)
    newer["document"]["title"] = "A new title"
    assert take(newer).id == bulletin.id
    assert client.get(address(bulletin)).json == newer


def test_one_that_was_imported_without_its_document_gets_it_with_the_next_import(client, take):
    bulletin = take(CSAF)
    db.session.execute(db.delete(OriginalDocument))
    db.session.commit()
    take(CSAF)
    assert client.get(address(bulletin)).json == CSAF


def test_a_converted_format_has_none(take):
    bulletin = take(CVE)
    assert db.session.get(OriginalDocument, bulletin.id) is None


@pytest.mark.parametrize("label", ["GREEN", "AMBER", "RED"])
def test_what_is_not_for_all_is_in_no_list_and_has_no_address(client, take, moderator, label):
    document = other(distribution={"tlp": {"label": label}})
    bulletin = take(document)
    actions.publish(queries.get_whole(bulletin.id), by=moderator)
    db.session.commit()
    assert client.get(address(bulletin)).status_code == 404
    assert "Beta" not in client.get(AGGREGATOR).text


def test_what_is_no_longer_public_is_gone(client, take, moderator):
    bulletin = take(CSAF)
    where = address(bulletin)
    assert client.get(where).status_code == 200
    posts.delete(queries.get_whole(bulletin.id), by=moderator)
    db.session.commit()
    for suffix in ("", ".sha256", ".sha512"):
        assert client.get(where + suffix).status_code == 404
    assert "csaf_publishers" not in client.get(AGGREGATOR).json


def test_the_lists_of_the_mirror(client, take):
    take(CSAF)
    bulletin = take(other())
    found = client.get(AGGREGATOR).json
    assert found["aggregator"]["category"] == "aggregator"
    assert [each["metadata"]["publisher"]["name"] for each in found["csaf_publishers"]] == [
        CSAF["document"]["publisher"]["name"],
        "Beta",
    ]
    folder = address(bulletin).rsplit("/", 2)[0]
    metadata = client.get(f"{folder}/provider-metadata.json").json
    assert metadata["publisher"]["name"] == "Beta"
    assert metadata["mirror_on_CSAF_aggregators"] is False
    assert f"http://localhost{folder}/provider-metadata.json".endswith(
        metadata["canonical_url"].split("://")[1].partition("/")[2]
    )
    path = client.get(f"{folder}/index.txt").text.strip()
    assert f"{folder}/{path}" == address(bulletin)
    assert client.get(f"{folder}/changes.csv").text.startswith(f'"{path}",')
    feed = metadata["distributions"][1]["rolie"]["feeds"][0]["url"].rsplit("/", 1)[1]
    (entry,) = client.get(f"{folder}/{feed}").json["feed"]["entry"]
    assert entry["content"]["src"].endswith(address(bulletin))
    data = client.get(address(bulletin))
    assert client.get(f"{address(bulletin)}.sha512").text.split()[0] == _sha512(data.data)
    assert client.get(f"{folder}/feed-tlp-red.json").status_code == 404
    assert client.get("/.well-known/csaf-aggregator/nobody/index.txt").status_code == 404


def _sha512(data):
    return hashlib.sha512(data).hexdigest()


def test_the_second_visit_gets_no_byte(client, take):
    where = address(take(CSAF))
    tag = client.get(where).headers["ETag"]
    again = client.get(where, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


def test_two_ids_with_one_file_name_have_two_addresses(client, take):
    first, second = copy_of(CSAF), copy_of(CSAF)
    first["document"]["tracking"]["id"], second["document"]["tracking"]["id"] = "A/1", "A 1"
    addresses = {address(take(first)): first, address(take(second)): second}
    assert len(addresses) == 2
    for where, document in addresses.items():
        assert client.get(where).json == document


def test_redaction_deletes_it(client, take, moderator):
    document = copy_of(CSAF)
    document["vulnerabilities"][0]["title"] = "It holds hunter2hunter2 in its title"
    bulletin = take(document)
    where = address(bulletin)
    assert "hunter2hunter2" in client.get(where).text
    redact(post_queries.revision(bulletin, 1), by=moderator, words=["hunter2hunter2"])
    db.session.commit()
    assert client.get(where).status_code == 404
    assert "hunter2hunter2" not in client.get(queries.get_whole(bulletin.id).url).text


def test_html_in_a_document_is_served_as_json(client, take):
    document = copy_of(CSAF)
    document["document"]["title"] = "<script>alert(1)</script>"
    answer = client.get(address(take(document)))
    assert answer.mimetype == "application/json" and answer.json == document
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.realdata
def test_the_lists_follow_the_schemas_of_the_standard(client, take):
    folder = DATA / "csaf/oasis/json_schema"
    schemas = {path.name: json.loads(path.read_bytes()) for path in Path(folder).glob("*.json")}
    bulletin = take(CSAF)
    mirror = address(bulletin).rsplit("/", 2)[0]
    registry = _registry(schemas)
    for where, name in (
        (AGGREGATOR, "aggregator_json_schema.json"),
        (f"{mirror}/provider-metadata.json", "provider_json_schema.json"),
        ("/.well-known/csaf/provider-metadata.json", "provider_json_schema.json"),
    ):
        checker = jsonschema.Draft202012Validator(schemas[name], registry=registry)
        assert [error.message for error in checker.iter_errors(client.get(where).json)] == []


def _registry(schemas):
    resources = [
        (schema["$id"], referencing.Resource.from_contents(schema, default_specification=DRAFT202012))
        for schema in schemas.values()
        if "$id" in schema
    ]
    return referencing.Registry().with_resources(resources)


@pytest.mark.realdata
def test_real_documents_come_out_as_they_came_in(client, take):
    differences = {}
    for path in sorted([*DATA.glob("csaf/cisa/**/*.json"), *DATA.glob("csaf/oasis/examples/csaf/**/*.json")]):
        data = path.read_bytes()
        try:
            bulletin = take(data)
        except Exception as error:
            differences[path.name] = str(error)
            continue
        if queries.get_whole(bulletin.id).is_public and client.get(address(bulletin)).data != data:
            differences[path.name] = "not the same"
    assert differences == {}
