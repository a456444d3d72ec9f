"""The demo community's history: what its members did and when, read from the files of `demo/content/`.

A question file is the question and then parts: a line `<!-- verb author=… when=… -->` and a text.
A comment is about the last question or answer above it, every other verb about the last post of any
kind. Moments are written `38@09:15`: so many days before the seeding, at that time of the day (UTC).
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random

import frontmatter
import yaml

FOLDER = Path(__file__).parent / "content"
PART = re.compile(r"^<!-- (\w+) (.+) -->\s*$", re.M)
SOON = timedelta(minutes=30)


@dataclass(frozen=True)
class Act:
    """One thing that happened: `author` did `verb` to the post `key`, which belongs to the file `thread`."""

    moment: datetime
    verb: str
    thread: str
    key: str
    author: str = ""
    text: str = ""
    facts: dict = field(default_factory=dict)


class Story:
    """Everything the files tell, as seen from `now`; all of it is over before the day of `now` began."""

    def __init__(self, now: datetime):
        self.today = datetime.combine(now.date(), time(), UTC)
        self.members = yaml.safe_load((FOLDER / "members.yaml").read_text())
        self.tags = yaml.safe_load((FOLDER / "tags.yaml").read_text())

    def acts(self) -> list[Act]:
        """All acts in the order in which they happened."""
        acts = [
            Act(self.moment(row["joined"]), "join", row["username"], row["username"], facts=row)
            for row in self.members
        ]
        for path in sorted((FOLDER / "questions").glob("*.md")):
            acts += self._question(path)
        for path in sorted((FOLDER / "articles").glob("*.md")):
            acts += self._article(path)
        return sorted(acts, key=lambda act: act.moment)

    def moment(self, written: str) -> datetime:
        """`38@09:15` → the moment it means."""
        days, clock = written.split("@")
        hours, minutes = clock.split(":")
        return self.today + timedelta(days=-int(days), hours=int(hours), minutes=int(minutes))

    def _question(self, path: Path) -> Iterator[Act]:
        page = frontmatter.loads(path.read_text())
        thread = path.stem
        body, *parts = PART.split(page.content)
        asked = Act(
            self.moment(page["asked"]),
            "ask",
            thread,
            thread,
            page["author"],
            body,
            {"title": page["title"], "tags": page["tags"]},
        )
        yield asked
        yield from self._votes(asked, page.metadata)
        parent = last = thread
        for number, (verb, attributes, text) in enumerate(zip(*[iter(parts)] * 3, strict=True), 1):
            facts = dict(pair.split("=", 1) for pair in shlex.split(attributes))
            if verb in ("answer", "comment"):
                facts["parent"] = thread if verb == "answer" else parent
                last = f"{thread}:{number}"
                parent = last if verb == "answer" else parent
            act = Act(self.moment(facts["when"]), verb, thread, last, facts["author"], text, facts)
            yield act
            yield from self._votes(act, facts)
            if "accepted" in facts:
                yield Act(self.moment(facts["accepted"]), "accept", thread, last, page["author"])

    def _article(self, path: Path) -> Iterator[Act]:
        """An article appears weeks or months before the day on which its steps were last followed."""
        page = frontmatter.loads(path.read_text())
        lot = Random(path.stem)
        verified = min(date.fromisoformat(str(page["verified_on"])), self.today.date())
        facts = {**page.metadata, "verified_on": verified}
        joined = next(row["joined"] for row in self.members if row["username"] == page["author"])
        written = datetime.combine(verified, time(8 + lot.randrange(10), lot.randrange(60)), UTC)
        written -= timedelta(days=lot.randrange(20, 380))
        act = Act(
            max(written, self.moment(joined) + timedelta(days=2)),
            "publish",
            path.stem,
            path.stem,
            page["author"],
            page.content,
            facts,
        )
        yield act
        yield from self._votes(act, {"votes": page.get("votes", lot.randrange(2, 7))})

    def _votes(self, act: Act, facts: dict) -> Iterator[Act]:
        """Votes come fast at first and then trickle, for as long as people find the post."""
        lot, since = Random(act.key), self.today - act.moment - SOON
        for value, count in ((1, facts.get("votes", 0)), (-1, facts.get("downs", 0))):
            for number in range(int(count)):
                late = since * (0.02 + 0.95 * lot.random()) ** 3
                yield Act(
                    act.moment + SOON + late,
                    "vote",
                    act.thread,
                    act.key,
                    facts={"value": value, "lot": f"{act.key}/{value}/{number}"},
                )
