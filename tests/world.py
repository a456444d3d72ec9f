"""A small world for tests that walk over all routes: one of everything, shown and hidden.

Every text that somebody must not see carries CANARY; MARKER stands beside it, so that a search for
the marker would find the canary if it could.
"""

import shutil
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from advisories.advisory import Note, ProductEntry, Vulnerability
from advisories.csaf import read as read_csaf
from auth import actions as accounts
from auth.models import User
from bulletins import actions as bulletins
from bulletins import store_actions
from bulletins.catalogue import Catalogue
from bulletins.mitigations import actions as mitigations
from bulletins.models import Bulletin
from bulletins.originals.models import OriginalDocument
from bulletins.sources import actions as sources
from bulletins.uploads import actions as uploads
from core.database.db import db, utcnow
from core.markup.markup import render
from deployment.reports import actions as patching
from forum import actions as forum
from forum.models import Question
from kb import actions as kb
from kb.models import ArticleFeedback
from moderation import actions as moderation
from moderation.appeals import actions as appeals
from notifications.models import Notification, Watch
from posts import actions as posts
from posts import queries
from posts.attachments import actions as attachments
from posts.models import PENDING, Post
from posts.redaction import redact
from posts.suggestions import actions as suggestions
from posts.tags import actions
from products import actions as products
from products.change_models import ImportConflict, ProductChange
from tests.advisories.documents import CSAF
from tests.posts.attachments import files

CANARY, MARKER = "canaryquartz", "zanzibarmarker"
SECRET_TEXT = f"The {MARKER} stands beside {CANARY} in a text that is long enough to be shown."
TEXT = "A text about patching servers that is long enough to be useful to people who read it."


@dataclass
class World:
    """People by role (`restricted`: those who are suspended or unconfirmed), ids of what is public, and
    ids of what is hidden from all but its readers."""

    people: dict = field(default_factory=dict)
    restricted: dict = field(default_factory=dict)
    public: dict = field(default_factory=dict)
    hidden: list = field(default_factory=list)

    def values(self, rule, **more) -> dict | None:
        """Values for the arguments of a route, from the public things; None when one is unknown."""
        known = self.public | more
        wanted = rule.arguments - set(rule.defaults or ())
        return {name: known[name] for name in wanted} if wanted <= set(known) else None


class Kept:
    """A world as it stands in an instance on SQLite, with database and index, to be copied into it again."""

    def __init__(self, world: World, instance: Path, folder: Path):
        self.people = {role: user and user.id for role, user in world.people.items()}
        self.restricted = {role: user.id for role, user in world.restricted.items()}
        self.hidden = [post.id for post in world.hidden]
        self.public, self.instance, self.folder = world.public, instance, folder
        _let_go()
        shutil.copytree(instance, folder, dirs_exist_ok=True)

    def again(self) -> World:
        """Put the files back; returns the world, read from them."""
        _let_go()
        shutil.copytree(self.folder, self.instance, dirs_exist_ok=True)
        return World(
            {role: id and db.session.get(User, id) for role, id in self.people.items()},
            {role: db.session.get(User, id) for role, id in self.restricted.items()},
            dict(self.public),
            [db.session.get(Post, id) for id in self.hidden],
        )


def _let_go() -> None:
    """Close the database; the last connection empties the write-ahead log into its file."""
    db.session.remove()
    db.engine.dispose()


def _imports(world: World) -> dict:
    """A source, and an upload that only its owner sees."""
    source = sources.add("kev", "Catalogue", "https://example.com/kev.json", 6, is_on=False, by=None)
    owner = world.restricted["suspended moderator"]
    upload = uploads.store(f"{CANARY}.json", SECRET_TEXT.encode(), by=owner)
    db.session.flush()
    return {"source_id": source.id, "upload_id": upload.id}


