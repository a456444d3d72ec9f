"""Converts rows of a Stack Exchange dump to members, drafts of posts, and links. Stores nothing."""

import re

from bs4 import BeautifulSoup
from flask_babel import gettext as _

from auth.bulk_actions import Person
from auth.schemas import WEBSITE
from core.markup.html_to_markdown import convert
from core.markup.markup import Rendered, render
from forum.models import Answer, Question
from forum.stackexchange import comment_text
from forum.stackexchange.dump import BadRow, Row
from forum.stackexchange.links import COMMENT_KEY
from posts.bulk_actions import Draft, Edit
from posts.models import Comment
from posts.tags.schemas import MAX_TAGS

QUESTION_TYPE = "1"  # PostTypeId
ANSWER_TYPE = "2"
TAG_TEXT_TYPES = ("4", "5")
OTHER_TYPES = {
    "3": "wikis",
    "4": "tag excerpts",
    "5": "tag wikis",
    "6": "moderator nominations",
    "7": "wiki placeholders",
    "8": "privilege wikis",
}
DUPLICATE_LINK = "3"  # LinkTypeId
MEMBER_COLUMNS = ("OwnerUserId", "LastEditorUserId", "UserId")
LINK_COLUMNS = ("PostId", "RelatedPostId")
MAX_ABOUT_CHARACTERS = 5_000
IMPORTED_CLOSE_REASON = "imported"  # dumps do not have the reason
DELETED_USER_NAME = re.compile(r"user\d+$")  # shown by the network for deleted accounts


def person(row: Row) -> Person:
    """The member of a row of Users; without an email address, so nobody can log in as this member."""
    key = str(row.number("Id"))
    about = convert(row.get("AboutMe", ""))
    while len(about) > MAX_ABOUT_CHARACTERS:  # by whole paragraphs, so that no list or code block is cut
        about = about.rpartition("\n\n")[0]
    website = row.get("WebsiteUrl", "")
    return Person(
        key,
        row.line("DisplayName", 80) or f"user{key}",
        row.timestamp("CreationDate"),
        render(about),
        location=row.line("Location", 100),
        points=row.number("Reputation", 0),
        website=website if re.match(WEBSITE, website) else "",
    )


def tag_name(name: str) -> str:
    """A tag name in our spelling."""
    return "".join(name.split()).lower()[:40]


def tag_text(row: Row) -> str:
    """The excerpt or wiki of a tag as plain text."""
    return " ".join(BeautifulSoup(row.get("Body", ""), "html.parser").get_text().split())[:600]


def images(row: Row) -> list[str]:
    """The URLs of the images in a question or an answer."""
    if row.get("PostTypeId") not in (QUESTION_TYPE, ANSWER_TYPE):
        return []
    return re.findall(r"<img\b[^<>]*?\bsrc=[\"']([^\"'<>]*)", row.get("Body", ""))


def comment_key(key: str) -> str:
    """The external id of a comment: in a dump, ids of comments and posts overlap."""
    return COMMENT_KEY + key


def link(row: Row, ids: dict[str, int]) -> tuple[int, int, str] | None:
    """(from, to, kind) of a row of PostLinks, if both posts are imported."""
    source, target = (ids.get(row.get(column, "")) for column in LINK_COLUMNS)
    if source is None or target is None or source == target:
        return None
    return source, target, "duplicate" if row.get("LinkTypeId") == DUPLICATE_LINK else "related"


class DraftFactory:
    """Converts rows to drafts; `members` and `parents` map ids of the dump to ours."""

    def __init__(
        self,
        source: str,
        site: str,
        members: dict[str, int],
        system_users: dict[str, str],
        parents: dict[str, int],
        accepted: dict[str, str],
    ) -> None:
        self.source = source
        self.site = site
        self.members = members
        self.system_users = system_users
        self.parents = parents
        self.accepted = accepted

    def question(self, row: Row) -> Draft:
        """A row of Posts with PostTypeId 1."""
        columns = self._columns(row, str(row.number("Id")))
        columns["title"] = row.line("Title", 200)
        if not columns["title"]:
            raise BadRow(_("it has no %(name)s", name="Title"))
        if row.get("ClosedDate"):
            columns["closed_at"] = row.timestamp("ClosedDate")
            columns["close_reason"] = IMPORTED_CLOSE_REASON
            columns["close_note"] = f"Closed on {self.source}. The dump gives no reason."
        columns |= self._source_url(f"/questions/{columns['external_id']}")
        tags = filter(None, map(tag_name, re.findall(r"[^<>|]+", row.get("Tags", ""))))
        return Draft(
            Question, columns, self._body(row), tuple(dict.fromkeys(tags))[:MAX_TAGS], self._edit(row)
        )

    def answer(self, row: Row) -> Draft:
        """A row of Posts with PostTypeId 2."""
        key = str(row.number("Id"))
        parent = row.need("ParentId")
        if parent not in self.parents:
            raise BadRow(_("its question %(key)s was not imported", key=parent[:20]))
        columns = self._columns(row, key) | self._source_url(f"/a/{key}")
        columns |= {"parent_id": self.parents[parent], "accepted": self.accepted.get(key) == parent}
        return Draft(Answer, columns, self._body(row), edit=self._edit(row))

    def comment(self, row: Row) -> Draft:
        """A row of Comments."""
        key = str(row.number("Id"))
        parent = row.need("PostId")
        if parent not in self.parents:
            raise BadRow(_("post %(key)s is not an imported question or answer", key=parent[:20]))
        columns = self._columns(row, comment_key(key)) | self._source_url(
            f"/q/{parent}#comment{key}_{parent}"
        )
        body = render(comment_text.convert(row.need("Text")))
        return Draft(Comment, columns | {"parent_id": self.parents[parent]}, body)

    def _body(self, row: Row) -> Rendered:
        return render(convert(row.get("Body", ""), self.site))

    def _source_url(self, path: str) -> dict[str, str]:
        return {"source_url": self.site + path} if self.site else {}

    def _columns(self, row: Row, key: str) -> dict:
        owner = row.key("OwnerUserId") or row.key("UserId")
        name = row.line("OwnerDisplayName", 80) or row.line("UserDisplayName", 80)
        created = row.timestamp("CreationDate")
        score = row.number("Score", 0)
        return {
            "author_id": self.members.get(owner),
            "author_name": self.system_users.get(owner) or ("" if DELETED_USER_NAME.match(name) else name),
            "created_at": created,
            "score": score,
            "imported_score": score,
            "last_activity_at": row.timestamp("LastActivityDate", created),
            "license": row.line("ContentLicense", 60),
            "imported_from": self.source,
            "external_id": key,
        }

    def _edit(self, row: Row) -> Edit | None:
        if not row.get("LastEditDate"):
            return None
        editor = row.key("LastEditorUserId")
        name = row.line("LastEditorDisplayName", 80) or self.system_users.get(editor, "")
        by = f" by {name}" if name and editor not in self.members else ""
        return Edit(
            row.timestamp("LastEditDate"),
            self.members.get(editor),
            f"Edited{by} on {self.source}. The dump does not contain earlier versions."[:200],
        )
