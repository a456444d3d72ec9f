"""What is hidden shows on no route: every GET route of the site, with every hidden thing, as people
who may not see it; and its page is the very page of something that never was."""

import re

import pytest

from auth import actions as accounts
from core.database.db import db
from tests.test_access import PARTS, ROUTES
from tests.world import CANARY, MARKER

GETS = [rule for rule, method in ROUTES if method == "GET"]
QUERIES = [
    {},
    {"q": MARKER},
    {"q": f"{MARKER} kind:question"},
    {"q": f"tag:{CANARY}"[:60]},
    {"q": MARKER[:6]},
    {"title": MARKER},
    {"sort": "votes"},
    {"sort": "active"},
    {"sort": "unanswered"},
    {"tag": CANARY},
]
ABSENT = 987654321


def _by_page_and_token(app, login, user):
    client, token = login(user), accounts.make_token(user, "test", "read")

    def get(path, query):
        headers = {"Authorization": f"Bearer {token}"} if path.startswith("/api/") else {}
        return client.get(path, query_string=query, headers=headers)

    return get


@pytest.fixture
def readers(app, world, login):
    """get(path, query) as people who see nothing hidden; in the API with a token, but for the visitor."""
    people = {"outsider": world.people["outsider"], **world.restricted}
    made = {who: _by_page_and_token(app, login, people[who]) for who in ("outsider", "suspended moderator")}
    db.session.commit()
    return {"visitor": lambda path, query: app.test_client().get(path, query_string=query), **made}


def addresses(app, world, rule):
    """Addresses of a route filled with public things and with each hidden one."""
    secret_file = {"key": world.public["secret_key"], "name": f"{CANARY}.log"}
    fills = [{"number": 2}, {"name": CANARY}, secret_file, {"report_id": world.public["hidden_report_id"]}]
    for post in world.hidden:
        ids = dict.fromkeys(("question_id", "answer_id", "article_id", "post_id", "comment_id"), post.id)
        fills += [ids | {"slug": post.slug or "-", "reference": getattr(post, "reference", str(post.id))}]
    with app.test_request_context():
        return sorted(
            {rule.build(values)[1] for fill in fills if (values := world.values(rule, **fill)) is not None}
        )


@pytest.mark.parametrize("part", range(PARTS))
def test_hidden_things_show_nowhere(app, world, readers, part):
    for rule in GETS[part::PARTS]:
        if rule.endpoint != "static":  # files of the release
            no_answer_has_the_canary(app, world, readers, rule)


def no_answer_has_the_canary(app, world, readers, rule):
    """Ask a route for each hidden thing, as each reader."""
    for path in addresses(app, world, rule):
        for query in QUERIES if not rule.arguments else QUERIES[:1]:
            for who, get in readers.items():
                if who == "suspended moderator" and query not in QUERIES[:2]:
                    continue  # lists ask for rights in one way, whatever their order
                answer = get(path, query)
                text = answer.text + str(answer.headers)
                echo = path.count(CANARY) + str(query).count(CANARY)
                assert text.count(CANARY) == 0 or echo, f"{who} reads it at {path} {query}"
                assert f"beside {CANARY}" not in text, f"{who} reads it at {path} {query}"
                assert answer.status_code < 500, f"{who} at {path} {query}"


def plain(answer, path):
    """The page without its own address and without the token that each answer has of its own."""
    return re.sub(r'name="csrf_token" value="[^"]*"', "", answer.text.replace(path, ""))


@pytest.mark.parametrize("part", range(2))
def test_hidden_looks_as_if_it_never_was(app, world, readers, part):
    rules = [r for r in GETS if r.arguments & {"question_id", "answer_id", "article_id", "post_id"}]
    for rule in rules[part::2]:
        every_hidden_post_looks_absent(app, world, readers, rule)


def every_hidden_post_looks_absent(app, world, readers, rule):
    """Compare the answers of a route about each hidden post with those about one that never was."""
    with app.test_request_context():
        absent = rule.build(
            world.values(rule, **dict.fromkeys(("question_id", "answer_id", "article_id", "post_id"), ABSENT))
        )[1]
    for post in world.hidden:
        with app.test_request_context():
            path = rule.build(
                world.values(
                    rule, **dict.fromkeys(("question_id", "answer_id", "article_id", "post_id"), post.id)
                )
            )[1]
        for get in readers.values():
            hidden, never = get(path, {}), get(absent, {})
            assert hidden.status_code == never.status_code, path
            assert plain(hidden, path) == plain(never, absent), path


def test_moderators_see_what_they_judge(app, world, login):
    client = login(world.people["moderator"])
    for post in world.hidden:
        assert (
            CANARY
            in client.get(f"/posts/{post.id}/history", follow_redirects=True).text
            + client.get(post.url.split("#")[0]).text
        ), post.kind
