"""Two people edit one thing: both texts survive, in every form and every change of the API."""

import threading

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from auth import actions as accounts
from core.database.db import db
from posts.revisions import editables
from tests.editing import API, FORMS, NO_EDIT
from tests.test_access import ROUTES, address

MANY = 30
RULES = {rule.endpoint: rule for rule, _method in ROUTES}
MINE, THEIRS = "A line that only I have typed, word for word.", "A line that the other one has saved before."


@pytest.fixture
def things(world):
    """By name of a form: the thing that it edits in the small world."""
    public = world.public
    ids = {
        "question": public["question_id"],
        "answer": public["answer_id"],
        "comment": public["comment_id"],
        "article": public["article_id"],
        "mitigation": public["mitigation_id"],
        "release": public["release_id"],
        "profile": world.people["moderator"].id,
    }
    found = {name: db.session.get(FORMS[name].model, id) for name, id in ids.items()}
    for name, column, value in (
        ("bulletin", "reference", public["reference"]),
        ("tag", "name", "printing"),
        ("product", "slug", "widget"),
    ):
        model = FORMS[name].model
        found[name] = db.session.scalar(db.select(model).where(getattr(model, column) == value))
    return found


def sent(page, index=-1) -> dict:
    """The fields of a form of a page as a browser sends them, the last form unless said otherwise."""
    soup = BeautifulSoup(page.data, "html.parser")
    forms = [each for each in soup.select("main form[method=post]") if each.select_one("[name=version]")]
    fields = {}
    for each in forms[index].select("input[name], textarea[name], select[name]"):
        if each.get("type") == "checkbox" and not each.has_attr("checked"):
            continue
        chosen = each.select_one("option[selected]") or each.select_one("option")
        value = chosen["value"] if each.name == "select" and chosen else each.get("value", "")
        fields[each["name"]] = each.text.removeprefix("\n") if each.name == "textarea" else value
    return fields


def opened(client, path) -> dict:
    """The fields of the editing form at a path."""
    page = client.get(path)
    assert page.status_code == 200
    forms = BeautifulSoup(page.data, "html.parser").select("main form.form")
    assert forms[0].select_one("[name=version]"), "the form does not say which version it was made from"
    return sent(page, 0)


@pytest.fixture
def pair(app, world, login):
    """pair(name) → (path of the form, one editor's client, the other's)."""

    def make(name):
        form = FORMS[name]
        path = address(app, world, RULES[form.endpoint])
        return path, *(login(world.people[who]) for who in form.who)

    return make


def test_every_form_and_every_change_is_in_the_table():
    editing = {
        rule.endpoint
        for rule, method in ROUTES
        if method == "POST"
        and "GET" in rule.methods
        and (
            rule.rule.endswith("/edit")
            or rule.rule.endswith("mitigations/<int:mitigation_id>")
            or rule.endpoint == "auth.settings_profile"
        )
    }
    assert editing == {form.endpoint for form in FORMS.values()}
    changing = {rule.endpoint for rule, method in ROUTES if method in ("PATCH", "PUT")}
    assert changing == {change for _read, change, _body in API.values()} | NO_EDIT


def test_every_model_with_a_version_can_show_a_conflict(app):
    assert set(editables.all_models()) == {form.model for form in FORMS.values()}


@pytest.mark.every_database
@pytest.mark.parametrize("name", FORMS)
def test_of_two_editors_the_later_sees_both_texts_and_can_take_both(app, world, pair, things, name):
    form = FORMS[name]
    path, one, other = pair(name)
    field = form.text or form.line
    early, late = opened(one, path), opened(other, path)
    theirs, mine = (f"{early[field]}\n{THEIRS}", f"{late[field]}\n{MINE}") if form.text else ("7.1", "8.2")
    assert one.post(path, data=early | {field: theirs}).status_code == 302
    refused = other.post(path, data=late | {field: mine, "summary": "My reason"})
    assert refused.status_code == 409
    page = BeautifulSoup(refused.data, "html.parser")
    assert (MINE if form.text else "8.2") in page.text and (THEIRS if form.text else "7.1") in page.text
    assert page.select_one("main del") and page.select_one("main ins")
    again = sent(refused)
    assert late.keys() - {"action"} <= again.keys()
    if "summary" in again and name != "article":
        assert again["summary"] == "My reason"
    labels = [button.text.strip() for button in page.select(".conflict-choices button, .conflict-choices a")]
    assert "Use my version" in labels and "Use the current version" in labels
    index = labels.index("Keep both") if "Keep both" in labels else -1
    saved = other.post(path, data=sent(refused, index) if index >= 0 else again)
    assert saved.status_code == 302, saved.text[:2000]
    text = opened(one, path)[field]
    if form.text:
        assert MINE in text and THEIRS in text
    else:
        assert text == "8.2"


