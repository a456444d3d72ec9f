"""A slice of a made-up forum: questions, what stands below them, who watches, and articles."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bench.plan import STAFF, Plan
from bench.words import Writer, extended, paragraph_html
from core.markup.markup import Rendered
from forum.models import Question
from forum.queries import ANSWERS_PER_PAGE
from kb.models import LAYERS, Article
from notifications.models import Watch
from posts.models import DRAFT, PENDING, PUBLISHED, Post, PostLink, PostTag, Revision
from posts.slugs import slugify

ANSWERS = [26, 32, 20, 10, 5, 3, 1, 1, 1, 0.5, 0.3, 0.2]  # how often a question has so many
EVEN_COMMENTS = 2  # below each answer of the questions of one shape
COMMENTS = [72, 16, 7, 3, 1, 1]
MODERATORS = [number for number, role in STAFF.items() if role == "moderator"]
PLAIN = {
    "is_public": True,
    "status": PUBLISHED,
    "title": "",
    "slug": "",
    "parent_id": None,
    "author_name": "",
    "edited_at": None,
    "score": 0,
    "up_count": 0,
    "down_count": 0,
    "imported_score": 0,
    "answer_count": 0,
    "comment_count": 0,
    "accepted": False,
    "revision_count": 1,
    "deleted_at": None,
    "deleted_by_id": None,
    "locked_at": None,
    "closed_at": None,
    "license": "",
    "source_url": "",
    "imported_from": None,
    "external_id": None,
}


@dataclass
class Texts:
    """What all slices share: rendered texts of posts, and of articles."""

    writer: Writer
    bodies: list[Rendered]
    steps: list[Rendered]


@dataclass
class Slice:
    """The rows of one transaction, by model; `posts` are those of `rows[Post]` that votes are cast on."""

    plan: Plan
    number: int
    texts: Texts
    rows: dict[type, list[dict]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.rng = self.texts.writer.rng = random.Random(f"{self.plan.seed}:{self.number}")  # noqa: S311
        self.begin = self.plan.begin(self.number)
        self.end = self.begin + timedelta(days=self.plan.days)
        self.id = self.plan.first_id(self.number)
        self.last = self.id + self.plan.size(self.number) - 1
        self.tags_of: dict[int, set[int]] = {}

    def fill(self) -> dict[type, list[dict]]:
        """Make every row but votes and what follows from them."""
        if self.number == 0:
            self._giants()
        share = -(-self.plan.longest_thread // self.plan.slices)
        left = self.plan.longest_thread - share * self.number
        for _ in range(min(share, left, self.last - self.id + 1)):
            self._post("answer", self._random_time(self.begin), parent_id=self.plan.first_id(0) + 1)
        for time in sorted(self._random_time(self.begin) for _ in range(self.last - self.id + 1)):
            if self.id > self.last:
                break
            if self.rng.random() < 0.01:
                self._article(time)
            else:
                self._thread(time, self.rng.choices(range(len(ANSWERS)), ANSWERS)[0])
        self._relate()
        self._tag()
        return self.rows

    def _giants(self) -> None:
        """The question with hundreds of answers, that which will have thousands, one with twenty.

        Then those of one shape, with as many comments below each answer.
        """
        for _ in range(3 + self.plan.even_threads):
            self._thread(self.begin, 0, is_whole=True)
        long, _longest, plain, *even = self.rows[Post]
        for question, answers in ((long, self.plan.long_thread), (plain, ANSWERS_PER_PAGE)):
            for _ in range(answers):
                self._answer(question, is_whole=True)
        for question in even:
            for _ in range(ANSWERS_PER_PAGE):
                self._answer(question, is_whole=True, comments=EVEN_COMMENTS)

    def _random_time(self, after: datetime) -> datetime:
        """Some time between `after` and the end of the slice, all of its seconds alike."""
        left = (self.end - after).total_seconds()
        return after + timedelta(seconds=int(self.rng.random() * left))

    def _soon(self, after: datetime) -> datetime:
        """Hours or days after, within the slice."""
        wait = timedelta(seconds=int(self.rng.expovariate(1 / 90_000)))
        return min(after + wait, self.end - timedelta(seconds=1))

    def member(self) -> int:
        """The id of a random member, by how much each writes."""
        return self.rng.choices(range(1, self.plan.members + 1), cum_weights=self.plan.shares)[0]

    def _post(self, kind: str, at: datetime, body: Rendered | None = None, **columns: object) -> dict:
        """One more row of posts with its revisions."""
        body = body or extended(self.rng.choice(self.texts.bodies), self.texts.writer.sentence(10))
        row = {
            **PLAIN,
            "id": self.id,
            "kind": kind,
            "author_id": self.member(),
            "created_at": at,
            "last_activity_at": at,
            **columns,
        }
        row |= {"body": body.source, "body_html": body.html, "markup_version": body.version}
        self.id += 1
        self.rows[Post].append(row)
        return row

    def _thread(self, at: datetime, answers: int, *, is_whole: bool = False) -> None:
        """A question and what is below it: few are removed or closed, some wait for a moderator."""
        title = self.texts.writer.title()
        question = self._post("question", at, title=title, slug=slugify(title))
        extra = {
            "id": question["id"],
            "accepted_answer_id": None,
            "close_reason": None,
            "close_note": "",
            "duplicate_of_id": None,
            "closed_by_id": None,
        }
        self.rows[Question].append(extra)
        fate = 1 if is_whole else self.rng.random()
        if fate < 0.004:
            question |= {"status": PENDING, "is_public": False}
            return
        for _ in range(answers):
            self._answer(question)
        if not is_whole:
            self._comments(question)
        if fate < 0.014:
            self._remove(question)
        elif fate < 0.03:
            question["closed_at"] = self._soon(at)
            extra |= {"close_reason": "needs-details", "closed_by_id": self.rng.choice(MODERATORS)}

    def _answer(self, question: dict, *, is_whole: bool = False, comments: int | None = None) -> None:
        if self.id > self.last:
            return
        answer = self._post("answer", self._soon(question["created_at"]), parent_id=question["id"])
        self._comments(answer, comments)
        if not is_whole and self.rng.random() < 0.01:
            self._remove(answer)

    def _comments(self, post: dict, count: int | None = None) -> None:
        """Comments below a post: as many as is usual, or `count`."""
        if count is None:
            count = self.rng.choices(range(len(COMMENTS)), COMMENTS)[0]
        for _ in range(count):
            if self.id <= self.last:
                words = self.texts.writer.sentence(self.rng.randint(6, 30))
                self._post(
                    "comment",
                    self._soon(post["created_at"]),
                    Rendered(words, paragraph_html(words)),
                    parent_id=post["id"],
                )

    def _remove(self, post: dict) -> None:
        """As posts.actions.delete does: what stands below a removed post is not public either."""
        post |= {
            "deleted_at": self._soon(post["created_at"]),
            "is_public": False,
            "deleted_by_id": self.rng.choice(MODERATORS),
        }

    def _article(self, at: datetime) -> None:
        title = self.texts.writer.title()
        body = self.rng.choice(self.texts.steps)
        article = self._post(
            "article",
            at,
            extended(body, self.texts.writer.sentence(10)),
            title=title,
            slug=slugify(title),
            author_id=self.rng.choice(MODERATORS),
        )
        is_draft = self.rng.random() < 0.2
        if is_draft:
            article |= {"status": DRAFT, "is_public": False}
        self.rows[Article].append(
            {
                "id": article["id"],
                "layer": self.rng.choice(LAYERS),
                "summary": self.texts.writer.sentence(12),
                "applies_to": ["Windows Server 2022"],
                "published_at": None if is_draft else at,
                "credited_id": None if is_draft else article["author_id"],
                "credit_turns": int(not is_draft),
            }
        )

    def _relate(self) -> None:
        """What a post knows of those below it, its revisions, and who watches by having taken part."""
        below: dict[int, list[dict]] = defaultdict(list)
        here = {post["id"]: post for post in self.rows[Post]}
        watching: dict[tuple[int, int], datetime] = {}
        for post in self.rows[Post]:
            parent = here.get(post["parent_id"])
            if parent is not None:
                below[parent["id"]].append(post)
                post["is_public"] = post["is_public"] and parent["is_public"]
            if post["kind"] != "comment":
                watching.setdefault((post["author_id"], post["parent_id"] or post["id"]), post["created_at"])
                if self.rng.random() < 0.1:
                    post |= {"edited_at": self._soon(post["created_at"]), "revision_count": 2}
                    post["last_activity_at"] = post["edited_at"]
        for number, children in below.items():
            self._count(here[number], children)
        self.rows[Watch] = [
            {"user_id": user, "post_id": post, "created_at": at}
            for (user, post), at in watching.items()
            if post in here
        ]

    def _count(self, post: dict, children: list[dict]) -> None:
        visible = [child for child in children if child["deleted_at"] is None]
        answers = [child for child in visible if child["kind"] == "answer"]
        post["answer_count"] = len(answers)
        post["comment_count"] = len(visible) - len(answers)
        times = [post["last_activity_at"], *(answer["created_at"] for answer in answers)]
        post["last_activity_at"] = max(times)

    def _tag(self) -> None:
        """Tags of questions and articles, their links, and the revisions that name the tags."""
        questions = []
        for post in self.rows[Post]:
            tags = set()
            if post["kind"] in ("question", "article"):
                tags = {1} if self.rng.random() < 0.67 else set()
                tags |= {
                    1 + n
                    for n in self.rng.choices(range(1, self.plan.tags), cum_weights=self.plan.tag_shares, k=2)
                }
                if questions and self.rng.random() < 0.02:
                    self.rows[PostLink].append(
                        {"source_id": post["id"], "kind": "related", "target_id": self.rng.choice(questions)}
                    )
                questions.append(post["id"])
            self.tags_of[post["id"]] = tags
            self._revise(post, sorted(f"tag-{number}" for number in tags))

    def _revise(self, post: dict, tags: list[str]) -> None:
        text = {"post_id": post["id"], "author_id": post["author_id"], "title": post["title"], "tags": tags}
        if post["revision_count"] == 2:
            before = self.rng.choice(self.texts.bodies).source
            self.rows[Revision] += [
                {**text, "number": 1, "body": before, "created_at": post["created_at"]},
                {**text, "number": 2, "body": post["body"], "created_at": post["edited_at"]},
            ]
        else:
            self.rows[Revision].append(
                {**text, "number": 1, "body": post["body"], "created_at": post["created_at"]}
            )

    def tagged(self) -> None:
        """The sort keys of each post once more beside its tags; after all votes are counted."""
        for post in self.rows[Post]:
            self.rows[PostTag] += [
                {
                    "post_id": post["id"],
                    "tag_id": tag,
                    **{
                        key: post[key]
                        for key in (
                            "kind",
                            "is_public",
                            "created_at",
                            "last_activity_at",
                            "score",
                            "answer_count",
                        )
                    },
                }
                for tag in self.tags_of[post["id"]]
            ]
