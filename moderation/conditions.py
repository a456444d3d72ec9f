"""The queue in the header of every page: conditions and values of templates (core.cache.marks)."""

from auth.reader import Reader
from core.cache.marks import register_condition, register_value
from moderation import policy, queries


def _queued(reader: Reader, _thing: object) -> str:
    number = queries.queue_size(reader.user)
    return str(number) if number <= queries.MAX_COUNTED else f"{queries.MAX_COUNTED}+"


register_condition("queue", lambda reader, _thing: policy.can_see_queue(reader))  # pyright: ignore
register_condition("queued", lambda reader, _thing: queries.queue_size(reader.user) > 0)
register_value("queued", _queued)
