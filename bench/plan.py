"""The size and shape of a synthetic community: the same plan makes the same rows.

A slice is a number of posts and of whole days, written in one transaction: votes count by the day, so a slice
can be written, or be written again after a kill, without knowing the others.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import accumulate

BATCH_POSTS = 2_000
RESERVED_IDS = 5_000  # of bulletins, which are written first
END = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 3_650
STAFF = {2: "administrator", 3: "moderator", 4: "moderator", 5: "moderator", 6: "moderator"}
ACTIVE_MEMBERS = range(20, 60)  # members whose inboxes have lines, and who write during measurements
MAX_BODIES = 20_000
MAX_THREAD_ANSWERS = 5_000
LONG_THREAD_ANSWERS = 520
MAX_EVEN_THREADS = 12
MAX_TAGS = 1_000
BUSY_MONTH_BULLETINS = 500
MAX_ARTICLES = 200


@dataclass(frozen=True)
class Plan:
    """A community of so many posts (questions, answers, comments and articles; bulletins come on top)."""

    posts: int
    seed: int = 7
    version: int = 2  # of the rules: a folder filled by other rules is refused

    @property
    def members(self) -> int:
        """How many people there are; the first writes a twentieth of everything."""
        return max(60, self.posts // 20)

    @cached_property
    def shares(self) -> list[float]:
        """How much each member writes, summed up for random.choices()."""
        return list(accumulate(1 / (rank + 0.9) for rank in range(1, self.members + 1)))

    @property
    def tags(self) -> int:
        """How many tags there are; two questions of three carry the first."""
        return max(20, min(MAX_TAGS, self.posts // 20))

    @cached_property
    def tag_shares(self) -> list[float]:
        """How often each tag but the first is used, summed up for random.choices()."""
        return list(accumulate(1 / rank for rank in range(1, self.tags)))

    @property
    def bodies(self) -> int:
        """How many texts are rendered, to be used again and again."""
        return min(MAX_BODIES, max(100, self.posts // 10))

    @property
    def steps(self) -> int:
        """How many texts of articles are rendered."""
        return min(MAX_ARTICLES, max(5, self.posts // 100))

    @property
    def slices(self) -> int:
        """How many transactions it takes."""
        return -(-self.posts // BATCH_POSTS)

    @property
    def days(self) -> int:
        """Days a slice lasts."""
        return max(1, DAYS // self.slices)

    @property
    def start(self) -> datetime:
        """When the first question is asked; members and tags are there before."""
        return END - timedelta(days=self.days * self.slices)

    @property
    def long_thread(self) -> int:
        """Answers of the first question, all within the first slice."""
        return min(LONG_THREAD_ANSWERS, self.posts // 8)

    @property
    def even_threads(self) -> int:
        """Questions of one shape, of twenty answers with two comments each, all within the first slice."""
        return min(MAX_EVEN_THREADS, self.posts // 800)

    @property
    def longest_thread(self) -> int:
        """Answers of the second question, which gets some in every slice."""
        return min(MAX_THREAD_ANSWERS, self.posts // 8)

    @property
    def busy_month(self) -> int:
        """Bulletins of the fullest month."""
        return min(BUSY_MONTH_BULLETINS, self.posts // 20)

    @property
    def other_bulletins(self) -> int:
        """Bulletins of all other months."""
        return min(3 * BUSY_MONTH_BULLETINS, self.posts // 100)

    def first_id(self, number: int) -> int:
        """The number of the first post of a slice."""
        return RESERVED_IDS + 1 + number * BATCH_POSTS

    def size(self, number: int) -> int:
        """How many posts a slice has."""
        return min(BATCH_POSTS, self.posts - number * BATCH_POSTS)

    def begin(self, number: int) -> datetime:
        """The midnight at which a slice begins."""
        return self.start + timedelta(days=self.days * number)