@pytest.mark.parametrize(
    "name", [name for name, form in FORMS.items() if form.text and form.line and name != "profile"]
)
def test_changes_that_do_not_touch_are_merged_and_nothing_is_asked(app, world, pair, name):
    form = FORMS[name]
    path, one, other = pair(name)
    early, late = opened(one, path), opened(other, path)
    line = "https://example.org/theirs" if form.line == "url" else "A line of the other editor"
    assert one.post(path, data=early | {form.line: line}).status_code == 302
    refused = other.post(path, data=late | {form.text: MINE})
    assert refused.status_code == 409
    merged = sent(refused)
    assert (merged[form.line], merged[form.text]) == (line, MINE)
    assert other.post(path, data=merged).status_code == 302
    now = opened(one, path)
    assert (now[form.line], now[form.text].strip()) == (line, MINE)


def test_theirs_can_be_taken_and_mine_over_theirs(pair, world):
    path, one, other = pair("answer")
    early, late = opened(one, path), opened(other, path)
    one.post(path, data=early | {"body": THEIRS})
    refused = other.post(path, data=late | {"body": MINE})
    assert opened(one, path)["body"] == THEIRS
    assert other.post(path, data=sent(refused, 0)).status_code == 302
    assert opened(one, path)["body"] == MINE


def test_a_form_shown_again_keeps_the_version_it_was_made_from(pair, world):
    path, one, other = pair("question")
    early, late = opened(one, path), opened(other, path)
    one.post(path, data=early | {"body": THEIRS})
    for wrong in ({"title": "short"}, {"action": "preview"}):
        again = sent(other.post(path, data=late | {"body": MINE} | wrong), 0)
        assert again["version"] == late["version"]


@pytest.mark.parametrize("version", ["", "nope", "1", "999-1", "1-1-1", "💥"])
def test_a_version_that_names_nothing_is_another_version(pair, world, version):
    path, _one, other = pair("answer")
    refused = other.post(path, data=opened(other, path) | {"body": MINE, "version": version})
    assert refused.status_code == 409 and MINE in refused.text


def test_restoring_a_revision_obeys_it(app, world, things, login):
    client, question = login(world.people["author"]), things["question"]
    page = client.get(f"/posts/{question.id}/revisions/1")
    fields = {
        "version": BeautifulSoup(page.data, "html.parser").select_one(
            "form[action$='/revisions/1/restore'] [name=version]"
        )["value"]
    }
    path, one = f"/questions/{question.id}/edit", client
    one.post(path, data=opened(one, path) | {"body": THEIRS})
    refused = client.post(f"/posts/{question.id}/revisions/1/restore", data=fields)
    assert refused.status_code == 409
    assert THEIRS in BeautifulSoup(refused.data, "html.parser").text
    assert client.post(f"/posts/{question.id}/revisions/1/restore", data=sent(refused)).status_code == 302


