"""Unread lines and follow buttons: conditions and values of templates (core.cache.marks)."""

from auth.reader import Reader
from core.cache.marks import register_condition, register_value
from notifications import queries


def _unread(reader: Reader, _thing: object) -> str:
    number = queries.unread(reader.user)
    return str(number) if number <= queries.MAX_COUNTED else f"{queries.MAX_COUNTED}+"


register_condition("watches", lambda reader, post: queries.is_watching_post(reader.user, post.id))
register_condition("unread", lambda reader, _thing: queries.unread(reader.user) > 0)
register_value("unread", _unread)
