"""The state of a post at one of its revisions: text and facts. Reads only."""

from dataclasses import dataclass, field

from posts import kinds, queries
from posts.models import Post, Revision


@dataclass(frozen=True)
class State:
    """Title, Markdown, tags and the facts of its kind; `facts` is None where they are not stored."""

    title: str
    body: str
    tags: list[str] = field(default_factory=list)
    facts: dict | None = None


def current(post: Post) -> State:
    """The current state of a post."""
    return State(post.title, post.body, sorted(tag.name for tag in post.tags), kinds.of(post).facts(post))


def of_revision(post: Post, revision: Revision) -> State:
    """The state of a post at this revision."""
    is_current = revision.number == post.revision_count and revision.redacted_at is None
    facts = kinds.of(post).facts(post) if is_current else revision.facts
    return State(revision.title, revision.body, list(revision.tags), facts)


def at_number(post: Post, number: int) -> State | None:
    """The state of a post at the revision with this number; None when it is redacted or does not exist."""
    if number == post.revision_count:
        return current(post)
    revision = queries.revision(post, number)
    if revision is None or revision.redacted_at is not None:
        return None
    return of_revision(post, revision)


def fact_lines(post: Post, state: State) -> str:
    """Title, tags and facts as lines to compare: all form values except the body."""
    lines: list[str] = []
    for name, value in kinds.of(post).form_values(state).items():
        if name != "body":
            lines += [f"{name}: {line}" for line in str(value).splitlines() or [""]]
    return "\n".join(lines)
