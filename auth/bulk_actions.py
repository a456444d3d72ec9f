"""Create many accounts in a few statements per batch, for imports (actions.make_user creates one)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update

from auth import reputation
from auth.actions import available_usernames
from auth.models import ReputationEvent, User
from auth.names import usernames
from core.database.db import db
from core.markup.markup import Rendered


@dataclass(frozen=True)
class Person:
    """A user of another site; `points` is the reputation there."""

    external_id: str
    display_name: str
    created_at: datetime
    about: Rendered
    location: str = ""
    website: str = ""
    points: int = 0


def create_accounts(people: Collection[Person], source: str) -> None:
    """Create accounts without a password, each with ledger entries for registration and imported points."""
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
        for person, username in zip(people, available_usernames(map(_wanted, people)), strict=True)
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
    """The name to make a username of; `user` and the id for names without any Latin letter."""
    has_no_letters = usernames.suggest(person.display_name) == usernames.suggest("")
    return f"user{person.external_id}" if has_no_letters else person.display_name


def set_badges(badges: dict[int, dict[str, int]]) -> None:
    """Set the badges won on the imported site: {user id: {class: count}}."""
    db.session.execute(
        update(User), [{"id": user_id, "imported_badges": counts} for user_id, counts in badges.items()]
    )
