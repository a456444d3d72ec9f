"""What the first administrator of an empty site does, step by step, and which steps are done."""

from dataclasses import dataclass

from flask import current_app, url_for
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
            _("Set the name and address of the site"),
            _(
                "REDOUBT_SITE_NAME is shown in the header and in emails; links in emails start with "
                "REDOUBT_SITE_URL."
            ),
            bool(config["REDOUBT_SITE_URL"]),
        ),
        Step(
            _("Set up email"),
            _(
                "Without REDOUBT_MAIL_URL, emails are only saved in the outbox folder, and nobody can "
                "confirm an account."
            ),
            bool(config["REDOUBT_MAIL_URL"]),
            command="flask doctor",
        ),
        Step(
            _("Create the first tags"),
            _("Each question has one to five tags. A dozen broad tags are a good start."),
            _any(select(Tag.id)),
            url=url_for("forum.tags"),
        ),
        Step(
            _("Write the first article"),
            _("One useful article shows what this site is for."),
            _any(select(Article.id)),
            url=url_for("kb.new"),
        ),
        Step(
            _("Import existing content"),
            _("You can import Markdown folders, a Stack Exchange dump, bulletins and product life cycles."),
            _any(select(User.id).where(User.imported_from.is_not(None))) or _any(select(Question.id)),
            command="flask import articles DIR",
        ),
        Step(
            _("Invite people"),
            _("While the community is small, new members need less reputation (see the help)."),
            _any(members),
            url=url_for("home.help_page") + "#privileges",
        ),
    ]
