"""Who hears of edits by members, of first posts that wait, and of what becomes of a watched bulletin."""

import pytest

from bulletins import actions as bulletins
from bulletins.mitigations import actions as mitigation_actions
from core.database.db import db
from core.markup.markup import render
from moderation import actions as moderation
from notifications import actions, queries
from posts import actions as posts
from posts.models import Post
from posts.suggestions import actions as suggestions
from tests.conftest import BODY
from tests.deployment.conftest import make_bulletin  # noqa: F401  (fixture)

MITIGATION = {"kind": "mitigation", "layer": "host", "text": "Close the port."}


def test_an_author_hears_of_a_members_edit(inbox, make_question, make_user, member):
    question = make_question("How do I patch a server?", by=member)
    posts.revise(question, render(BODY + " One step more."), by=make_user("eddie", reputation=2000))
    assert inbox(member) == ["eddie edited your question: How do I patch a server?"]


@pytest.mark.parametrize("is_author", [True, False])
def test_of_an_approved_proposal_the_author_hears_unless_they_approved_it(
    login, inbox, make_question, make_user, member, is_author
):
    question, rita = make_question(by=member), make_user("rita", reputation=500)
    proposal = suggestions.propose(
        question,
        render(BODY + " More."),
        by=make_user("helper"),
        base_number=1,
        title=question.title,
        tags=[tag.name for tag in question.tags],
        summary="",
    )
    db.session.commit()
    by = member if is_author else rita
    login(by).post(f"/suggestions/{proposal.id}/approve", data={"seen": proposal.version})
    assert question.revision_count == 2
    assert any("edited your question" in line for line in inbox(member)) is not is_author


class TestFirstPosts:
    @pytest.fixture
    def settings(self):
        return {"REDOUBT_FIRST_POST_APPROVAL": "on"}

    def test_moderators_hear_that_one_waits(self, login, inbox, member, other, moderator):
        login(member).post(
            "/questions/ask", data={"title": "How do I patch a server?", "body": BODY, "tags": "patching"}
        )
        assert inbox(moderator) == ["First post by alice to approve: a question: How do I patch a server?"]
        assert inbox(other) == [] and "/moderation" in login(moderator).get("/inbox").text
        moderation.approve(db.session.scalar(db.select(Post)), by=moderator)
        inbox(moderator)
        assert queries.unread(moderator) == 0


class TestBulletins:
    def test_watchers_hear_of_a_withdrawal_by_the_reference_alone(
        self,
        login,
        inbox,
        make_bulletin,
        member,
        other,
        moderator,
    ):
        bulletin = make_bulletin(title="A title that was a mistake")
        actions.watch(member, bulletin, True)
        bulletins.withdraw(bulletin, by=moderator)
        assert inbox(member) == [f"A bulletin you follow was withdrawn: {bulletin.reference}"]
        assert inbox(other) == []
        page = login(member).get("/inbox")
        assert page.status_code == 200 and "A title that was a mistake" not in page.text

    @pytest.mark.parametrize("has_fix", [True, False])
    def test_watchers_hear_of_a_mitigation_where_there_is_no_fix(
        self,
        inbox,
        make_bulletin,
        member,
        moderator,
        has_fix,
    ):
        bulletin = make_bulletin(title="Reader overflow", has_fix=has_fix)
        actions.watch(member, bulletin, True)
        made = mitigation_actions.add(bulletin, MITIGATION, by=moderator)
        db.session.commit()
        heard = ["A mitigation was added to a bulletin you follow that names no fix: Reader overflow"]
        assert inbox(member) == ([] if has_fix else heard)
        mitigation_actions.change(bulletin, made, MITIGATION | {"text": "Close both."}, by=moderator)
        assert inbox(member) == ([] if has_fix else heard), "a change of it is no news"
