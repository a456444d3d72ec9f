"""How long titles and texts of posts are. Minimums bind what is written here, never what was imported.

The schemas of forms and of the API check new posts. An edit is checked here, for only the post says whether
it was imported: what was imported may stay as short, as long and as untagged as it came.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from marshmallow import validate

from core.web.forms import Invalid
from core.web.lazy_text import lazy_gettext

if TYPE_CHECKING:
    from posts.models import Post

MAX_STORED_TITLE, MAX_STORED_BODY = 200, 200_000  # what any edit may have: the column, and what is rendered


@dataclass(frozen=True)
class TextLimits:
    """The limits of one kind of post: characters of title and text, and the number of tags. 0: none."""

    min_title: int = 0
    max_title: int = 0
    min_body: int = 0
    max_body: int = MAX_STORED_BODY
    min_tags: int = 0

    def title_rule(self, message: str) -> validate.Length:
        """The validator of a new title."""
        return validate.Length(self.min_title, self.max_title, error=message)


ANY_TITLE = validate.Length(1, MAX_STORED_TITLE, error=lazy_gettext("A title has 1 to 200 characters."))


def check_edit(
    post: "Post",
    limits: TextLimits,
    *,
    title: str | None = None,
    body: str | None = None,
    tags: Iterable[str] | None = None,
    is_imported: bool | None = None,
) -> None:
    """Raise Invalid when an edit of `post` leaves the limits of its kind; None is what is not changed.

    `is_imported` is for kinds that note it elsewhere. Of what was imported only the maximums count, and only
    where the edit makes it longer still.
    """
    errors: dict[str, list[str]] = {}
    is_ours = post.imported_from is None if is_imported is None else not is_imported
    if title not in (None, post.title) and limits.max_title:
        longest = limits.max_title if is_ours else max(limits.max_title, len(post.title))
        if not (limits.min_title if is_ours else 1) <= len(title) <= longest:
            errors["title"] = [
                _(
                    "A title has %(least)s to %(most)s characters.",
                    least=limits.min_title if is_ours else 1,
                    most=longest,
                )
            ]
    if body not in (None, post.body):
        longest = limits.max_body if is_ours else max(limits.max_body, len(post.body))
        if is_ours and len(body) < limits.min_body:
            errors["body"] = [
                _("Write at least %(n)s characters; this has %(m)s.", n=limits.min_body, m=len(body))
            ]
        elif len(body) > longest:
            errors["body"] = [_("Keep it under %(n)s characters; this has %(m)s.", n=longest, m=len(body))]
    if is_ours and tags is not None and not list(tags) and limits.min_tags:
        errors["tags"] = [_("Choose one to five tags.")]
    if errors:
        raise Invalid(errors)
