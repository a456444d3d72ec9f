"""The error for a decision that somebody else has already made."""

from datetime import datetime

from flask_babel import gettext as _


class AlreadyDone(Exception):
    """Somebody else was first: `who` did `what` (a sentence) at time `at`; `url` shows the current state."""

    def __init__(self, what: str, *, who: str = "", at: datetime | None = None, url: str = "/") -> None:
        self.what = what
        self.who = who or _("Someone else")
        self.at = at
        self.url = url
        super().__init__(self.text)

    @property
    def text(self) -> str:
        """The message, for pages and the API."""
        when = f" ({self.at:%Y-%m-%d %H:%M:%S} UTC)" if self.at else ""
        return _(
            "%(who)s acted first%(when)s: %(what)s Your request changed nothing.",
            who=self.who,
            when=when,
            what=self.what,
        )
