"""A small world for the tests of the API: one site for a module, put back as it was before each test."""

import shutil
from contextlib import contextmanager

from advisories.advisory import Vulnerability
from app import create_app
from auth import actions as auth
from bulletins import actions as bulletins
from bulletins.mitigations import actions as mitigations
from core.database.db import db
from core.jobs import events
from core.markup.markup import render
from deployment.reports import actions as reports
from forum import actions as forum
from inventory import actions as owned
from inventory.uploads import actions as uploads
from kb import actions as kb
from notifications.models import Notification
from posts import actions as posts
from posts.attachments import actions as attachments
from products import actions as products
from products.models import OwnedRelease
from tests.conftest import give

TEXT = "A text that is long enough to be a question, an answer, a comment or an article."


class World:
    """`ids` are things by name, `tokens` are those of visitor (none), reader, member and moderator.

    No context stays open: each request brings its own, as on a real server.
    """

    def __init__(self, folder, empty_database):
        self.file, self.kept = folder / "redoubt.db", folder / "kept.db"
        shutil.copy(empty_database, self.file)
        self.app = create_app(
            REDOUBT_INSTANCE=folder, REDOUBT_WORKER="off", REDOUBT_RATE_LIMITS="off", REDOUBT_DATABASE_URL=""
        )
        with self.app.app_context():
            self.ids, self.tokens = _fill()
        self.close()
        shutil.copy(self.file, self.kept)

    def close(self) -> None:
        """Let go of the database file; the last connection empties the write-ahead log."""
        with self.app.app_context():
            db.engine.dispose()

    def restore(self) -> None:
        """Everything as after the beginning."""
        self.close()
        shutil.copy(self.kept, self.file)

    def call(self, who: str, method: str, path: str, json=None):
        """The answer to `who`; `{name}` in the path stands for the id of a thing."""
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} if self.tokens[who] else {}
        return self.app.test_client().open(path.format(**self.ids), method=method, json=json, headers=headers)


@contextmanager
def world(tmp_path_factory, empty_database):
    """A World, closed at the end."""
    made = World(tmp_path_factory.mktemp("world"), empty_database)
    yield made
    made.close()


def _fill() -> tuple[dict, dict]:
    alice, bob, moira = (
        auth.make_user(name, email=f"{name}@example.org", confirmed=True, role=role)
        for name, role in (("alice", "member"), ("bob", "member"), ("moira", "moderator"))
    )
    db.session.flush()
    give(alice, 300)
    question = forum.ask("Which of these numbers is a question?", render(TEXT), ["numbers"], by=alice)
    lonely = forum.ask("Does anybody answer a question like this?", render(TEXT), ["numbers"], by=alice)
    hidden = forum.ask("Who sees a question that is hidden again?", render(TEXT), ["numbers"], by=alice)
    answer = forum.answer(question, render(TEXT), by=bob)
    log = attachments.attach(attachments.prepare(TEXT.encode(), "numbers.txt"), by=bob)
    posts.revise(answer, render(f"{TEXT} {attachments.markdown_of(log)}"), by=bob)
    comment = posts.comment(question, render(TEXT), by=alice)
    article = kb.write("Count what there is", render(TEXT), layer="host", by=bob)
    draft = kb.write("Count what is to come", render(TEXT), layer="data", by=moira)
    kb.publish(article, by=moira)
    for post, by in ((question, alice), (answer, bob)):
        posts.revise(post, render(TEXT + " Changed."), by=by)
    posts.delete(hidden, by=alice)
    product = products.create("widget", {"name": "Widget", "category": "app"}, {"1": {"security": False}})
    owned.add_products(alice, [(product, None)])
    inventory = owned.default_inventory(alice)
    upload = uploads.receive(inventory, alice, uploads.packed(b"Widget 1"))
    db.session.flush()
    line = db.session.scalar(db.select(OwnedRelease))
    said = {"vulnerabilities": [Vulnerability(cve="CVE-2026-1001", title="A crafted file runs code")]}
    bulletin = bulletins.create({"title": "Widget: a crafted file runs code", **said}, by=moira)
    facts = {"layer": "host", "text": "Turn it off.", "steps": []}
    mitigation = mitigations.add(bulletin, facts, by=moira)
    bulletins.publish(bulletin, by=moira)
    embargoed = bulletins.create({"title": "Widget: nobody knows this yet"}, by=moira)
    report = reports.report(bulletin, reports.Installation("lab", "issue", "Slow."), by=bob)
    tokens = {
        "visitor": None,
        "reader": auth.make_token(alice, "reads", "read"),
        "member": auth.make_token(alice, "writes", "write"),
        "moderator": auth.make_token(moira, "curates", "write"),
    }
    db.session.commit()
    events.drain()
    news = db.session.scalar(db.select(Notification).where(Notification.user_id == alice.id).limit(1))
    named = {
        "question": question,
        "lonely": lonely,
        "hidden": hidden,
        "answer": answer,
        "comment": comment,
        "article": article,
        "draft": draft,
        "line": line,
        "inventory": inventory,
        "upload": upload,
        "bulletin": bulletin,
        "mitigation": mitigation,
        "report": report,
        "embargoed": embargoed,
        "news": news,
    }
    return {"log": log.key, **{name: post.id for name, post in named.items()}}, tokens
