"""Two people decide the same thing: the second is told who was first, and nothing changes."""

from datetime import datetime

from flask_babel import gettext as _


class AlreadyDone(Exception):
    """Somebody else was first. `who` did `what` (a sentence) at `at`; `url` shows the thing now."""

    def __init__(self, what: str, *, who: str = "", at: datetime | None = None, url: str = "/"):
        self.what, self.who, self.at, self.url = what, who or _("Someone else"), at, url
        super().__init__(self.text)

    @property
    def text(self) -> str:
        """The whole message, for people and programs alike."""
        when = f" ({self.at:%Y-%m-%d %H:%M:%S} UTC)" if self.at else ""
        return _(
            "%(who)s acted first%(when)s: %(what)s Your request changed nothing.",
            who=self.who,
            when=when,
            what=self.what,
        )
