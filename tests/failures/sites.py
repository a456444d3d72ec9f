"""Sites beside the one under test."""

from core.database.db import db


def run(site, *words):
    """Run a command of the site as the shell would."""
    with site.app_context():
        return site.test_cli_runner().invoke(args=list(map(str, words)))


def leave(site) -> None:
    """Close a site's connections."""
    with site.app_context():
        db.session.remove()
        db.engine.dispose()
