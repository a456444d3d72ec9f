"""A made-up forum of any size whose words are as unevenly used as people's are (Zipf), for measurements.

`python -m bench.corpus 100000` fills the database of REDOUBT_INSTANCE; `flask search rebuild` follows.
"""

import random
import sys
from collections.abc import Iterator
from datetime import timedelta
from itertools import accumulate

from sqlalchemy import insert

from app import create_app
from auth.models import User
from core import schema
from core.db import db, utcnow
from forum.models import Question
from posts.models import Post, PostTag, Tag

WORDS, TAGS, USERS, SLICE = 60_000, 400, 500, 2_000
SYLLABLES = [a + b for a in "bcdfghjklmnprstvwz" for b in "a e i o u an er in ol ust".split()]


def words(rng: random.Random) -> list[str]:
    """WORDS distinct pronounceable words, short ones first as in any language."""
    found: dict[str, None] = {}
    while len(found) < WORDS:
        found["".join(rng.choices(SYLLABLES, k=1 + len(found) // 6_000 % 4 + rng.randint(0, 1)))] = None
    return list(found)


class Writer:
    """Makes text: word number r is used in proportion to 1/r, lengths vary as people's do."""

    def __init__(self, seed: int = 7):
        self.rng = random.Random(seed)
        self.words = words(self.rng)
        self.weights = list(accumulate(1 / rank for rank in range(2, WORDS + 2)))

    def text(self, count: int) -> str:
        """`count` words, now and then an identifier among them."""
        chosen = self.rng.choices(self.words, cum_weights=self.weights, k=count)
        if self.rng.random() < 0.1:
            chosen[count // 2] = f"CVE-{self.rng.randint(2002, 2026)}-{self.rng.randint(1000, 39999)}"
        return " ".join(chosen)

    def post(self, number: int) -> dict:
        """The columns of one post: a question or, three times out of five, an answer to an earlier one."""
        answer = number % 5 in (2, 3, 4)
        body = self.text(max(15, int(self.rng.lognormvariate(4.8, 0.6))))
        when = utcnow() - timedelta(minutes=self.rng.randint(0, 4_000_000))
        return {"id": number, "kind": "answer" if answer else "question", "is_public": True,
                "parent_id": number - number % 5 if answer else None,
                "title": "" if answer else self.text(self.rng.randint(4, 12)), "slug": "x",
                "author_id": self.rng.randint(1, USERS), "created_at": when, "last_activity_at": when,
                "score": int(self.rng.expovariate(0.5)) - 1, "answer_count": 0 if answer else 3,
                "accepted": number % 5 == 2, "body": body, "body_html": f"<p>{body}</p>"}


def slices(count: int) -> Iterator[list[dict]]:
    """`count` posts, SLICE at a time; their numbers begin at 5 so that every answer has its question."""
    writer = Writer()
    for start in range(5, count + 5, SLICE):
        yield [writer.post(number) for number in range(start, min(start + SLICE, count + 5))]


def fill(count: int) -> None:
    """Put `count` posts, their members and tags into the empty database of the current app."""
    rng = random.Random(11)
    db.session.execute(insert(User), [
        {"id": i, "username": f"member{i}", "username_key": f"member{i}", "display_name": f"Member {i}"}
        for i in range(1, USERS + 1)])
    db.session.execute(insert(Tag), [{"id": i, "name": f"tag-{i}", "post_count": 1}
                                     for i in range(1, TAGS + 1)])
    shares = list(accumulate(1 / i for i in range(1, TAGS + 1)))
    for posts in slices(count):
        questions = [post for post in posts if post["kind"] == "question"]
        db.session.execute(insert(Post.__table__), posts)
        db.session.execute(insert(Question.__table__), [{"id": post["id"]} for post in questions])
        db.session.execute(insert(PostTag), [
            {"post_id": post["id"], "tag_id": tag, "kind": "question", "is_public": True,
             "created_at": post["created_at"], "last_activity_at": post["last_activity_at"]}
            for post in questions
            for tag in set(rng.choices(range(1, TAGS + 1), cum_weights=shares, k=3))])
        db.session.commit()


if __name__ == "__main__":
    site = create_app(REDOUBT_WORKER="off")
    with site.app_context():
        schema.ensure()
        fill(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