@pytest.fixture
def program(app, world):
    """program(method, path, json, headers): the API as a moderator, who may change everything here."""
    token = accounts.make_token(world.people["moderator"], "test", "write")
    db.session.commit()

    def call(method, path, json=None, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return app.test_client().open(
            path, method=method, json=json, headers={"Authorization": f"Bearer {token}", **named}
        )

    return call


@pytest.mark.every_database
@pytest.mark.parametrize("name", API)
def test_the_api_refuses_a_change_of_another_version(app, world, things, program, name):
    read, change, body = API[name]
    rule = RULES[change]
    path, method = address(app, world, rule), next(iter(rule.methods & {"PATCH", "PUT"}))

    def send(number, **headers):
        return program(method, path, {key: value.format(number) for key, value in body.items()}, **headers)

    tag = f'"{things[name].version}"'
    if read:
        found = program("GET", address(app, world, RULES[read]))
        assert found.headers["ETag"].startswith(tag[:-1] + ".") and found.json["version"] == tag.strip('"')
        tag = found.headers["ETag"]
    first = send(1, If_Match=tag)
    current = f'"{first.json["version"]}"'
    assert first.status_code == 200 and not first.headers["ETag"].startswith(tag.partition(".")[0])
    assert first.headers["ETag"].startswith(current[:-1] + ".")
    for wrong in (
        tag,
        '"nope"',
        "nope",
        "",
        f"W/{first.headers['ETag']}",
        current.strip('"'),
        current.replace("-", "-9"),
        '"*"',
    ):
        refused = send(2, If_Match=wrong)
        assert refused.status_code == 412, wrong
        assert refused.headers["ETag"] == current
        assert (refused.mimetype, refused.json["status"]) == ("application/problem+json", 412)
    compressed = first.headers["ETag"][:-1] + ':gzip"'
    for right in (f'"other", {first.headers["ETag"]}', "*"):
        assert send(3 if right == "*" else 4, If_Match=right).status_code == 200
        db.session.rollback()
    assert send(5, If_Match=compressed).status_code == 412
    assert send(6).status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/posts/{answer_id}", None),
        ("/questions/{question_id}/close", {"reason": "off-topic"}),
        ("/articles/{article_id}/unpublish", None),
        ("/articles/{article_id}/verify", {"verified_on": "2026-01-01"}),
        ("/posts/{question_id}/revisions/1/restore", None),
        ("/posts/{question_id}/revisions/1/redact", None),
        ("/bulletins/{reference}/withdraw", {"reason": "It was wrong."}),
        ("/bulletins/{reference}/unpublish", None),
        ("/bulletins/{reference}/schedule", {"at": None}),
        ("/bulletins/{reference}/mitigations/{mitigation_id}", None),
        ("/products/widget", None),
        ("/products/widget/releases/1", None),
    ],
)
def test_other_changes_of_the_api_obey_the_header_too(world, program, path, body):
    method = "POST" if body or path.endswith(("unpublish", "restore", "redact", "withdraw")) else "DELETE"
    refused = program(method, "/api/v1" + path.format(**world.public), body, If_Match='"nope"')
    assert refused.status_code == 412


def test_who_may_not_change_it_is_told_that_first(app, world):
    token = accounts.make_token(world.people["outsider"], "test", "write")
    db.session.commit()
    answer = app.test_client().patch(
        f"/api/v1/articles/{world.public['article_id']}",
        json={"summary": "Mine"},
        headers={"Authorization": f"Bearer {token}", "If-Match": '"nope"'},
    )
    assert answer.status_code == 403


def test_what_must_not_be_there_yet_is_not_written_over(world, program):
    put = {"latest": "2.0"}
    assert program("PUT", "/api/v1/products/widget/releases/1", put, If_None_Match="*").status_code == 412
    assert program("PUT", "/api/v1/products/widget/releases/77", put, If_Match="*").status_code == 412
    assert program("PUT", "/api/v1/products/widget/releases/77", put, If_None_Match="*").status_code == 200


@pytest.mark.every_database
@pytest.mark.parametrize("name", [name for name in FORMS if name not in ("answer", "comment", "profile")])
def test_of_thirty_saves_at_once_one_wins(app, world, things, name):
    form = FORMS[name]
    path = address(app, world, RULES[form.endpoint])
    token = accounts.open_session(world.people["moderator"])
    db.session.commit()
    clients = [FlaskClient(app, app.response_class) for _ in range(MANY)]
    for client in clients:
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True
    fields, before = opened(clients[0], path), things[name].revision_count
    field = form.text or form.line
    db.session.commit()
    ready, codes = threading.Barrier(MANY), [0] * MANY

    def save(number):
        text = f"Save number {number} of many that were begun together." if form.text else f"9.{number}"
        ready.wait()
        codes[number] = clients[number].post(path, data=fields | {field: text}).status_code

    threads = [threading.Thread(target=save, args=(number,)) for number in range(MANY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [302] + [409] * (MANY - 1)
    db.session.expire_all()
    assert things[name].revision_count == before + 1
