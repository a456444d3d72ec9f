"""The demo community's history: the acts of its members, read from the files of `demo/content/`.

A question file is the question and then parts: a line `<!-- verb author=… when=… -->` and a text.
A comment belongs to the last question or answer above it, every other verb to the last post of any kind.
Times are written `38@09:15`: days before the seeding, and the time of the day (UTC).
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

import frontmatter
import yaml

FOLDER = Path(__file__).parent / "content"
PART_PATTERN = re.compile(r"^<!-- (\w+) (.+) -->\s*$", re.M)
FIRST_VOTE_AFTER = timedelta(minutes=30)


@dataclass(frozen=True)
class Act:
    """An act of the history: `author` did `verb` to the post `key` of the file `thread` (UTC)."""

    happened_at: datetime
    verb: str
    thread: str
    key: str
    author: str = ""
    text: str = ""
    facts: dict = field(default_factory=dict)


class Story:
    """The history in the files, relative to `now`; all of it is before the day of `now` (UTC)."""

    def __init__(self, now: datetime) -> None:
        self.today = datetime.combine(now.date(), time(), UTC)
        self.members = yaml.safe_load((FOLDER / "members.yaml").read_text())
        self.tags = yaml.safe_load((FOLDER / "tags.yaml").read_text())

    def acts(self) -> list[Act]:
        """All acts in order of time."""
        acts = [
            Act(self.time_of(row["joined"]), "join", row["username"], row["username"], facts=row)
            for row in self.members
        ]
        for path in sorted((FOLDER / "questions").glob("*.md")):
            acts += self._question(path)
        for path in sorted((FOLDER / "articles").glob("*.md")):
            acts += self._article(path)
        return sorted(acts, key=lambda act: act.happened_at)

    def time_of(self, written: str) -> datetime:
        """The time (UTC) that `38@09:15` stands for."""
        days, time_of_day = written.split("@")
        hours, minutes = time_of_day.split(":")
        return self.today + timedelta(days=-int(days), hours=int(hours), minutes=int(minutes))

    def _question(self, path: Path) -> Iterator[Act]:
        page = frontmatter.loads(path.read_text())
        facts: dict[str, Any] = page.metadata
        thread = path.stem
        body, *parts = PART_PATTERN.split(page.content)
        asked = Act(
            self.time_of(facts["asked"]),
            "ask",
            thread,
            thread,
            facts["author"],
            body,
            {"title": facts["title"], "tags": facts["tags"]},
        )
        yield asked
        yield from self._votes(asked, facts)
        asker = facts["author"]
        parent = thread
        last = thread
        for number, (verb, attributes, text) in enumerate(zip(*[iter(parts)] * 3, strict=True), 1):
            facts = dict(pair.split("=", 1) for pair in shlex.split(attributes))
            if verb in ("answer", "comment"):
                facts["parent"] = thread if verb == "answer" else parent
                last = f"{thread}:{number}"
                parent = last if verb == "answer" else parent
            act = Act(self.time_of(facts["when"]), verb, thread, last, facts["author"], text, facts)
            yield act
            yield from self._votes(act, facts)
            if "accepted" in facts:
                yield Act(self.time_of(facts["accepted"]), "accept", thread, last, asker)

    def _article(self, path: Path) -> Iterator[Act]:
        """An article is written weeks or months before the day on which it was last verified."""
        page = frontmatter.loads(path.read_text())
        generator = Random(path.stem)  # noqa: S311  (a seed makes the history the same in every run)
        metadata: dict[str, Any] = page.metadata
        verified = min(date.fromisoformat(str(metadata["verified_on"])), self.today.date())
        facts = {**metadata, "verified_on": verified}
        joined = next(row["joined"] for row in self.members if row["username"] == facts["author"])
        time_of_day = time(8 + generator.randrange(10), generator.randrange(60))
        written = datetime.combine(verified, time_of_day, UTC)
        written -= timedelta(days=generator.randrange(20, 380))
        act = Act(
            max(written, self.time_of(joined) + timedelta(days=2)),
            "publish",
            path.stem,
            path.stem,
            facts["author"],
            page.content,
            facts,
        )
        yield act
        yield from self._votes(act, {"votes": facts.get("votes", generator.randrange(2, 7))})

    def _votes(self, act: Act, facts: dict[str, Any]) -> Iterator[Act]:
        """Votes on a post: frequent at first, then ever fewer until today."""
        generator = Random(act.key)  # noqa: S311  (a seed makes the history the same in every run)
        first_vote_at = act.happened_at + FIRST_VOTE_AFTER
        period = self.today - first_vote_at
        for value, count in ((1, facts.get("votes", 0)), (-1, facts.get("downs", 0))):
            for number in range(int(count)):
                delay = period * (0.02 + 0.95 * generator.random()) ** 3
                yield Act(
                    first_vote_at + delay,
                    "vote",
                    act.thread,
                    act.key,
                    facts={"value": value, "seed": f"{act.key}/{value}/{number}"},
                )
