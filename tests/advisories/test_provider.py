"""The files beside the documents, as CSAF 2.0 section 7.1 wants them."""

import csv
import hashlib
import json
from datetime import UTC, datetime

import pytest

from advisories.csaf import provider
from advisories.csaf.provider import Document
from advisories.csaf.write import Publisher

SITE = Publisher("Redoubt", "https://redoubt.example", "other", "psirt@redoubt.example")
FOLDER = "https://redoubt.example/csaf"
OLD = Document(
    "2025/rb-2025-001.json",
    "RB-2025-001",
    "Old",
    datetime(2025, 1, 1, tzinfo=UTC),
    datetime(2025, 2, 1, 10, 30, tzinfo=UTC),
)
NEW = Document(
    "2026/rb-2026-001.json",
    "RB-2026-001",
    'A "new" one, here',
    datetime(2026, 1, 1, tzinfo=UTC),
    datetime(2026, 1, 2, tzinfo=UTC),
    "",
    "What it is about.",
)
CLEAR = Document(
    "2024/rb-2024-001.json",
    "RB-2024-001",
    "Clear",
    datetime(2024, 1, 1, tzinfo=UTC),
    datetime(2024, 1, 1, tzinfo=UTC),
    "CLEAR",
)
ALL = [OLD, NEW, CLEAR]


@pytest.mark.parametrize(
    ("tracking_id", "name"),
    [
        ("RB-2026-014", "rb-2026-014.json"),
        ("RHSA-2021:5186", "rhsa-2021_5186.json"),
        ("Example Company - 2019-YH3234", "example_company_-_2019-yh3234.json"),
        ("../../etc", "_etc.json"),
        ("a/b\\ü+c", "a_b_+c.json"),
    ],
)
def test_names_of_files(tracking_id, name):
    assert provider.filename(tracking_id) == name


def test_a_document_lies_in_the_year_of_its_first_release():
    assert provider.path("RB-2026-014", OLD.published_at) == "2025/rb-2026-014.json"


def test_index_lists_every_document_newest_first():
    assert provider.index(ALL).splitlines() == [NEW.path, OLD.path, CLEAR.path]


def test_changes_are_quoted_and_newest_first():
    text = provider.changes(ALL)
    assert text.splitlines()[1] == '"2025/rb-2025-001.json","2025-02-01T10:30:00Z"'
    days = [row[1] for row in csv.reader(text.splitlines())]
    assert days == sorted(days, reverse=True) and len(days) == 3


def test_a_feed_has_the_documents_of_its_label():
    white = provider.feed("WHITE", ALL, FOLDER, "All")["feed"]
    assert [entry["id"] for entry in white["entry"]] == ["RB-2025-001", "RB-2024-001"]
    assert white["updated"] == "2025-02-01T10:30:00Z"
    assert white["link"] == [{"rel": "self", "href": f"{FOLDER}/feed-tlp-white.json"}]
    assert white["category"][0]["term"] == "csaf"
    entry = white["entry"][0]
    assert entry["content"] == {"type": "application/json", "src": f"{FOLDER}/{OLD.path}"}
    assert {link["rel"]: link["href"] for link in entry["link"]}["self"] == f"{FOLDER}/{OLD.path}"
    assert f"{FOLDER}/{OLD.path}.sha512" in [link["href"] for link in entry["link"] if link["rel"] == "hash"]
    unlabelled = provider.feed("UNLABELED", ALL, FOLDER, "All")["feed"]
    assert [entry["summary"]["content"] for entry in unlabelled["entry"]] == ["What it is about."]


def test_a_feed_without_documents_is_a_feed():
    feed = provider.feed("WHITE", [], FOLDER, "All")["feed"]
    assert feed["entry"] == [] and feed["updated"] == "1970-01-01T00:00:00Z"


def test_metadata_names_directory_and_feeds():
    labels = map(provider.label_of, ALL)
    found = provider.metadata(SITE, "https://redoubt.example/", FOLDER, labels, NEW.updated_at)
    assert found["canonical_url"] == "https://redoubt.example/.well-known/csaf/provider-metadata.json"
    assert found["distributions"][0] == {"directory_url": f"{FOLDER}/"}
    feeds = found["distributions"][1]["rolie"]["feeds"]
    assert [feed["tlp_label"] for feed in feeds] == ["UNLABELED", "WHITE"]
    assert (found["role"], found["last_updated"]) == ("csaf_provider", "2026-01-02T00:00:00Z")
    assert found["publisher"] == {
        "category": "other",
        "contact_details": "psirt@redoubt.example",
        "name": "Redoubt",
        "namespace": "https://redoubt.example",
    }


def test_hashes_are_of_the_bytes_and_name_the_file():
    assert provider.hash_file(b"x", OLD.path) == f"{hashlib.sha512(b'x').hexdigest()}  rb-2025-001.json\n"
    assert provider.hash_file(b"x", OLD.path, "sha256").startswith(hashlib.sha256(b"x").hexdigest())


def test_the_same_list_gives_the_same_bytes():
    feed = provider.to_json(provider.feed("WHITE", reversed(ALL), FOLDER, "All"))
    assert feed == provider.to_json(provider.feed("WHITE", ALL, FOLDER, "All"))
    assert json.loads(feed)["feed"]["title"] == "All"
