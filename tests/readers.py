"""Five people who read pages, each with canaries of their own, and what two answers have in common."""

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager

from auth import actions as auth
from core.cache.memory_cache import MemoryCache
from core.database.db import db

ROLES = ("visitor", "member", "author", "moderator", "administrator")
# A visitor's page may show reputations and relative times that are a minute old; a form's token has a time.
VOLATILE = re.compile(
    rb'<span class="reputation".*?</span></span>|(?<=<time )[^>]*>[^<]*(?=</time>)'
    rb'|(?<=name="csrf_token" value=")[^"]*',
    re.S,
)
TIME = re.compile(rb'datetime="[^"]*"')


class Readers:
    """People by role; `visitor` is nobody. Each has a session, a form token and an address with a canary."""

    def __init__(self, app, people: dict):
        self.app = app
        self.names = {role: user.username for role, user in people.items()}
        sign = app.session_interface.get_signing_serializer(app).dumps
        self.cookies = {
            role: sign({"_user_id": auth.open_session(user), "_fresh": True, "csrf_token": f"canary-{role}"})
            for role, user in people.items()
        }
        for role, user in people.items():
            user.email = f"canary-{role}@example.org"
        db.session.commit()

    def headers(self, role: str) -> dict[str, str]:
        """The headers of a request of this role."""
        if role not in self.cookies:
            return {}
        return {"Cookie": f"{self.app.config['SESSION_COOKIE_NAME']}={self.cookies[role]}"}

    def foreign(self, role: str, page: bytes) -> list[str]:
        """The other people whose canary is in a page that was made for `role`."""
        return [other for other in self.names if other != role and self.canaries(other, page)]

    def canaries(self, role: str, page: bytes) -> set[str]:
        """What of `role` alone is in a page: their address, the token of their forms, their own header."""
        header = re.search(rb"<header.*?</header>", page, re.S)
        token = base64.urlsafe_b64encode(f'"canary-{role}"'.encode()).rstrip(b"=")
        found = {
            "address": f"canary-{role}@".encode() in page,
            "token": token in page,
            "header": header and f'href="/users/{self.names[role]}"'.encode() in header[0],
        }
        return {name for name, is_there in found.items() if is_there}


def stable(page: bytes) -> bytes:
    """A page without what may be a minute old, and without the time of its token."""
    return VOLATILE.sub(lambda found: b"".join(TIME.findall(found[0])), page)


@contextmanager
def no_caches(monkeypatch) -> Iterator[None]:
    """Nothing is read from a cache of this process, and nothing stored."""
    with monkeypatch.context() as patch:
        patch.setattr(MemoryCache, "get", lambda cache, key: None)
        patch.setattr(MemoryCache, "set", lambda cache, key, value: False)
        yield
