"""Many people at once, for imports: what actions.make_user does, in a few statements a batch."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update

from auth import reputation
from auth.actions import free_usernames
from auth.models import ReputationEvent, User
from auth.names import usernames
from core.database.db import db
from core.markup.markup import Rendered


@dataclass(frozen=True)
class Person:
    """Somebody of another site: who they are there, and the points they have there."""

    external_id: str
    display_name: str
    created_at: datetime
    about: Rendered
    location: str = ""
    website: str = ""
    points: int = 0


def bring(people: Collection[Person], source: str) -> None:
    """Make accounts that nobody can log in to, each with its ledger: registered, imported points."""
    users = [
        User(
            username=username,
            username_key=usernames.key(username),
            display_name=person.display_name,
            created_at=person.created_at,
            location=person.location,
            website=person.website,
            about=person.about.source,
            about_html=person.about.html,
            markup_version=person.about.version,
            imported_from=source,
            external_id=person.external_id,
        )
        for person, username in zip(people, free_usernames(map(_wanted, people)), strict=True)
    ]
    db.session.add_all(users)
    db.session.flush()
    awards = []
    for user, person in zip(users, people, strict=True):
        day = user.created_at.date()
        awards += [
            ReputationEvent(
                user_id=user.id,
                kind="registered",
                points=reputation.POINTS["registered"],
                cause=f"registration:{user.id}",
                day=day,
            ),
            ReputationEvent(
                user_id=user.id,
                kind="imported",
                points=person.points,
                cause=f"import:{source}:{person.external_id}",
                day=day,
            ),
        ]
    reputation.award_all(awards)


def _wanted(person: Person) -> str:
    """Names in other scripts leave no letters for a handle; their number there makes one."""
    nothing_left = usernames.wish(person.display_name) == usernames.wish("")
    return f"user{person.external_id}" if nothing_left else person.display_name


def set_badges(badges: dict[int, dict[str, int]]) -> None:
    """What each of these users (by id) has won elsewhere, as counts by class."""
    db.session.execute(
        update(User), [{"id": user_id, "imported_badges": counts} for user_id, counts in badges.items()]
    )
