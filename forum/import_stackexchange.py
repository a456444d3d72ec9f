"""A Stack Exchange dump becomes members, questions, answers and comments of this site.

Streams the XML, commits in batches, knows each row by its id there: stopped and run again it goes
on where it was and doubles nothing. A dump's votes name no voters: they stay the post's imported
score. Rows that cannot be used are named in the report.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

import click
from defusedxml.ElementTree import iterparse
from sqlalchemy import func, select, update

from auth import actions as auth_actions
from auth import reputation
from auth.models import User
from core import events
from core.cli import ImportReport, progress
from core.db import db
from core.html_to_markdown import convert, convert_inline
from core.markup import render
from forum.models import Answer, Question
from posts import actions as post_actions
from posts.models import Comment, Post, Tag

BATCH = 250
QUESTION, ANSWER = "1", "2"
DUPLICATE_LINK, RELATED_LINK = "3", "1"


class Importer:
    """One run over the folder `directory`; `source` names the site in every imported row."""

    def __init__(self, directory: Path, source: str):
        self.directory, self.source, self.report = directory, source, ImportReport()
        self.users: dict[str, tuple[int, str]] = {}
        self.posts: dict[str, int] = {}
        self.accepted: dict[str, str] = {}

    def run(self) -> ImportReport:
        """Import every file that is there, in the order that references need."""
        self._known()
        self._each("Users", self._user)
        self._each("Tags", self._tag)
        self._each("Posts", self._question)
        self._each("Posts", self._answer)
        self._accept()
        self._each("Comments", self._comment)
        self._each("PostLinks", self._link)
        self._settle()
        return self.report

    def _known(self) -> None:
        """What an earlier run brought."""
        self.users = {ext: (i, n) for ext, i, n in db.session.execute(
            select(User.external_id, User.id, User.display_name)
            .where(User.imported_from == self.source))}
        self.posts = dict(db.session.execute(
            select(Post.external_id, Post.id).where(Post.imported_from == self.source)).all())
        db.session.commit()

    def _rows(self, name: str) -> Iterator[Element]:
        path = self.directory / f"{name}.xml"
        if not path.exists():
            return
        try:
            for _event, element in iterparse(path, events=("end",)):
                if element.tag == "row":
                    yield element
                    element.clear()
        except ParseError as error:
            self.report.errors.append(f"{name}.xml: {error}; the rows before it were used")

    def _each(self, name: str, handle: Callable[[Element], None]) -> None:
        """Call `handle` for every row; a bad row is named and does not stop the rest."""
        with progress(self._rows(name), None, f"{name}.xml") as rows:
            for number, row in enumerate(rows, 1):
                try:
                    with db.session.begin_nested():
                        handle(row)
                except (KeyError, ValueError, OverflowError) as error:
                    place = f"{name}.xml row Id={row.get('Id', '?')}"
                    self.report.errors.append(f"{place}: {type(error).__name__}: {error}"[:300])
                if number % BATCH == 0:
                    db.session.commit()
                    db.session.expunge_all()
        db.session.commit()
        db.session.expunge_all()

    def _user(self, row: Element) -> None:
        external = row.attrib["Id"]
        if external in self.users:
            self.report.skipped["users"] += 1
            return
        if int(external) < 0:
            # the network's own background process, not a person; counted, not made
            self.report.skipped["users"] += 1
            return
        name = row.get("DisplayName", "").strip() or f"user{external}"
        user = auth_actions.make_user(
            auth_actions.free_username(name), display_name=name[:80],
            created_at=moment(row.attrib["CreationDate"]),
            imported_from=self.source, external_id=external)
        about = render(convert(row.get("AboutMe", ""))[:5000])
        user.about, user.about_html = about.source, about.html
        user.location = row.get("Location", "")[:100]
        website = row.get("WebsiteUrl", "")
        user.website = website if re.match(r"https?://\S{3,190}$", website) else ""
        db.session.flush()
        points = int(row.get("Reputation", "0"))
        reputation.award(user.id, "imported", cause=f"import:{self.source}:{external}",
                         points=points)
        self.users[external] = (user.id, user.display_name)
        self.report.added["users"] += 1

    def _tag(self, row: Element) -> None:
        name = row.attrib["TagName"].lower()[:40]
        if db.session.scalar(select(Tag.id).where(Tag.name == name)):
            self.report.skipped["tags"] += 1
            return
        db.session.add(Tag(name=name))
        self.report.added["tags"] += 1

    def _question(self, row: Element) -> None:
        if row.attrib["PostTypeId"] != QUESTION:
            return
        if row.get("AcceptedAnswerId"):
            self.accepted[row.attrib["Id"]] = row.attrib["AcceptedAnswerId"]
        if self._have(row, "questions"):
            return
        tags = re.findall(r"[^<>|]+", row.get("Tags", ""))
        question = Question(title=row.attrib["Title"][:200])
        self._create(question, row, [t.lower()[:40] for t in tags][:post_actions.MAX_TAGS])
        if row.get("ClosedDate"):
            question.closed_at = moment(row.attrib["ClosedDate"])
            question.close_reason = "imported"
        self.report.added["questions"] += 1

    def _answer(self, row: Element) -> None:
        if row.attrib["PostTypeId"] != ANSWER or self._have(row, "answers"):
            return
        parent_id = self.posts.get(row.attrib["ParentId"])
        if parent_id is None:
            raise ValueError(f"its question {row.attrib['ParentId']} is not in the dump")
        self._create(Answer(parent_id=parent_id), row, [])
        self.report.added["answers"] += 1

    def _comment(self, row: Element) -> None:
        key = f"comment:{row.attrib['Id']}"
        if key in self.posts:
            self.report.skipped["comments"] += 1
            return
        parent_id = self.posts.get(row.attrib["PostId"])
        if parent_id is None:
            raise ValueError(f"post {row.attrib['PostId']} is neither a question nor an answer")
        comment = Comment(parent_id=parent_id)
        self._fill(comment, row, key)
        post_actions.create(comment, render(convert_inline(row.attrib["Text"])), quiet=True)
        self.posts[key] = comment.id
        self.report.added["comments"] += 1

    def _link(self, row: Element) -> None:
        source, target = (self.posts.get(row.attrib[k]) for k in ("PostId", "RelatedPostId"))
        if source is None or target is None:
            return
        kind = "duplicate" if row.attrib["LinkTypeId"] == DUPLICATE_LINK else "related"
        post_actions.link(db.session.get(Post, source), db.session.get(Post, target), kind)
        if kind == "duplicate":
            question = db.session.get(Question, source)
            if question is not None and question.closed_at is not None:
                question.duplicate_of_id, question.close_reason = target, "duplicate"

    def _have(self, row: Element, noun: str) -> bool:
        if row.attrib["Id"] in self.posts:
            self.report.skipped[noun] += 1
            return True
        return False

    def _create(self, post: Post, row: Element, tags: list[str]) -> None:
        self._fill(post, row, row.attrib["Id"])
        post_actions.create(post, render(convert(row.get("Body", ""))), tags=tags, quiet=True)
        self.posts[row.attrib["Id"]] = post.id

    def _fill(self, post: Post, row: Element, key: str) -> None:
        owner = row.get("OwnerUserId") or row.get("UserId") or ""
        user_id, _name = self.users.get(owner, (None, ""))
        post.author_id = user_id
        post.author_name = (row.get("OwnerDisplayName") or row.get("UserDisplayName") or "")[:80]
        post.created_at = moment(row.attrib["CreationDate"])
        post.last_activity_at = moment(row.get("LastActivityDate") or row.attrib["CreationDate"])
        if row.get("LastEditDate"):
            post.edited_at = moment(row.attrib["LastEditDate"])
        post.imported_score = post.score = int(row.get("Score", "0"))
        post.license = row.get("ContentLicense", "")[:60]
        post.imported_from, post.external_id = self.source, key

    def _accept(self) -> None:
        """Acceptances of the dump: shown, but no reputation (the points came with the person)."""
        for question_key, answer_key in self.accepted.items():
            question_id, answer_id = self.posts.get(question_key), self.posts.get(answer_key)
            if question_id is None or answer_id is None:
                continue
            db.session.execute(update(Question).where(Question.id == question_id)
                               .values(accepted_answer_id=answer_id))
            db.session.execute(update(Post.__table__).where(Post.id.in_([question_id, answer_id]))
                               .values(accepted=True))
        db.session.commit()

    def _settle(self) -> None:
        """Counters of what was brought, each by its own subquery, then news for the index."""
        child = Post.__table__.alias()
        for kind, column in (("answer", "answer_count"), ("comment", "comment_count")):
            count = (select(func.count()).where(child.c.parent_id == Post.__table__.c.id,
                                                child.c.kind == kind, child.c.is_public)
                     .scalar_subquery())
            db.session.execute(update(Post.__table__)
                               .where(Post.__table__.c.imported_from == self.source)
                               .values({column: count}))
        db.session.execute(db.text(
            "UPDATE post_tags SET answer_count = (SELECT p.answer_count FROM posts p "
            "WHERE p.id = post_tags.post_id), score = (SELECT p.score FROM posts p "
            "WHERE p.id = post_tags.post_id)"))
        events.record("import.finished", source=self.source,
                      changed=sum(self.report.added.values()))
        db.session.commit()


def moment(text: str) -> datetime:
    """A dump's time (UTC without saying so) as an aware datetime."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@click.command("stackexchange")
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--source", default=None, help="Name of the site it comes from (default: folder name).")
def command(directory: Path, source: str | None) -> None:
    """Import a Stack Exchange dump (Posts.xml, Users.xml, Comments.xml, …) from DIRECTORY."""
    importer = Importer(directory, source or directory.resolve().name)
    report = importer.run()
    events.drain()
    report.print()
