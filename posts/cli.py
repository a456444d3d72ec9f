"""Posts from the shell."""

import click
from flask.cli import AppGroup

from posts import tasks

group = AppGroup("posts", help="What people wrote.")


@group.command("render")
def render() -> None:
    """Render texts again that older rules of Markdown made HTML of; the site does it at night by itself."""
    count = tasks.render_all()
    click.echo(f"{count['rendered']:,} rendered, {count['refused']:,} stay as they were (see the log)")
