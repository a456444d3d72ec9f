"""The demo community: fictional members, questions, articles, bulletins and reports."""

from flask import Flask

from demo import cli


def init_app(app: Flask) -> None:
    """Register the command that loads it."""
    app.cli.add_command(cli.seed)
