"""What the first administrator of an empty site does, step by step, and which steps are done."""

from dataclasses import dataclass

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select

from auth.models import User
from core.database.db import db
from forum.models import Question
from kb.models import Article
from posts.models import Post, Tag

SETTLED_QUESTIONS = 10  # who has so many needs no guide any more


@dataclass(frozen=True)
class Step:
    """One thing to do: where, or with which command."""

    title: str
    text: str
    is_done: bool
    url: str = ""
    command: str = ""


def _any(statement) -> bool:
    return db.session.scalar(statement.limit(1)) is not None


def is_settled() -> bool:
    """Whether the community has begun."""
    newest = (
        select(Post.id)
        .where(Post.kind == "question", Post.is_public)
        .order_by(Post.created_at.desc(), Post.id.desc())
    )  # as an index has them
    return db.session.scalar(newest.offset(SETTLED_QUESTIONS - 1).limit(1)) is not None


def steps() -> list[Step]:
    """All steps, in the order that they are best done."""
    config = current_app.config
    members = select(User.id).where(
        User.confirmed_at.is_not(None),
        User.erased_at.is_(None),
        User.imported_from.is_(None),
        User.role == "member",
    )
    return [
        Step(
            _("Name the site and its address"),
            _(
                "REDOUBT_SITE_NAME is shown in the header and in mail; links in mail begin with "
                "REDOUBT_SITE_URL."
            ),
            bool(config["REDOUBT_SITE_URL"]),
        ),
        Step(
            _("Let it send mail"),
            _(
                "Without REDOUBT_MAIL_URL mail only lies in the folder outbox, and nobody can confirm an "
                "account."
            ),
            bool(config["REDOUBT_MAIL_URL"]),
            command="flask doctor",
        ),
        Step(
            _("Make the first tags"),
            _("Questions carry one to five. A dozen broad ones are a good beginning."),
            _any(select(Tag.id)),
            url="/tags",
        ),
        Step(
            _("Write the first article"),
            _("One page that saves people time shows what this place is for."),
            _any(select(Article.id)),
            url="/articles/new",
        ),
        Step(
            _("Bring what you have"),
            _("Markdown folders, a Stack Exchange dump, bulletins and product life cycles can be imported."),
            _any(select(User.id).where(User.imported_from.is_not(None))) or _any(select(Question.id)),
            command="flask import articles DIR",
        ),
        Step(
            _("Invite people"),
            _(
                "Until there are more of you, newcomers may do at once what takes reputation later (see the "
                "help)."
            ),
            _any(members),
            url="/help#privileges",
        ),
    ]
