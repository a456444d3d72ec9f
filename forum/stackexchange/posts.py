"""Rows of a Stack Exchange dump as the people, posts and links that they describe. Stores nothing."""

import re

from bs4 import BeautifulSoup

from auth.bulk_actions import Person
from auth.schemas import WEBSITE
from core.markup.html_to_markdown import convert
from core.markup.markup import render
from forum.models import Answer, Question
from forum.stackexchange import comment_text
from forum.stackexchange.dump import BadRow, Row
from posts.actions import MAX_TAGS
from posts.bulk_actions import Draft, Edit
from posts.models import Comment

QUESTION, ANSWER, TAG_TEXTS = "1", "2", ("4", "5")
OTHER_KINDS = {
    "3": "wikis",
    "4": "tag excerpts",
    "5": "tag wikis",
    "6": "moderator nominations",
    "7": "wiki placeholders",
    "8": "privilege wikis",
}
DUPLICATE = "3"
COMMENT = "comment:"
PEOPLE = ("OwnerUserId", "LastEditorUserId", "UserId")
LINKED = ("PostId", "RelatedPostId")
LONGEST_ABOUT = 5_000
ELSEWHERE = "imported"  # why a question is closed when the dump does not tell
NAMELESS = re.compile(r"user\d+$")  # what the network shows for an account that is gone


def person(row: Row) -> Person:
    """A row of Users; it may name no mail address, so nobody can log in as this person."""
    key = str(row.number("Id"))
    about = convert(row.get("AboutMe", ""))
    while len(about) > LONGEST_ABOUT:  # whole paragraphs, lest a list or code lose its end
        about = about.rpartition("\n\n")[0]
    website = row.get("WebsiteUrl", "")
    return Person(
        key,
        row.line("DisplayName", 80) or f"user{key}",
        row.moment("CreationDate"),
        render(about),
        location=row.line("Location", 100),
        points=row.number("Reputation", 0),
        website=website if re.match(WEBSITE, website) else "",
    )


def tag_name(name: str) -> str:
    """A tag as it is written here."""
    return "".join(name.split()).lower()[:40]


def tag_text(row: Row) -> str:
    """What a tag's excerpt or wiki says, as plain text."""
    return " ".join(BeautifulSoup(row.get("Body", ""), "html.parser").get_text().split())[:600]


def pictures(row: Row) -> list[str]:
    """Addresses of the pictures in a question or an answer."""
    if row.get("PostTypeId") not in (QUESTION, ANSWER):
        return []
    return re.findall(r"<img\b[^<>]*?\bsrc=[\"']([^\"'<>]*)", row.get("Body", ""))


def comment_key(key: str) -> str:
    """Comments are numbered apart from posts there, and together with them here."""
    return COMMENT + key


def link(row: Row, ids: dict[str, int]) -> tuple[int, int, str] | None:
    """(from, to, kind) of a row of PostLinks, if both ends are here."""
    source, target = (ids.get(row.get(column, "")) for column in LINKED)
    if source is None or target is None or source == target:
        return None
    return source, target, "duplicate" if row.get("LinkTypeId") == DUPLICATE else "related"


class DraftFactory:
    """Makes drafts of rows; `people` and `parents` give our ids for the dump's."""

    def __init__(
        self,
        source: str,
        site: str,
        people: dict[str, int],
        nobodies: dict[str, str],
        parents: dict[str, int],
        accepted: dict[str, str],
    ):
        self.source, self.site, self.people, self.nobodies = source, site, people, nobodies
        self.parents, self.accepted = parents, accepted

    def question(self, row: Row) -> Draft:
        """A row of Posts with PostTypeId 1."""
        columns = self._columns(row, str(row.number("Id")))
        columns["title"] = row.line("Title", 200)
        if not columns["title"]:
            raise BadRow("it has no Title")
        if row.get("ClosedDate"):
            columns["closed_at"], columns["close_reason"] = row.moment("ClosedDate"), ELSEWHERE
            columns["close_note"] = f"Closed on {self.source}; the dump does not tell why."
        columns |= self._address(f"/questions/{columns['external_id']}")
        tags = filter(None, map(tag_name, re.findall(r"[^<>|]+", row.get("Tags", ""))))
        return Draft(
            Question, columns, self._body(row), tuple(dict.fromkeys(tags))[:MAX_TAGS], self._edit(row)
        )

    def answer(self, row: Row) -> Draft:
        """A row of Posts with PostTypeId 2."""
        key, parent = str(row.number("Id")), row.need("ParentId")
        if parent not in self.parents:
            raise BadRow(f"its question {parent[:20]} is not here")
        columns = self._columns(row, key) | self._address(f"/a/{key}")
        columns |= {"parent_id": self.parents[parent], "accepted": self.accepted.get(key) == parent}
        return Draft(Answer, columns, self._body(row), edit=self._edit(row))

    def comment(self, row: Row) -> Draft:
        """A row of Comments."""
        key, parent = str(row.number("Id")), row.need("PostId")
        if parent not in self.parents:
            raise BadRow(f"post {parent[:20]} is neither a question nor an answer that is here")
        columns = self._columns(row, comment_key(key)) | self._address(f"/q/{parent}#comment{key}_{parent}")
        body = render(comment_text.convert(row.need("Text")))
        return Draft(Comment, columns | {"parent_id": self.parents[parent]}, body)

    def _body(self, row: Row):
        return render(convert(row.get("Body", ""), self.site))

    def _address(self, path: str) -> dict[str, str]:
        return {"source_url": self.site + path} if self.site else {}

    def _columns(self, row: Row, key: str) -> dict:
        owner = row.key("OwnerUserId") or row.key("UserId")
        name = row.line("OwnerDisplayName", 80) or row.line("UserDisplayName", 80)
        created, score = row.moment("CreationDate"), row.number("Score", 0)
        return {
            "author_id": self.people.get(owner),
            "author_name": self.nobodies.get(owner) or ("" if NAMELESS.match(name) else name),
            "created_at": created,
            "score": score,
            "imported_score": score,
            "last_activity_at": row.moment("LastActivityDate", created),
            "license": row.line("ContentLicense", 60),
            "imported_from": self.source,
            "external_id": key,
        }

    def _edit(self, row: Row) -> Edit | None:
        if not row.get("LastEditDate"):
            return None
        editor = row.key("LastEditorUserId")
        name = row.line("LastEditorDisplayName", 80) or self.nobodies.get(editor, "")
        by = f" by {name}" if name and editor not in self.people else ""
        return Edit(
            row.moment("LastEditDate"),
            self.people.get(editor),
            f"Edited{by} on {self.source}; the dump does not hold what it was before."[:200],
        )
