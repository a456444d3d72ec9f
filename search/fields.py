"""What every engine gets to know of a public thing."""

from dataclasses import dataclass
from datetime import datetime

TEXTS = ("title", "body", "labels", "context")
FAMILIES = ("post", "tag", "user", "product")


@dataclass(frozen=True)
class Document:
    """What the index knows of one public thing; `key` is `post:<id>`, `user:<id>` or `tag:<id>`.

    `tags` are searched as words too; `context` is the title of what an answer answers.
    """

    key: str
    kind: str
    title: str
    body: str
    context: str = ""
    tags: tuple[str, ...] = ()
    author: str = ""
    parent: str = ""
    layer: str = ""
    states: tuple[str, ...] = ()
    score: int = 0
    created_at: datetime | None = None
