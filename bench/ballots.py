"""What members think of the posts of a slice: votes, acceptances, and the ledger that follows from them.

The rules are those of posts/voting.py and forum/actions.py; `flask reputation verify` compares.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from auth.models import ReputationEvent
from auth.reputation import CAPPED, DAILY_CAP, POINTS
from bench.threads import Slice
from forum.models import Acceptance, Question
from kb.models import Article, ArticleFeedback
from posts.models import PENDING, Post, Vote, VoteChange

POPULAR, MAX_VOTES = 0.01, 150  # how often a post is voted on by very many, and by how many at most


@dataclass
class Ledger:
    """Awards in the order of their causes; within one slice each day's cap is whole."""

    rows: list[dict]
    gained: dict[tuple[int, date], int] = field(default_factory=lambda: defaultdict(int))
    applied: dict[str, dict] = field(default_factory=dict)

    def award(self, user_id: int, kind: str, cause: str, at: datetime, *, source: int, actor_id: int) -> None:
        """As auth.reputation.award(): only the cap of a day clips."""
        points = POINTS[kind]
        if kind in CAPPED and points > 0:
            points = max(0, min(points, DAILY_CAP - self.gained[user_id, at.date()]))
        self._append(
            {
                "user_id": user_id,
                "kind": kind,
                "points": points,
                "cause": cause,
                "day": at.date(),
                "source": source,
                "actor_id": actor_id,
                "created_at": at,
            }
        )

    def reverse(self, cause: str, by_cause: str, at: datetime) -> None:
        """As auth.reputation.reverse(): exactly what was applied, on the day of it."""
        if before := self.applied.get(cause):
            self._append({**before, "points": -before["points"], "cause": by_cause, "created_at": at})

    def _append(self, row: dict) -> None:
        if row["kind"] in CAPPED:
            self.gained[row["user_id"], row["day"]] += row["points"]
        self.applied[row["cause"]] = row
        self.rows.append(row)


