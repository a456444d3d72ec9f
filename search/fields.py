"""The document that every engine indexes."""

from dataclasses import dataclass
from datetime import datetime

TEXTS = ("title", "body", "labels", "context")
FAMILIES = ("post", "tag", "user", "product")


@dataclass(frozen=True)
class Document:
    """One public thing as indexed; `key` is `<family>:<id>`, such as `post:12`.

    `tags` are also searched as text; `context` is the title of an answer's question; `created_at` is when the
    content was made (UTC), not when it was imported. Of the documents with the same `thread` (a key; empty:
    the document's own) a search shows the best only. `language` is the ISO 639 code of the texts, if known.
    """

    key: str
    kind: str
    title: str
    body: str
    context: str = ""
    tags: tuple[str, ...] = ()
    author: str = ""
    layer: str = ""
    states: tuple[str, ...] = ()
    score: int = 0
    created_at: datetime | None = None
    thread: str = ""
    language: str = ""

    @property
    def thread_key(self) -> str:
        """The key of its thread, or its own."""
        return self.thread or self.key

    @property
    def texts(self) -> dict[str, str]:
        """What is searched, by text field."""
        return dict(zip(TEXTS, (self.title, self.body, " ".join(self.tags), self.context), strict=True))
