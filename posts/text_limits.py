"""Limits of titles, texts and tags of posts, for posts written here and for imported ones.

Schemas check new posts. Edits are checked here, because the limits depend on whether the post was imported:
imported posts have no minimums, and may stay longer than the maximums.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from marshmallow import validate

from core.web.fields import too_long, too_short
from core.web.forms import Invalid
from core.web.lazy_text import lazy_gettext

if TYPE_CHECKING:
    from posts.models import Post

MAX_STORED_TITLE = 200  # characters; the column
MAX_STORED_BODY = 200_000  # characters; what is rendered


@dataclass(frozen=True)
class TextLimits:
    """The limits of one kind of post: characters of title and text, number of tags; 0: no limit."""

    min_title: int = 0
    max_title: int = 0
    min_body: int = 0
    max_body: int = MAX_STORED_BODY
    min_tags: int = 0

    def title_rule(self, message: str) -> validate.Length:
        """The validator of a new title, with its error message."""
        return validate.Length(self.min_title, self.max_title, error=message)


ANY_TITLE = validate.Length(1, MAX_STORED_TITLE, error=lazy_gettext("Use 1 to 200 characters."))


def check_edit(
    post: "Post",
    limits: TextLimits,
    *,
    title: str | None = None,
    body: str | None = None,
    tags: Iterable[str] | None = None,
    is_imported: bool | None = None,
) -> None:
    """Raise Invalid when an edit of `post` exceeds the limits of its kind; None means unchanged.

    `is_imported` is for kinds that store elsewhere whether a post was imported. Imported posts only have
    maximums, which do not apply while the edit makes the text no longer.
    """
    errors: dict[str, list[str]] = {}
    is_local = post.imported_from is None if is_imported is None else not is_imported
    if title is not None and title != post.title and limits.max_title:
        max_length = limits.max_title if is_local else max(limits.max_title, len(post.title))
        if not (limits.min_title if is_local else 1) <= len(title) <= max_length:
            errors["title"] = [
                _(
                    "Use %(least)s to %(most)s characters.",
                    least=limits.min_title if is_local else 1,
                    most=max_length,
                )
            ]
    if body is not None and body != post.body:
        max_length = limits.max_body if is_local else max(limits.max_body, len(post.body))
        if is_local and len(body) < limits.min_body:
            errors["body"] = [too_short(limits.min_body, len(body))]
        elif len(body) > max_length:
            errors["body"] = [too_long(max_length, len(body))]
    if is_local and tags is not None and not list(tags) and limits.min_tags:
        errors["tags"] = [_("Choose one to five tags.")]
    if errors:
        raise Invalid(errors)
