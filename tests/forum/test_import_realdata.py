"""The Cardano dump: everything in it arrives, once, and reads as it does in its source."""

import json
import xml.etree.ElementTree as ElementTree
from collections import Counter

import pytest
from sqlalchemy import func, select

from app import create_app
from auth import reputation
from auth.models import User
from core.database import schema
from core.database.db import db
from forum.models import Answer, Question
from forum.stackexchange.posts import comment_key
from posts.models import Comment, Post
from tests import fidelity
from tests.conftest import DATA

pytestmark = pytest.mark.realdata
DUMP = DATA / "stackexchange-cardano"
SHARE = 0.99  # of all posts must read alike
FACTS = ("text", "code_blocks", "links", "items", "quotes")


def rows(table):
    for _, element in ElementTree.iterparse(DUMP / f"{table}.xml"):
        if element.tag == "row":
            yield dict(element.attrib)
            element.clear()


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """(site, report of the first run, report of the second)."""
    app = create_app(
        REDOUBT_INSTANCE=tmp_path_factory.mktemp("cardano"),
        REDOUBT_WORKER="off",
        REDOUBT_RATE_LIMITS="off",
        REDOUBT_DATABASE_URL="",
    )
    with app.app_context():
        schema.ensure()
        reports = []
        for _ in range(2):
            done = app.test_cli_runner().invoke(args=["import", "stackexchange", str(DUMP)])
            assert done.exit_code == 0, done.output
            reports.append(json.loads(done.stdout.strip().splitlines()[-1]))
        yield app, *reports
        db.session.remove()
        db.engine.dispose()


def test_everything_arrives_once(imported):
    _, first, second = imported
    kinds = Counter(row["PostTypeId"] for row in rows("Posts"))
    posts = {row["Id"] for row in rows("Posts") if row["PostTypeId"] in "12"}
    on_posts = [row for row in rows("Comments") if row["PostId"] in posts]
    people = sum(row["Id"] != "-1" for row in rows("Users"))
    assert first["added"]["users"] == people == 3987
    assert first["added"]["questions"] == kinds["1"] == 1042
    assert first["added"]["answers"] == kinds["2"] == 1496
    assert first["added"]["comments"] == len(on_posts) == 1828 and first["added"]["votes"] == 0
    assert set(second["added"].values()) == {0} and set(second["updated"].values()) <= {0}
    for kind, count in {User: people, Question: 1042, Answer: 1496, Comment: 1828}.items():
        assert db.session.scalar(select(func.count(kind.id))) == count


def test_acceptance_scores_and_authors_are_those_of_the_dump(imported):
    source = {row["Id"]: row for row in rows("Posts")}
    names = {row["Id"]: row["DisplayName"] for row in rows("Users")}
    accepted = {row["AcceptedAnswerId"] for row in source.values() if "AcceptedAnswerId" in row}
    found = list(db.session.scalars(select(Post).where(Post.kind.in_(("question", "answer")))))
    assert {post.external_id for post in found if post.kind == "answer" and post.accepted} == accepted
    assert len(accepted) == 459
    for post in found:
        row = source[post.external_id]
        assert post.score == int(row["Score"])
        assert f"{post.created_at:%Y-%m-%dT%H:%M}" == row["CreationDate"][:16]
        assert post.license == row["ContentLicense"]
        if post.author and (owner := names.get(row.get("OwnerUserId"))):
            assert post.author.display_name == " ".join(owner.split()), post.external_id


def test_comments_without_an_author_are_a_former_members(imported, client_of):
    nameless = {comment_key(row["Id"]) for row in rows("Comments") if "UserId" not in row}
    found = db.session.scalars(select(Comment).where(Comment.external_id.in_(nameless))).all()
    assert len(found) == len(nameless) == 2 and {comment.byline for comment in found} == {"former member"}
    assert all("former member" in client_of(comment.parent.url).lower() for comment in found)


@pytest.fixture
def client_of(imported):
    """client_of(path) → the page a visitor gets."""
    return lambda path: imported[0].test_client().get(path, follow_redirects=True).text


def test_posts_read_as_in_their_source(imported):
    shown = dict(
        db.session.execute(
            select(Post.external_id, Post.body_html).where(Post.kind.in_(("question", "answer")))
        )
        .tuples()
        .all()
    )
    differing = {}
    for row in rows("Posts"):
        if row["Id"] in shown:
            here, there = fidelity.read(shown[row["Id"]]), fidelity.read(row["Body"])
            if wrong := [fact for fact in FACTS if getattr(here, fact) != getattr(there, fact)]:
                differing[row["Id"]] = wrong
    assert len(differing) <= (1 - SHARE) * len(shown), differing


def test_the_ledger_is_clean(imported):
    assert reputation.verify() == []
