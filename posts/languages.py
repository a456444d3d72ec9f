"""The language of a post, found when it is written and stored for search."""

from core.markup.languages import MAX_CHARACTERS, language_of
from core.markup.markup import to_text

MAX_MARKUP_CHARACTERS = 4 * MAX_CHARACTERS


def post_language(title: str, body_html: str) -> str:
    """The ISO 639 code of the language of a title and a text; empty when it is not found."""
    return language_of(f"{title}. {to_text(body_html[:MAX_MARKUP_CHARACTERS])}")
