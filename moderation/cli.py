"""Moderation from the shell."""

import click
from flask.cli import AppGroup

from auth.models import Visitor
from moderation import queries

group = AppGroup("moderation", help="The queue and the log.")


@group.command("queue")
def queue() -> None:
    """What waits, oldest first."""
    for item in queries.queue():
        why = ", ".join(flag.reason for flag in item.flags) or "first post"
        click.echo(f"{item.post.id}\t{item.post.kind}\t{why}\t{item.post.title}")


@group.command("log")
def log() -> None:
    """The newest decisions."""
    for row in queries.log():
        who = row.actor.username if row.actor else "-"
        click.echo(
            f"{row.created_at:%Y-%m-%d %H:%M}\t{row.action}\t{who}\t"
            f"{queries.subject(row, Visitor())[0]}\t{row.reason}"
        )
