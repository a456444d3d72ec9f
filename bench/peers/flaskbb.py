"""FlaskBB, the forum made with Flask: from PyPI, on a Python of 3.12 or later, served by gunicorn."""

import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.browser import Browser
from bench.client import request
from bench.peers import PER_PAGE, Community, Content
from bench.peers.environment import Environment
from bench.programs import Program, ProgramGroup
from bench.sites import GUNICORN, GUNICORN_WORKER

VERSION = "2.2.0"
CONTENT_VERSION = 3  # of the environment and what is in it: an older one is made anew
MEMBERS = 8
FIRST_TOPIC = 2  # that was filled; the first is the welcome topic
PYTHONS = ("python3.12", "python3.13", "python3.14")
CONFIG = """from flaskbb.configs.default import DefaultConfig
SQLALCHEMY_DATABASE_URI = "sqlite:///{folder}/flaskbb.sqlite"
SECRET_KEY, WTF_CSRF_SECRET_KEY = "{secret}", "{secret}"
LOG_PATH, USE_DEFAULT_LOGGING = "{folder}", False
RATELIMIT_ENABLED = False
SERVER_NAME = None
"""


class FlaskBB:
    """FlaskBB in an environment of its own."""

    name = f"FlaskBB {VERSION}"
    pages = {  # noqa: RUF012
        "topic, 20 posts": "/topic/2",
        "topic of 500 posts, last page": "/topic/3?page=25",
        "forum list": "/forum/1",
        "front page": "/",
    }

    def prepare(self, folder: Path, content: Content) -> None:
        """See Peer."""
        self.folder = folder
        self.environment = Environment(folder / "env")
        self.bin = self.environment.bin
        self.config = folder / "flaskbb.cfg"
        ready = folder / f"READY-{CONTENT_VERSION}"
        if not ready.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            self._install()
            self._fill(content, ready)
        self.password = ready.read_text()
        self.topics = len(content.threads)

    def _install(self) -> None:
        self.environment.make(PYTHONS, f"flaskbb=={VERSION}", "gunicorn")
        shutil.copy(GUNICORN_WORKER, self.environment.packages)
        shutil.copy(
            Path(__file__).with_name("lazy_annotations.py"), self.environment.packages / "sitecustomize.py"
        )

    def _fill(self, content: Content, ready: Path) -> None:
        password = secrets.token_urlsafe(12)
        threads = self.folder / "threads.json"
        self.config.write_text(CONFIG.format(folder=self.folder, secret=secrets.token_urlsafe(24)))
        threads.write_text(json.dumps(content.threads))
        self.environment.run(
            self.bin / "flaskbb",
            "--config",
            self.config,
            "install",
            "--force",
            "-u",
            "admin",
            "-e",
            "admin@example.org",
            "-p",
            password,
        )
        self.environment.run(
            self.bin / "python",
            "-P",
            Path(__file__).with_name("fill_flaskbb.py"),
            self.config,
            threads,
            str(PER_PAGE),
            str(MEMBERS),
            password,
        )
        self.environment.run(self.bin / "flaskbb", "--config", self.config, "reindex")
        ready.write_text(password)

    @contextmanager
    def served(self, port: int) -> Iterator[ProgramGroup]:
        """See Peer; the same gunicorn and as many processes as ours."""
        program = Program(
            [
                self.bin / "gunicorn",
                *GUNICORN[1:],
                "--bind",
                f"127.0.0.1:{port}",
                f"flaskbb.app:create_app(config='{self.config}')",
            ],
            self.folder / "web.log",
            folder=self.folder,
        )
        try:
            program.wait_for(f"http://127.0.0.1:{port}/")
            yield ProgramGroup(program)
        finally:
            program.stop()

    def member(self, port: int) -> Browser:
        """See Peer."""
        return self._logged_in(port, "admin")

    def _logged_in(self, port: int, name: str) -> Browser:
        browser = Browser(port)
        answer = browser.send(
            "/auth/login", csrf_token=browser.token("/auth/login"), login=name, password=self.password
        )
        if answer.status not in (302, 303):
            raise RuntimeError(f"FlaskBB did not let {name} in: {answer.status}")
        return browser

    def reply(self, browser: Browser, text: str) -> float:
        """See Peer; the form stands below the topic."""
        answer = browser.send("/topic/4/post/new", csrf_token=browser.token("/topic/4"), content=text)
        if answer.status not in (302, 303):
            raise RuntimeError(f"FlaskBB refused a reply: {answer.status}")
        return answer.milliseconds

    def community(self, port: int, server: ProgramGroup) -> Community:
        """See Peer."""
        topics = [f"/topic/{number}" for number in range(FIRST_TOPIC, FIRST_TOPIC + self.topics)]

        def search(words: str, headers: dict[str, str], token: str) -> bytes:
            kinds = ["post", "topic"]
            return request(
                "/search", headers, {"csrf_token": token, "search_query": words, "search_types": kinds}
            )

        return Community(
            server=server,
            port=port,
            lists=["/", "/forum/1"],
            threads=[(topic, f"{topic}/post/new") for topic in topics],
            members=[self._logged_in(port, f"member{number}") for number in range(1, MEMBERS + 1)],
            search=search,
            text_field="content",
            may_fail=True,  # "database is locked": each view of a topic writes
        )
