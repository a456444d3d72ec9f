"""A dump becomes people, questions, answers and comments, once, and what people do here stays."""

import json

import pytest

from auth import reputation
from auth.models import ReputationEvent, User
from core.database.db import db
from core.markup.markup import render
from forum import actions
from forum.cli import import_stackexchange
from forum.models import Answer, Question
from posts import actions as post_actions
from posts.models import Comment, Post, PostLink, Revision, Tag, Vote
from tests.forum import dumps
from tests.forum.dumps import answer, comment, question, row, user


@pytest.fixture
def bring(app):
    """bring(folder, *options) → the report of `flask import stackexchange`."""

    def run(folder, *options):
        result = app.test_cli_runner().invoke(import_stackexchange, [str(folder), *options])
        assert result.exit_code == 0, result.output
        db.session.expire_all()
        return json.loads(result.stdout.strip().splitlines()[-1])

    return run


def only(entity, **facts):
    return db.session.scalars(db.select(entity).filter_by(**facts)).one()


def test_everything_arrives_once(bring, tmp_path):
    folder = dumps.small(tmp_path / "site")
    first, second = bring(folder), bring(folder)
    assert first["errors"] == second["errors"] == []
    assert {
        noun: first["added"][noun] for noun in ("users", "questions", "answers", "comments", "votes", "tags")
    } == {"users": 2, "questions": 1, "answers": 1, "comments": 2, "votes": 0, "tags": 1}
    assert not any(second["added"].values()) and second["skipped"]["comments"] == 2


def test_scores_dates_authors_licence_and_acceptance_are_kept(bring, tmp_path):
    bring(dumps.small(tmp_path / "site"))
    asked, answered = only(Question), only(Answer)
    assert (asked.score, asked.imported_score, asked.up_count) == (3, 3, 0)
    assert asked.created_at.isoformat() == "2021-05-02T10:00:00+00:00"
    assert (asked.author.display_name, answered.author.display_name) == ("Ann Bee", "Ünal")
    assert asked.license == "CC BY-SA 4.0"
    assert asked.accepted and answered.accepted and asked.accepted_answer_id == answered.id
    assert (asked.answer_count, asked.comment_count, answered.comment_count) == (1, 1, 1)
    assert only(Tag).post_count == 1 and db.session.scalar(db.select(db.func.count(Vote.id))) == 0


def test_points_from_elsewhere_are_one_ledger_entry_and_give_no_privilege(bring, tmp_path):
    bring(dumps.small(tmp_path / "site"))
    ann = only(User, display_name="Ann Bee")
    entry = only(ReputationEvent, user_id=ann.id, kind="imported")
    assert entry.points == 101 and ann.privilege_points == 1
    assert ann.password_hash is None and ann.email is None
    assert reputation.verify() == []


def test_background_processes_are_no_members(bring, tmp_path):
    report = bring(
        dumps.small(
            tmp_path / "site",
            Users=user(-1, "Community") + user(1, "Ann Bee") + user(2, "Ünal"),
            Posts=question(10, OwnerUserId=-1),
        )
    )
    assert report["added"]["users"] == 2 and report["skipped"]["users"] == 1
    assert only(Question).byline == "Community"


def test_people_without_account_keep_the_name_they_chose(bring, tmp_path):
    posts = "".join(
        (
            question(1, OwnerUserId="", OwnerDisplayName="Old Hand"),
            question(2, OwnerUserId="", OwnerDisplayName="user2878"),
            question(3, OwnerUserId=""),
        )
    )
    bring(dumps.write(tmp_path / "site", Users=user(1, "Ann"), Posts=posts))
    names = dict(db.session.execute(db.select(Post.external_id, Post.author_name)).all())
    assert names == {"1": "Old Hand", "2": "", "3": ""}
    assert only(Question, external_id="2").byline == "former member"


def test_the_last_edit_is_a_revision_by_its_editor(bring, tmp_path):
    bring(
        dumps.small(
            tmp_path / "site", Posts=question(10, LastEditDate=dumps.DAY.format(6), LastEditorUserId=2)
        )
    )
    first, last = db.session.scalars(
        db.select(Revision).filter_by(post_id=only(Question).id).order_by(Revision.number)
    )
    assert (first.author.display_name, first.created_at.day) == ("Ann Bee", 2)
    assert (last.author.display_name, last.created_at.day) == ("Ünal", 6)
    assert only(Question).edited_at.day == 6 and only(Question).revision_count == 2


def test_tags_say_their_excerpt_or_else_their_wiki(bring, tmp_path):
    bring(
        dumps.small(
            tmp_path / "site",
            Tags=row(Id=1, TagName="dns", ExcerptPostId=21, WikiPostId=20)
            + row(Id=2, TagName="tls", ExcerptPostId=23, WikiPostId=22),
            Posts="".join(
                row(Id=number, PostTypeId=kind, CreationDate=dumps.DAY.format(1), Body=body)
                for number, kind, body in (
                    (20, 5, "<p>A long story.</p>"),
                    (21, 4, "Names & numbers"),
                    (22, 5, "<p>On <b>TLS</b>.</p>"),
                    (23, 4, ""),
                )
            ),
        )
    )
    assert dict(db.session.execute(db.select(Tag.name, Tag.excerpt)).all()) == {
        "dns": "Names & numbers",
        "tls": "On TLS.",
    }


