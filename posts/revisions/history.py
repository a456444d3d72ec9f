"""What a post said at one of its revisions: text and facts together. Reads only."""

from dataclasses import dataclass, field

from posts import kinds, queries
from posts.models import Post, Revision


@dataclass(frozen=True)
class State:
    """Title, Markdown, tags and the facts of its kind; `facts` is None where they were not kept."""

    title: str
    body: str
    tags: list[str] = field(default_factory=list)
    facts: dict | None = None


def present(post: Post) -> State:
    """What the post says now."""
    return State(post.title, post.body, sorted(tag.name for tag in post.tags), kinds.of(post).facts(post))


def of_revision(post: Post, revision: Revision) -> State:
    """What the post said at this revision."""
    is_present = revision.number == post.revision_count and revision.redacted_at is None
    facts = kinds.of(post).facts(post) if is_present else revision.facts
    return State(revision.title, revision.body, list(revision.tags), facts)


def at(post: Post, number: int) -> State | None:
    """What the post said at the revision with this number; None when it is redacted or never was."""
    if number == post.revision_count:
        return present(post)
    revision = queries.revision(post, number)
    if revision is None or revision.redacted_at is not None:
        return None
    return of_revision(post, revision)


def fact_lines(post: Post, state: State) -> str:
    """Title, tags and facts as lines, to be compared: all that a form has but the text."""
    values = kinds.of(post).form_values(state)
    return "\n".join(
        f"{name}: {line}"
        for name, value in values.items()
        if name != "body"
        for line in str(value).splitlines() or [""]
    )