def build(make_user) -> World:
    """Fill the database; `make_user` is the fixture."""
    world = World()
    author = make_user("walter", reputation=300)
    moderator = make_user("moira", role="moderator")
    outsider = make_user("steve")
    world.people = {
        "visitor": None,
        "outsider": outsider,
        "author": author,
        "moderator": moderator,
        "admin": make_user("adam", role="administrator"),
    }
    question = forum.ask("Which update mends the print spooler?", render(TEXT), ["printing"], by=author)
    answer = forum.answer(question, render(TEXT), by=author)
    comment = posts.comment(question, render(TEXT), by=author)
    article = kb.write(
        "Turn off the print spooler where nobody prints",
        render(TEXT),
        layer="host",
        by=moderator,
        tags=["printing"],
    )
    kb.publish(article, by=moderator)
    actions.describe("printing", "For everything that prints.", by=moderator)
    posts.revise(question, render(SECRET_TEXT), by=author, summary=f"{CANARY} by mistake")
    posts.revise(question, render(TEXT), by=author, summary="Taken out again")
    redact(queries.revision(question, 2), by=moderator)
    log = attachments.attach(attachments.prepare(TEXT.encode(), "spooler.log"), by=author)
    shown = attachments.attach(attachments.prepare(files.picture(), "spooler.png"), by=author)
    posts.revise(answer, render("\n\n".join([TEXT, *map(attachments.markdown_of, (log, shown))])), by=author)
    secret = attachments.attach(attachments.prepare(SECRET_TEXT.encode(), f"{CANARY}.log"), by=author)
    proposal = suggestions.propose(
        question,
        render(f"{TEXT} One step more."),
        by=outsider,
        summary="A step",
        base_number=3,
        title=question.title,
        tags=["printing"],
    )
    world.public = {
        "key": log.key,
        "attachment_name": log.name,
        "picture_key": shown.key,
        "secret_key": secret.key,
        "identifier": "CVE-2023-35618",
        "question_id": question.id,
        "slug": question.slug,
        "answer_id": answer.id,
        "article_id": article.id,
        "post_id": question.id,
        "comment_id": comment.id,
        "number": 1,
        "username": author.username,
        "name": "printing",
        "layer": "host",
        "token": "no-such-token",
        "suggestion_id": proposal.id,
        "session_id": 999,
        "token_id": 999,
        "filename": "css/base.css",
    }
    _hide(world, author, moderator, question)
    secret.post_id = world.hidden[0].id
    world.public |= _products(moderator)
    facts, hidden = _bulletins(moderator, author)
    world.public |= facts
    world.hidden += hidden
    kb.record_feedback(article, False, by=outsider, note="Say which service to stop.")
    appeal = appeals.appeal(world.hidden[0], SECRET_TEXT, by=author)
    db.session.flush()
    feedback_id = db.session.scalar(db.select(ArticleFeedback.id))
    world.public |= {"appeal_id": appeal.id, "feedback_id": feedback_id}
    _restrict(world, make_user)
    world.public |= _imports(world)
    _tell(world, outsider)
    db.session.commit()
    return world


def _restrict(world: World, make_user) -> None:
    """An unconfirmed member, a suspended one, and a suspended moderator who had begun a bulletin."""
    suspended = make_user("sue", reputation=300)
    moderator = make_user("simon", role="moderator")
    world.restricted = {
        "unconfirmed": make_user("ursula", confirmed=False),
        "suspended member": suspended,
        "suspended moderator": moderator,
    }
    begun = _bulletin(f"{MARKER} and {CANARY} in the title", SECRET_TEXT, moderator)
    bulletins.schedule(begun, utcnow() + timedelta(days=9), by=moderator)
    world.hidden.append(begun)
    for user in (suspended, moderator):
        accounts.suspend(user, utcnow() + timedelta(days=900), "A reason in a test.")
    db.session.flush()


def _products(moderator) -> dict:
    """A product with a release, a change and a dispute; beside it a removed release and product."""
    dates = {"security": date(2030, 1, 1)}
    product = products.create("widget", {"name": "Widget", "category": "app"}, {"1": dates})
    hidden = products.add_release(product, "2", dates | {"label": f"{MARKER} {CANARY}"})
    gone = products.create(CANARY, {"name": f"{MARKER} {CANARY}", "category": "app"}, {"1": dates})
    for thing in (hidden, gone):
        products.remove(thing, by=moderator)
    release = product.live_releases[0]
    products.edit(release, {"latest": "1.2"}, by=moderator)
    products.apply_import(release, {"latest": "1.3"}, source="elsewhere")
    db.session.flush()
    change = db.session.scalar(db.select(ProductChange).where(ProductChange.verb == "edited"))
    conflict = db.session.scalar(db.select(ImportConflict))
    return {
        "product": product.slug,
        "release_id": release.id,
        "cycle": "1",
        "change_id": change.id,
        "conflict_id": conflict.id,
        "owned_id": 999,
        "inventory_id": 999,
        "upload_id": 999,
        "version_id": 999,
        "correction_id": 999,
        "verb": "approve",
        "user_id": 999,
        "notification_id": 999,
        "secret": "no-such-secret",
    }