def test_duplicates_close_only_what_is_closed(bring, tmp_path, client):
    closed = dumps.DAY.format(7)
    bring(
        dumps.small(
            tmp_path / "site",
            Posts=question(1) + question(2, ClosedDate=closed) + question(3) + question(4, ClosedDate=closed),
            PostLinks="".join(
                row(Id=source, CreationDate=closed, PostId=source, RelatedPostId=1, LinkTypeId=3)
                for source in (2, 3)
            ),
        )
    )
    here = {q.external_id: q for q in db.session.scalars(db.select(Question))}
    assert (here["2"].close_reason, here["2"].duplicate_of_id) == ("duplicate", here["1"].id)
    assert here["3"].closed_at is None and here["3"].duplicate_of_id is None
    assert here["4"].close_reason == "imported" and "gives no reason" in client.get(here["4"].url).text
    assert len(list(db.session.scalars(db.select(PostLink).filter_by(kind="duplicate")))) == 2


def test_order_of_rows_does_not_matter(bring, tmp_path):
    report = bring(dumps.small(tmp_path / "site", Posts=answer(11, 10) + question(10, AcceptedAnswerId=11)))
    assert report["errors"] == [] and only(Answer).accepted


def test_originals_are_linked_and_licences_shown(bring, tmp_path, client):
    bring(dumps.small(tmp_path / "site"), "--url", "https://qa.example/")
    page = client.get(only(Question).url).text
    for address in (
        "https://qa.example/questions/10",
        "https://qa.example/a/11",
        "https://qa.example/q/10#comment5_10",
        "https://qa.example/q/11#comment6_11",
    ):
        assert f'href="{address}"' in page, address
    assert page.count("CC BY-SA 4.0") == 4


def test_a_folder_named_like_the_site_knows_its_address(bring, tmp_path):
    bring(dumps.small(tmp_path / "security.stackexchange.com"))
    assert only(Question).source_url == "https://security.stackexchange.com/questions/10"


def test_badges_are_counted_on_the_profile(bring, tmp_path, client):
    badges = "".join(
        row(Id=n, UserId=1, Name="B", Date=dumps.DAY.format(1), Class=kind, TagBased=False)
        for n, kind in enumerate((1, 3, 3))
    )
    bring(dumps.small(tmp_path / "site", Badges=badges))
    ann = only(User, display_name="Ann Bee")
    assert ann.imported_badges == {"gold": 1, "bronze": 2}
    assert "1 gold, 2 bronze" in client.get(ann.profile_url).text


def test_names_that_meet_get_handles_that_cannot_be_confused(bring, tmp_path):
    people = ("John", "john", "j0hn", "日本", "", "admin", "x" * 300)
    bring(dumps.write(tmp_path / "site", Users="".join(user(n, name) for n, name in enumerate(people, 1))))
    found = dict(db.session.execute(db.select(User.external_id, User.username)).all())
    assert [found[str(n)] for n in range(1, 8)] == [
        "john",
        "john-2",
        "j0hn-3",
        "user4",
        "user5",
        "member",
        "x" * 24,
    ]
    assert len(set(db.session.scalars(db.select(User.username_key)))) == len(people)


def test_comments_know_only_their_mini_markdown(bring, tmp_path):
    text = "# no *heading*\n- no list `a*b` [l](https://h/x_(y)) https://h/z. <b>no</b> ![i](https://h/p)"
    bring(dumps.small(tmp_path / "site", Comments=comment(5, 10, Text=text)))
    page = only(Comment).body_html
    assert page.startswith("<p># no <em>heading</em>\n- no list <code>a*b</code>")
    assert 'href="https://h/x_(y)"' in page and ">https://h/z</a>." in page and "&lt;b&gt;no" in page


def test_what_people_do_here_survives_the_next_run(bring, tmp_path, moderator):
    folder = dumps.small(
        tmp_path / "site",
        Posts=question(10, ClosedDate=dumps.DAY.format(7)) + question(1),
        PostLinks=row(Id=1, CreationDate=dumps.DAY.format(7), PostId=10, RelatedPostId=1, LinkTypeId=3),
    )
    bring(folder)
    here = only(Question, external_id="10")
    actions.reopen(here, by=moderator)
    post_actions.rewrite(here, render("A new text that somebody wrote here."), by=moderator)
    gone = only(Question, external_id="1")
    post_actions.delete(gone, by=moderator)
    db.session.commit()
    bring(folder)
    assert here.closed_at is None and here.duplicate_of_id is None
    assert here.body == "A new text that somebody wrote here." and gone.is_deleted


def test_new_answers_below_a_hidden_question_are_hidden(bring, tmp_path, moderator):
    folder = dumps.small(tmp_path / "site", Comments="")
    bring(folder)
    post_actions.delete(only(Question), by=moderator)
    db.session.commit()
    bring(dumps.small(tmp_path / "site", Posts=question(10) + answer(11, 10) + answer(12, 10), Comments=""))
    assert not only(Answer, external_id="12").is_public


def test_a_later_dump_brings_only_what_is_new(bring, tmp_path):
    bring(dumps.small(tmp_path / "site"))
    posts = question(10) + answer(11, 10) + answer(12, 10, Score=-1)
    report = bring(dumps.small(tmp_path / "site", Posts=posts))
    assert report["added"]["answers"] == 1 and report["added"]["questions"] == 0
    assert only(Question).answer_count == 2


def test_search_finds_what_came_when_the_command_returns(bring, tmp_path, client):
    for number, word in ((10, "zebrafinch"), (20, "quokka")):
        bring(dumps.small(tmp_path / "site", Posts=question(number, Title=f"Why does the {word} time out?")))
        assert f"Why does the <mark>{word}</mark>" in client.get(f"/search?q={word}").text


def test_progress_and_report_go_to_different_streams(app, tmp_path):
    result = app.test_cli_runner().invoke(import_stackexchange, [str(dumps.large(tmp_path / "site", 60))])
    assert len(result.stdout.strip().splitlines()) == 1 and json.loads(result.stdout)["added"]["users"] == 60
    assert "Posts.xml questions 100 %" in result.stderr
