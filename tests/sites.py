"""Sites that tests share: building one costs more than most tests, emptying one costs nothing."""

import contextvars
import shutil
import tempfile
from pathlib import Path

from flask.testing import FlaskClient
from jinja2 import BytecodeCache
from sqlalchemy import event

from app import create_app
from core.cache import response_cache
from core.database.db import db
from search import create_engine
from search.result_cache import ResultCache


class Browser(FlaskClient):
    """A client whose requests share no context (and so no session and no `g`) with the test."""

    def open(self, *args, **kwargs):
        db.session.commit()
        try:
            return contextvars.Context().run(super().open, *args, **kwargs)
        finally:
            db.session.expire_all()


class Templates(BytecodeCache):
    """Compiled templates, the same for all sites of this process."""

    def __init__(self):
        self.compiled = {}

    def load_bytecode(self, bucket):
        if bucket.key in self.compiled:
            bucket.bytecode_from_string(self.compiled[bucket.key])

    def dump_bytecode(self, bucket):
        self.compiled[bucket.key] = bucket.bytecode_to_string()


def _wait_for_no_disk(connection, record):
    """Nobody pulls the plug here (for PostgreSQL see tests/postgres.py)."""
    connection.execute("PRAGMA synchronous=OFF")


class Sites:
    """Sites by their settings, and by site the world that was made there (tests/world.py)."""

    def __init__(self):
        self.made, self.worlds, self.folders, self.templates = {}, {}, [], Templates()

    def empty(self, settings):
        """The site with these settings, as if nobody had ever used it; its database is the caller's."""
        key = repr(sorted(settings.items()))
        if key not in self.made:
            self.made[key] = self._build(settings)
        site, configuration = self.made[key]
        site.config.clear()
        site.config.update(configuration)
        instance = site.config["REDOUBT_INSTANCE"]
        for entry in instance.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        site.extensions["search"] = create_engine(site)
        site.extensions["recent_searches"] = ResultCache()
        with site.app_context():
            response_cache.clear()
        return site

    def _build(self, settings):
        site = create_app(REDOUBT_INSTANCE=self.folder(), **settings)
        site.config.update(WTF_CSRF_ENABLED=False, PROPAGATE_EXCEPTIONS=False, TESTING=True)
        site.jinja_env.bytecode_cache = self.templates
        site.test_client_class = Browser
        with site.app_context():
            if db.engine.dialect.name == "sqlite":
                event.listen(db.engine, "connect", _wait_for_no_disk)
        return site, dict(site.config)

    def folder(self) -> Path:
        """A new folder, which goes with the sites."""
        self.folders.append(Path(tempfile.mkdtemp(prefix="redoubt-site-")))
        return self.folders[-1]

    def remove(self):
        """Delete their folders."""
        for folder in self.folders:
            shutil.rmtree(folder, ignore_errors=True)