def _bulletins(moderator, author) -> tuple[dict, list]:
    """A public bulletin with a mitigation and reports, one of them hidden; an embargoed, a removed and an
    unpublished one with the canary, the latter with reports of failures."""
    shown = _bulletin("Widget: a crafted file runs code", TEXT, moderator)
    mitigation = mitigations.add(shown, {"layer": "host", "text": "Turn it off.", "steps": []}, by=moderator)
    hidden = [_bulletin(f"{MARKER} and {CANARY} in the title", SECRET_TEXT, moderator) for _ in range(3)]
    embargoed, removed, unpublished = hidden
    for each in (shown, removed, unpublished):
        bulletins.publish(each, by=moderator)
    reports = [
        patching.report(each, patching.Installation("lab", "failed", text, target=target), by=author)
        for each, text, target in (
            (shown, TEXT, ""),
            (shown, SECRET_TEXT, CANARY),
            (removed, SECRET_TEXT, ""),
            (unpublished, SECRET_TEXT, CANARY),
        )
    ]
    patching.remove(reports[1], by=moderator)
    bulletins.schedule(embargoed, utcnow() + timedelta(days=9), by=moderator)
    posts.delete(removed, by=moderator)
    bulletins.unpublish(unpublished, by=moderator)
    db.session.flush()
    year, document = shown.document_path.removesuffix(".json").split("/")
    imported = store_actions.store(read_csaf.read(CSAF)[0], catalogue=Catalogue()).bulletin
    original = db.session.get(OriginalDocument, imported.id)
    original_year, original_name = original.path.removesuffix(".json").split("/")
    return {
        "folder": original.folder,
        "original_year": int(original_year),
        "original_name": original_name,
        "reference": shown.reference,
        "vulnerability": "CVE-2026-1001",
        "mitigation_id": mitigation.id,
        "algorithm": "sha512",
        "year": int(year),
        "document_name": document,
        "feed_name": "feed-tlp-white",
        "month": shown.release_month,
        "report_id": reports[0].id,
        "hidden_report_id": reports[1].id,
    }, hidden


def _bulletin(title: str, text: str, moderator) -> Bulletin:
    said = Vulnerability(cve="CVE-2026-1001", title=title, status={"known_affected": ("P1",)})
    return bulletins.create(
        {
            "title": title,
            "severity": "critical",
            "notes": [Note("summary", text)],
            "products": [ProductEntry("P1", f"Widget {title}", vendor="Acme")],
            "vulnerabilities": [said],
        },
        by=moderator,
    )


def _tell(world: World, outsider) -> None:
    """The outsider watches a thread, and was notified of everything that is hidden by now."""
    for post in world.hidden:
        db.session.add_all(
            [
                Watch(user_id=outsider.id, post_id=post.id),
                Notification(
                    user_id=outsider.id,
                    cause=f"post:{post.id}",
                    kind="watched",
                    event=f"{post.kind}.created",
                    post_id=post.id,
                ),
            ]
        )


def _hide(world: World, author, moderator, question) -> None:
    """Deleted, waiting, draft and unpublished things, each with the canary in every text."""
    title = f"{MARKER} and {CANARY} in the title"
    secret = render(SECRET_TEXT)
    deleted = forum.ask(title, secret, [CANARY], by=author)
    under = forum.answer(deleted, secret, by=author)
    posts.delete(deleted, by=moderator)
    waiting = posts.create(Question(title=title, author_id=author.id, status=PENDING), secret, tags=[CANARY])
    answer = forum.answer(question, secret, by=author)
    remark = posts.comment(question, secret, by=author)
    for post in (answer, remark):
        posts.delete(post, by=moderator)
    draft = kb.write(title, secret, layer="host", by=moderator, tags=[CANARY], summary=SECRET_TEXT)
    withdrawn = kb.write(title, secret, layer="data", by=moderator, tags=[CANARY])
    kb.publish(withdrawn, by=moderator)
    kb.unpublish(withdrawn, by=moderator)
    removed = kb.write(title, secret, layer="data", by=moderator, tags=[CANARY])
    kb.publish(removed, by=moderator)
    moderation.hide(removed, by=moderator, note="Removed in a test")
    world.hidden = [deleted, under, waiting, answer, remark, draft, withdrawn, removed]
    db.session.flush()
    assert all(not post.is_public for post in world.hidden)
