"""The demo community: members, questions, articles, bulletins and reports that are plainly made up."""

from flask import Flask

from demo import cli


def init_app(app: Flask) -> None:
    """Attach the command that loads it."""
    app.cli.add_command(cli.seed)
