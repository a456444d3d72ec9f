"""Askbot, questions and answers made with Django: from PyPI, served by gunicorn."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.browser import Browser
from bench.peers import PER_PAGE, Community, Content, PeerUnavailable
from bench.peers.environment import Environment
from bench.programs import Program, ProgramGroup
from bench.sites import GUNICORN, GUNICORN_WORKER

VERSION = "0.13.0"  # each post takes it half a second
THREADS = 3
CONTENT_VERSION = 2  # of the environment and what is in it: an older one is made anew
PYTHONS = ("python3.11", "python3.12", "python3.10")
SETTINGS = """
ALLOWED_HOSTS = ["127.0.0.1"]
DATABASES["default"]["NAME"] = "{folder}/askbot.db"
"""
DJANGO = {"DJANGO_SETTINGS_MODULE": "forumproj.settings"}


class Askbot:
    """Askbot in an environment of its own."""

    name = f"Askbot {VERSION}"
    pages = {"question, 20 answers": "", "front page": "/questions/"}  # noqa: RUF012

    def prepare(self, folder: Path, content: Content) -> None:
        """See Peer."""
        self.folder = folder
        self.project = folder / "project"
        self.environment = Environment(folder / "env")
        ready = folder / f"READY-{CONTENT_VERSION}"
        if not ready.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            self.environment.make(PYTHONS, f"askbot=={VERSION}", "gunicorn")
            shutil.copy(GUNICORN_WORKER, self.environment.packages)
            self._fill(content)
            ready.touch()
        question = json.loads((self.project / "addresses.json").read_text())[0]
        self.pages = {**self.pages, "question, 20 answers": question}

    def _fill(self, content: Content) -> None:
        run = self.environment.run
        python = self.environment.bin / "python"
        run(
            self.environment.bin / "askbot-setup",
            "--noinput",
            "--force",
            "--root-directory",
            self.project,
            "--proj-name",
            "forumproj",
            "--db-engine",
            "sqlite",
            "--db-name",
            "askbot.db",
            "--admin-name",
            "Keeper",
            "--admin-email",
            "keeper@example.org",
            "--domain-name",
            "forum.example.org",
            folder=self.folder,
        )
        with (self.project / "forumproj" / "settings.py").open("a") as file:
            file.write(SETTINGS.format(folder=self.folder))
        threads = self.folder / "threads.json"
        threads.write_text(json.dumps(content.threads[:THREADS]))
        run(python, "manage.py", "migrate", "--noinput", folder=self.project)
        run(python, "manage.py", "collectstatic", "--noinput", folder=self.project)
        run(
            python,
            "-P",
            Path(__file__).with_name("fill_askbot.py"),
            threads,
            str(PER_PAGE),
            folder=self.project,
            **DJANGO,
        )

    @contextmanager
    def served(self, port: int) -> Iterator[ProgramGroup]:
        """See Peer; the same gunicorn and as many processes as ours."""
        program = Program(
            [
                self.environment.bin / "gunicorn",
                *GUNICORN[1:],
                "--bind",
                f"127.0.0.1:{port}",
                "django.core.wsgi:get_wsgi_application()",
            ],
            self.folder / "web.log",
            folder=self.project,
            **DJANGO,
        )
        try:
            program.wait_for(f"http://127.0.0.1:{port}{self.pages['front page']}")
            yield ProgramGroup(program)
        finally:
            program.stop()

    def member(self, port: int) -> Browser:
        """See Peer."""
        raise PeerUnavailable("only its pages for visitors are compared")

    def reply(self, browser: Browser, text: str) -> float:
        """See Peer."""
        raise PeerUnavailable("only its pages for visitors are compared")

    def community(self, port: int, server: ProgramGroup) -> Community:
        """See Peer."""
        raise PeerUnavailable("only its pages for visitors are compared")
