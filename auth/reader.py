"""The reader of a page: the current user with its rights, computed once.

A page asks some three hundred times what its reader may do; a User computes each answer from its columns.
Policies take a reader as a user.
"""

from flask import g

from auth import policy
from auth.current_user import me
from auth.models import User, Visitor
from auth.privileges import Privilege
from auth.unsent.form_accounts import form_account
from core.cache.marks import register_condition, register_reader, register_value


class Reader:
    """What policies ask of a user, as plain attributes. `votes` are the reader's own, by post id, as read."""

    def __init__(self, user: User | Visitor) -> None:
        self.user = user
        self.id = user.id
        self.is_moderator = user.is_moderator
        self.is_admin = user.is_admin
        self.is_in_good_standing = user.is_in_good_standing
        self.is_suspended = user.is_suspended
        self.votes: dict[int, int] = {}
        self._rights: dict[Privilege, bool] = {}

    def can(self, privilege: Privilege) -> bool:
        """Whether the user has `privilege`."""
        if privilege not in self._rights:
            self._rights[privilege] = self.user.can(privilege)
        return self._rights[privilege]


def reader() -> Reader:
    """The reader of this request."""
    found = g.get("reader")
    if found is None or found.user is not me():
        found = g.reader = Reader(me())
    return found


register_reader(reader)
register_condition("member", lambda reader, _thing: reader.id is not None)
register_condition("administrator", lambda reader, _thing: reader.is_admin)
register_condition("suspended", lambda reader, _thing: reader.is_suspended)
register_condition("author", lambda reader, post: reader.id is not None and post.author_id == reader.id)
register_value("account_id", lambda reader, _thing: reader.id)
register_value("account_colour", lambda reader, _thing: reader.id % 8)
register_value(
    "account_initial", lambda reader, _thing: (reader.user.display_name or reader.user.username)[:1].upper()
)
register_value("account_name", lambda reader, _thing: reader.user.display_name or reader.user.username)
register_value("account_url", lambda reader, _thing: reader.user.profile_url)
register_value("account_reputation", lambda reader, _thing: f"{reader.user.reputation or 1:,}")
register_value("why_read_only", lambda reader, _thing: policy.why_read_only(reader.user))
register_value("form_account", lambda _reader, _thing: form_account())
