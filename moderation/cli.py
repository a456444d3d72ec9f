"""Moderation from the shell."""

import click
from flask.cli import AppGroup
from flask_babel import gettext as _

from auth.models import Visitor
from moderation import queries

group = AppGroup("moderation", help="Moderation queue and log.")


@group.command("queue")
def queue() -> None:
    """List the items to review, oldest first."""
    for item in queries.queue():
        why = ", ".join(flag.reason for flag in item.flags) or _("first post")
        click.echo(f"{item.post.id}\t{item.post.kind}\t{why}\t{item.post.title}")


@group.command("log")
def log() -> None:
    """List the newest decisions."""
    for row in queries.log():
        who = row.actor.username if row.actor else "-"
        click.echo(
            f"{row.created_at:%Y-%m-%d %H:%M}\t{row.action}\t{who}\t"
            f"{queries.subject(row, Visitor())[0]}\t{row.reason}"
        )
