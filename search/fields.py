"""The document that every engine indexes."""

from dataclasses import dataclass
from datetime import datetime

TEXTS = ("title", "body", "labels", "context")
FAMILIES = ("post", "tag", "user", "product")


@dataclass(frozen=True)
class Document:
    """One public thing as indexed; `key` is `<family>:<id>`, such as `post:12`.

    `tags` are also searched as text; `context` is the title of an answer's question; `created_at` is UTC.
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
