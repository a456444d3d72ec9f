"""Tags: new ones take reputation, close ones are named, descriptions are for the trusted."""

from urllib.parse import quote

import pytest

from core.database.db import db
from core.database.models import Event
from posts import actions
from posts.models import Post, Tag
from posts.tags.queries import unknown_tags

BODY = "What happens is described here in enough words for others to understand it."


@pytest.fixture
def newcomer(make_user):
    return make_user("newcomer", reputation=299)


def ask(client, tags):
    return client.post(
        "/questions/ask", data={"title": "Which tag fits this question best?", "body": BODY, "tags": tags}
    )


def test_a_new_tag_is_refused_below_300_and_close_ones_are_named(login, newcomer, make_question):
    make_question(tags=("powershell", "patching"))
    answer = ask(login(newcomer), "patching powershel")
    assert answer.status_code == 422
    assert "300 reputation" in answer.text and "powershell." in answer.text and BODY in answer.text
    assert db.session.scalar(db.select(Tag).where(Tag.name == "powershel")) is None
    assert db.session.scalar(db.select(db.func.count(Post.id))) == 1


def test_existing_tags_need_nothing(login, newcomer, make_question):
    make_question(tags=("powershell",))
    assert ask(login(newcomer), "powershell").status_code == 302


def test_members_with_300_and_moderators_make_tags(login, member, moderator):
    assert ask(login(member), "brand-new").status_code == 302
    assert ask(login(moderator), "another-new").status_code == 302


def test_an_edit_cannot_bring_a_new_tag_either_and_keeps_the_text(login, newcomer, make_question):
    make_question(tags=("dns",))
    question = make_question(tags=("dns",))
    question.author_id = newcomer.id
    data = {"title": question.title, "body": BODY, "tags": "dns dnssec-new"}
    answer = login(newcomer).post(f"/questions/{question.id}/edit", data=data)
    assert answer.status_code == 422 and BODY in answer.text
    assert [tag.name for tag in question.tags] == ["dns"] and question.revision_count == 1


def test_a_tag_of_hidden_posts_only_is_as_unknown_as_none(login, client, newcomer, member, make_question):
    make_question(tags=("patching",))
    hidden = make_question(tags=("canarytag",))
    actions.delete(hidden, by=member)
    browser = login(newcomer)
    same = [ask(browser, name).text.replace(name, "X") for name in ("canarytag", "nosuchtag")]
    assert same[0] == same[1]
    assert client.get("/tags/canarytag").status_code == client.get("/tags/nosuchtag").status_code == 404
    assert client.get("/tags.json?q=canary").json == {"items": []}
    assert "canarytag" not in client.get("/tags?q=tag").text.replace('value="canarytag"', "")


class TestScale:
    """A young site lets everyone make tags."""

    @pytest.fixture
    def settings(self):
        return {"REDOUBT_PRIVILEGE_SCALE": "0"}

    def test_everyone_makes_tags(self, login, make_user):
        assert ask(login(make_user("first")), "the-very-first").status_code == 302


def test_the_list_is_searched_by_part_of_a_name(client, make_question):
    make_question(tags=("azure-ad", "ad", "powershell", "per_cent"))
    page = client.get("/tags?q=ad").text
    assert "/tags/azure-ad" in page and "/tags/ad" in page and "/tags/powershell" not in page
    assert "/tags/azure-ad" not in client.get("/tags?q=%25").text, "a wildcard is only a character"


def test_suggestions_while_typing_put_the_most_used_first(client, make_question):
    make_question(tags=("dns", "dnssec"))
    make_question(tags=("dnssec",))
    assert [i["text"] for i in client.get("/tags.json?q=DNS").json["items"]] == ["dnssec", "dns"]
    assert client.get("/tags.json").json == {"items": []}


def test_a_description_takes_2000_and_is_shown(login, client, make_user, member, make_question):
    make_question(tags=("kerberos",))
    data = {"excerpt": "Tickets, service names and clocks that disagree."}
    assert login(member).post("/tags/kerberos/edit", data=data).status_code == 403
    assert client.get("/tags/kerberos/edit").status_code == 302
    trusted = login(make_user("trusted", reputation=2000))
    assert trusted.get("/tags/kerberos/edit").status_code == 200
    assert trusted.post("/tags/kerberos/edit", data=data).status_code == 302
    assert data["excerpt"] in client.get("/tags/kerberos").text
    assert data["excerpt"] in client.get("/tags").text
    event = db.session.scalar(db.select(Event).where(Event.name == "tag.described"))
    assert event.subject_kind == "tag" and event.actor_id is not None


def test_the_trusted_begin_a_tag_before_anybody_uses_it(login, moderator, newcomer, client):
    browser = login(moderator)
    assert "/tags/firewalls/edit" in browser.get("/tags?q=Firewalls").text
    data = {"excerpt": "Filters between networks."}
    assert browser.post("/tags/firewalls/edit", data=data).status_code == 302
    assert client.get("/tags/firewalls").status_code == 200
    assert ask(login(newcomer), "firewalls").status_code == 302
    assert browser.get("/tags/not%20a%20tag/edit").status_code == 404


def test_restoring_an_old_revision_may_bring_its_own_tags_back(login, newcomer, make_question, member):
    question = make_question(tags=("rare",))
    actions.revise(question, actions.render(BODY), by=member, tags=["patching"])
    question.author_id = newcomer.id
    assert unknown_tags(["rare"]) == ["rare"]
    assert login(newcomer).post(f"/posts/{question.id}/revisions/1/restore").status_code == 302
    assert [tag.name for tag in question.tags] == ["rare"]


@pytest.mark.parametrize(
    "name",
    [
        ".net",
        ".htaccess",
        "c++",
        "c#",
        "windows_update",
        "größe",
        "日本語",
        "हिन्दी",
        "العربية",
        "f5-big-ip",
        "802.1x",
        "k8s",
        "ß",
    ],
)
def test_tags_hold_what_the_names_of_the_field_hold(app, login, moderator, name):
    client = login(moderator)
    page = client.post(
        "/questions/ask", data={"title": "A question about one of these tags", "body": BODY, "tags": name}
    )
    assert page.status_code == 302
    assert client.get(f"/tags/{quote(name)}").status_code == 200
    assert client.get(f"/tags/{quote(name)}/edit").status_code == 200
    assert name in client.get("/tags").text


@pytest.mark.parametrize(
    "name",
    [
        "..",
        ".",
        "-x",
        "--",
        "#",
        "_x",
        "+",
        "a/b",
        "a?b",
        "<b>",
        "a:b",
        "a\u202eb",
        "😀",
        "a" * 36,
        "%2e",
        "a\u200bb",
        "&amp",
    ],
)
def test_what_is_no_name_is_no_tag(app, login, moderator, name):
    page = login(moderator).post(
        "/questions/ask", data={"title": "A question about one of these tags", "body": BODY, "tags": name}
    )
    assert page.status_code == 422 and "can&#39;t be a tag" in page.text
