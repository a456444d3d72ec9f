"""The API against its own OpenAPI document: schemathesis sends what it describes, and what it forbids."""

import re
import shutil

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app import create_app
from auth import actions as auth
from core import events
from core.db import db
from core.markup import render
from forum import actions as forum
from kb import actions as kb
from posts import actions as posts

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance,
          response_headers_conformance, response_schema_conformance]
EXAMPLES = 6
TEXT = "A text that is long enough to be a question, an answer, a comment or an article."


def _fill() -> tuple[dict, str]:
    """A little of everything; gives path parameters that lead to it, and a moderator's token."""
    moira = auth.make_user("moira", email="moira@example.org", role="moderator", confirmed=True)
    alice = auth.make_user("alice", email="alice@example.org", confirmed=True)
    db.session.flush()
    question = forum.ask("Which of these numbers is a question?", render(TEXT), ["numbers"], by=moira)
    answer = forum.answer(question, render(TEXT), by=alice)
    posts.comment(answer, render(TEXT), by=moira)
    article = kb.write("Count what there is", render(TEXT), layer="host", by=alice)
    kb.publish(article, by=moira)
    posts.revise(answer, render(TEXT + " Changed."), by=moira)
    token = auth.make_token(moira, "fuzz", "write")
    db.session.commit()
    events.drain()
    return {"question_id": question.id, "answer_id": answer.id, "article_id": article.id,
            "post_id": answer.id, "username": "moira", "name": "numbers", "number": 1}, token


@pytest.fixture(scope="module")
def site(tmp_path_factory, empty_database):
    """A site for the whole module, with no context open: each request brings its own."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copy(empty_database, folder / "redoubt.db")
    app = create_app(REDOUBT_INSTANCE=folder, REDOUBT_WORKER="off", REDOUBT_RATE_LIMITS="off")
    with app.app_context():
        app.known, app.token = _fill()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="module")
def document(site):
    """The document as schemathesis reads it."""
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", site)


def attempt(strategy, token):
    """Send a handful of what `strategy` makes, as a visitor and as a moderator."""
    @given(case=strategy)
    @settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=True,
              suppress_health_check=list(HealthCheck))
    def send(case):
        case.call_and_validate(checks=CHECKS)
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=CHECKS)

    send()


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("tag", ["Articles", "Moderation", "Posts", "Questions", "Search", "Users"])
def test_every_operation_keeps_to_the_document(site, document, tag, mode, subtests):
    for operation in (found.ok() for found in document.include(tag=tag).get_all_operations()):
        with subtests.test(operation.label):
            known = {name: site.known[name] for name in re.findall(r"{(\w+)}", operation.path)}
            if mode.is_positive or operation.body or operation.query:
                attempt(operation.as_strategy(mode, path_parameters=known), site.token)
