"""The API against its own OpenAPI document: schemathesis sends what it describes, and what it forbids."""

import re

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api_world import world

CHECKS = [
    not_a_server_error,
    negative_data_rejection,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 5
PLAIN = {"Accept-Encoding": "identity"}  # its WSGI client unpacks nothing
TAGS = [
    "Alerts",
    "Articles",
    "Bulletins",
    "Calendar",
    "Imports",
    "Inbox",
    "Inventory",
    "Moderation",
    "Posts",
    "Products",
    "Questions",
    "Search",
    "Sources",
    "Status",
    "Users",
    "Vulnerabilities",
]


@pytest.fixture(scope="module")
def site(tmp_path_factory, empty_database):
    """One world for all operations; what they change, they change."""
    with world(tmp_path_factory, empty_database) as made:
        ids = made.ids
        made.known = {
            "question_id": ids["question"],
            "answer_id": ids["answer"],
            "post_id": ids["answer"],
            "article_id": ids["article"],
            "username": "bob",
            "name": "numbers",
            "number": 1,
            "slug": "widget",
            "cycle": "1",
            "owned_id": ids["line"],
            "inventory_id": ids["inventory"],
            "upload_id": ids["upload"],
            "reference": str(ids["bulletin"]),
            "vulnerability": "CVE-2026-1001",
            "mitigation_id": ids["mitigation"],
            "notification_id": ids["news"],
            "month": "2026-11",
            "report_id": ids["report"],
            "source_id": 999,
            "key": "nosuchattachment",
        }
        yield made


@pytest.fixture(scope="module")
def document(site):
    """The document as schemathesis reads it."""
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", site.app)


def attempt(strategy, token):
    """Send a handful of what `strategy` makes, as a visitor and as a moderator."""

    @given(case=strategy)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    def send(case):
        case.call_and_validate(headers=PLAIN, checks=CHECKS)
        case.call_and_validate(headers={**PLAIN, "Authorization": f"Bearer {token}"}, checks=CHECKS)

    send()


@pytest.mark.parametrize(
    "mode", [GenerationMode.POSITIVE, pytest.param(GenerationMode.NEGATIVE, marks=pytest.mark.long)]
)
@pytest.mark.parametrize("tag", TAGS)
def test_every_operation_keeps_to_the_document(site, document, tag, mode, subtests):
    for operation in (found.ok() for found in document.include(tag=tag).get_all_operations()):
        with subtests.test(operation.label):
            known = {name: site.known[name] for name in re.findall(r"{(\w+)}", operation.path)}
            if mode.is_positive or operation.body or operation.query:
                attempt(operation.as_strategy(mode, path_parameters=known), site.tokens["moderator"])


def test_every_part_of_the_document_is_tried(document):
    assert sorted(tag["name"] for tag in document.raw_schema["tags"]) == TAGS