class Ballots:
    """Votes and acceptances in one slice."""

    def __init__(self, slice_: Slice, change: int, acceptance: int):
        """`change` and `acceptance` are the next free numbers of their rows."""
        self.slice, self.rng, self.rows = slice_, slice_.rng, slice_.rows
        self.change, self.acceptance = change, acceptance
        self.ledger = Ledger(self.rows[ReputationEvent])

    def fill(self) -> None:
        """Make the rows, and set what posts, questions and articles know of them."""
        acts = []
        for post in self.rows[Post]:
            if post["kind"] in ("question", "answer") and post["status"] != PENDING:
                acts += self._acts(post)
        for at, number, act in sorted(acts, key=lambda act: act[:2]):
            getattr(self, act)(at, self.rows[Vote][number])
        self._accept()
        self._credit()

    def _acts(self, post: dict) -> Iterator[tuple[datetime, int, str]]:
        """(when, which vote, cast or void) of everybody who votes on a post: never its author."""
        most = min(MAX_VOTES, self.slice.plan.members // 2)
        is_popular = self.rng.random() < POPULAR
        count = self.rng.randint(10, most) if is_popular else int(self.rng.expovariate(1 / 1.2))
        last = post["deleted_at"] or self.slice.end - timedelta(seconds=1)
        voters = {self.rng.randint(1, self.slice.plan.members) for _ in range(count)} - {post["author_id"]}
        for voter in sorted(voters):
            value = 1 if self.rng.random() < 0.88 else -1
            wait = timedelta(seconds=int(self.rng.expovariate(1 / 40_000)))
            at = min(post["created_at"] + wait, last)
            self.rows[Vote].append(
                {
                    "user_id": voter,
                    "post_id": post["id"],
                    "value": value,
                    "is_void": False,
                    "change_id": 0,
                    "cast_at": at,
                    "post": post,
                }
            )
            yield at, len(self.rows[Vote]) - 1, "_cast"
            if post["deleted_at"]:
                yield post["deleted_at"], len(self.rows[Vote]) - 1, "_void"
            post["up_count" if value > 0 else "down_count"] += 1
        post["score"] = post["up_count"] - post["down_count"]

    def _changed(self, at: datetime, vote: dict, old: int, new: int, reason: str) -> None:
        post = vote["post"]
        self.rows[VoteChange].append(
            {
                "id": self.change,
                "user_id": vote["user_id"],
                "post_id": post["id"],
                "day": at.date(),
                "author_id": post["author_id"],
                "post_kind": post["kind"],
                "old_value": old,
                "new_value": new,
                "previous_id": vote["change_id"] or None,
                "reason": reason,
                "created_at": at,
            }
        )
        vote["change_id"] = self.change
        self.change += 1

    def _cast(self, at: datetime, vote: dict) -> None:
        self._changed(at, vote, 0, vote["value"], "cast")
        post, way, cause = vote["post"], "up" if vote["value"] > 0 else "down", f"vote:{vote['change_id']}"
        details = {"source": post["id"], "actor_id": vote["user_id"]}
        self.ledger.award(post["author_id"], f"{post['kind']}_{way}", f"{cause}:author", at, **details)
        if way == "down" and post["kind"] == "answer":
            self.ledger.award(vote["user_id"], "answer_downvoted", f"{cause}:voter", at, **details)

    def _void(self, at: datetime, vote: dict) -> None:
        before = vote["change_id"]
        self._changed(at, vote, vote["value"], 0, "void")
        vote["is_void"] = True
        for side in ("author", "voter"):
            self.ledger.reverse(f"vote:{before}:{side}", f"vote:{vote['change_id']}:{side}:undo", at)

    def _accept(self) -> None:
        """Half of the askers who have an answer accept one."""
        here = {post["id"]: post for post in self.rows[Post]}
        answers: dict[int, list[dict]] = defaultdict(list)
        for post in self.rows[Post]:
            if post["kind"] == "answer" and post["is_public"] and post["parent_id"] in here:
                answers[post["parent_id"]].append(post)
        for extra in self.rows[Question]:
            if answers[extra["id"]] and self.rng.random() < 0.5:
                self._grant(here[extra["id"]], extra, self.rng.choice(answers[extra["id"]]))

    def _grant(self, question: dict, extra: dict, answer: dict) -> None:
        at = min(
            answer["created_at"] + timedelta(hours=self.rng.randint(1, 50)),
            self.slice.end - timedelta(seconds=1),
        )
        author, asker = answer["author_id"], question["author_id"]
        extra["accepted_answer_id"], question["accepted"], answer["accepted"] = answer["id"], True, True
        self.rows[Acceptance].append(
            {
                "id": self.acceptance,
                "question_id": question["id"],
                "created_at": at,
                "answer_id": answer["id"],
                "accepter_id": asker,
                "author_id": author,
                "day": at.date(),
            }
        )
        if author != asker:
            for side, user, kind in (
                ("author", author, "answer_accepted"),
                ("accepter", asker, "accepted_an_answer"),
            ):
                self.ledger.award(
                    user, kind, f"accept:{self.acceptance}:{side}", at, source=answer["id"], actor_id=asker
                )
        self.acceptance += 1

    def _credit(self) -> None:
        """What the publishing of articles gives, and who found them helpful."""
        for article in self.rows[Article]:
            article["helpful_count"] = article["unhelpful_count"] = 0
            if article["credited_id"] is None:
                continue
            self.ledger.award(
                article["credited_id"],
                "article_published",
                f"publish:{article['id']}:0",
                article["published_at"],
                source=article["id"],
                actor_id=article["credited_id"],
            )
            for user in {self.rng.randint(1, self.slice.plan.members) for _ in range(self.rng.randint(0, 6))}:
                helpful = self.rng.random() < 0.8
                article["helpful_count" if helpful else "unhelpful_count"] += 1
                self.rows[ArticleFeedback].append(
                    {
                        "article_id": article["id"],
                        "user_id": user,
                        "helpful": helpful,
                        "created_at": article["published_at"],
                    }
                )
