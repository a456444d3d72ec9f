"""Every event changes the cached pages that docs/events.md says, and no others."""

import re
from fnmatch import fnmatchcase

import pytest

from core.cache import page_cache
from core.database.db import db
from core.jobs import events
from posts.models import Post
from tests.test_events import BY_VARIABLE, CHANGES, recorded

KINDS = ("question", "answer", "comment", "article", "bulletin")
EVERYTHING = "everything"


def table():
    """{event or pattern: the names in the second column, or EVERYTHING}."""
    found = {}
    for events_cell, names_cell in re.findall(r"^\| (`.*?) \| (.*?) \|$", CHANGES, re.MULTILINE):
        is_all = names_cell.startswith(EVERYTHING)
        names = EVERYTHING if is_all else frozenset(re.findall(r"`([^`]+)`", names_cell))
        assert names, events_cell
        found |= dict.fromkeys(re.findall(r"`([^`]+)`", events_cell), names)
    return found


def all_events():
    """The names of all events that the code records; `*` stands for every kind of post."""
    names = set(recorded()) | BY_VARIABLE
    return sorted({name.replace("*", kind) for name in names for kind in (KINDS if "*" in name else ("",))})


def expected(name, rows):
    """What a row says of an event: its own, else that of a pattern; None when there is none."""
    found = [names for pattern, names in rows.items() if fnmatchcase(name, pattern)]
    return rows.get(name, found[0] if found else None)


@pytest.fixture
def subjects(world):
    """A post of every kind, by kind."""
    ids = {kind: world.public[f"{kind}_id"] for kind in ("question", "answer", "comment", "article")}
    found = {kind: db.session.get(Post, post_id) for kind, post_id in ids.items()}
    found["bulletin"] = db.session.scalar(db.select(Post).where(Post.kind == "bulletin", Post.is_public))
    return found


def test_every_event_changes_what_the_table_says(world, subjects):
    rows, actor = table(), world.people["moderator"]
    names = all_events()
    assert len(names) > 80
    for name in names:
        said = expected(name, rows)
        assert said is not None, f"say in docs/events.md which cached pages {name} changes"
        kind = name.partition(".")[0]
        posts = list(subjects.values()) if kind == "post" else [subjects.get(kind, subjects["question"])]
        for post in posts:
            root = post.parent if post.parent is not None else post
            meant = {
                each.replace("THREAD", str(root.id))
                .replace("KIND", root.kind)
                .replace("AUTHOR", str(post.author_id))
                .replace("ACTOR", str(actor.id))
                for each in (said if said != EVERYTHING else ())
            }
            found = events.record(name, subject=post, actor=actor).invalidates
            assert (EVERYTHING if found is None else set(found.split())) == (meant or said), (name, post.kind)
        db.session.rollback()


def test_the_table_names_no_removed_event():
    names = set(recorded()) | BY_VARIABLE | set(all_events())
    assert {row for row in table() if row not in names} == set()


def test_pages_that_do_not_show_it_stay(client, world, subjects, make_question, drain, monkeypatch):
    """Of every kind of page one: what is made anew after an event is what shows the event's subject."""
    question, author = subjects["question"], world.people["author"]
    shown = {
        question.url,
        f"/questions/{question.id}.atom",
        f"/users/{author.username}",
        "/questions",
        "/users",
    }
    shown |= {"/", "/tags", "/tags/printing", "/questions.atom", "/layers/host", subjects["bulletin"].url}
    shown |= {subjects["article"].url, "/help"}  # beside it is a list of questions; it names nothing
    others = {make_question().url, "/products", "/calendar", "/articles.atom", "/bulletins.atom"}
    paths = sorted(shown | others | {f"/users/{world.people['outsider'].username}"})
    outcomes = []
    monkeypatch.setattr(page_cache.metrics, "count_page", outcomes.append)

    def made_anew():
        found = set()
        for path in paths:
            outcomes.clear()
            assert client.get(path).status_code == 200, path
            if outcomes and outcomes != ["hit"]:
                found.add(path)
        return found

    drain()
    made_anew()
    assert made_anew() == set()
    events.record("answer.revised", subject=subjects["answer"], actor=author)
    db.session.commit()
    assert made_anew() == shown
    events.record("mail.refused")
    db.session.commit()
    assert made_anew() == set(paths)
