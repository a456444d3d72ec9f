"""MediaWiki from Debian's packages, on SQLite, behind php-fpm and nginx; filled by its own importer."""

import os
import pwd
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.browser import Browser
from bench.peers import Community, Content, PeerUnavailable
from bench.programs import Program, ProgramGroup

HOME = Path("/usr/share/mediawiki")
NEEDED = "mediawiki php-fpm php-sqlite3 php-intl php-apcu php-mbstring nginx"
USER = "www-data"
WORKERS = 4
FPM = """[global]
error_log = {folder}/fpm.log
daemonize = no
[www]
user = {user}
group = {user}
listen = {folder}/fpm.sock
listen.mode = 0666
pm = static
pm.max_children = {workers}
env[MW_CONFIG_FILE] = {folder}/LocalSettings.php
php_admin_value[open_basedir] = none
"""
NGINX = """daemon off;
pid {folder}/nginx.pid;
worker_processes 2;
user {user};
error_log {folder}/nginx.log;
events {{}}
http {{
  include /etc/nginx/mime.types;
  access_log off;
  gzip on;
  gzip_types text/css text/javascript application/javascript application/x-javascript image/svg+xml;
  server {{
    listen 127.0.0.1:{port};
    root {home};
    location ~ ^/(index|load|api)\\.php {{
      include /etc/nginx/fastcgi_params;
      fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
      fastcgi_pass unix:{folder}/fpm.sock;
    }}
    location /resources/ {{ }}
    location /skins/ {{ }}
  }}
}}
"""
SETTINGS = """
$wgServer = "http://127.0.0.1:" . ($_SERVER['SERVER_PORT'] ?? '80');
$wgMainCacheType = CACHE_ACCEL;
$wgUseFileCache = false;
"""


class MediaWiki:
    """MediaWiki in an instance of its own."""

    name = "MediaWiki"
    pages = {"article": "/index.php?title=Page_1", "search": "/index.php?search=server+password&fulltext=1"}  # noqa: RUF012

    def prepare(self, folder: Path, content: Content) -> None:
        """See Peer."""
        self.folder = folder
        ready = folder / "READY"
        if os.geteuid():
            raise PeerUnavailable("its server processes are started by root only")
        if not (HOME / "index.php").exists() or not _fpm() or not shutil.which("nginx"):
            raise PeerUnavailable(f"its packages are not installed: apt-get install {NEEDED}")
        if closed := [each.name for each in folder.parents if each.exists() and not each.stat().st_mode & 1]:
            raise PeerUnavailable(f"its user {USER} may not enter {closed[-1]}: take another --folder")
        if not ready.exists():
            shutil.rmtree(folder, ignore_errors=True)
            (folder / "pages").mkdir(parents=True)
            self._fill(content)
            ready.touch()

    def _fill(self, content: Content) -> None:
        self._maintain(
            "install.php",
            "--dbtype",
            "sqlite",
            "--dbpath",
            str(self.folder / "data"),
            "--confpath",
            str(self.folder),
            "--scriptpath",
            "",
            "--server",
            "http://127.0.0.1",
            "--pass",
            secrets.token_urlsafe(16),
            "Bench",
            "Keeper",
        )
        with (self.folder / "LocalSettings.php").open("a") as file:
            file.write(SETTINGS)
        texts = [text for _title, text in content.articles] + [
            "\n\n".join(thread) for _title, thread in content.threads
        ]
        for number, text in enumerate(texts[:500], 1):
            (self.folder / "pages" / f"Page_{number}.txt").write_text(text)
        self._maintain(
            "importTextFiles.php", "--user", "Keeper", *map(str, sorted((self.folder / "pages").iterdir()))
        )
        self._maintain("runJobs.php")
        owner = pwd.getpwnam(USER)
        for path in [self.folder, *self.folder.rglob("*")]:
            os.chown(path, owner.pw_uid, owner.pw_gid)

    def _maintain(self, script: str, *arguments: str) -> None:
        environment = dict(os.environ)
        if script != "install.php":
            environment["MW_CONFIG_FILE"] = str(self.folder / "LocalSettings.php")
        done = subprocess.run(
            ["php", str(HOME / "maintenance" / script), *arguments],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )
        if done.returncode:
            raise PeerUnavailable(f"{script} failed: {' '.join((done.stderr or done.stdout).split())[-300:]}")

    @contextmanager
    def served(self, port: int) -> Iterator[ProgramGroup]:
        """See Peer."""
        named = {"folder": self.folder, "user": USER, "port": port, "home": HOME, "workers": WORKERS}
        fpm = self.folder / "fpm.conf"
        nginx = self.folder / "nginx.conf"
        fpm.write_text(FPM.format(**named))
        nginx.write_text(NGINX.format(**named))
        programs = [
            Program([_fpm() or "php-fpm", "-F", "-y", fpm], self.folder / "php.log"),
            Program(["nginx", "-c", nginx], self.folder / "web.log"),
        ]
        try:
            programs[1].wait_for(f"http://127.0.0.1:{port}{self.pages['article']}")
            yield ProgramGroup(*programs)
        finally:
            for program in programs:
                program.stop()

    def member(self, port: int) -> Browser:
        """See Peer."""
        raise PeerUnavailable("only its pages for visitors are compared")

    def reply(self, browser: Browser, text: str) -> float:
        """See Peer."""
        raise PeerUnavailable("a wiki has no replies")

    def community(self, port: int, server: ProgramGroup) -> Community:
        """See Peer."""
        raise PeerUnavailable("only its pages for visitors are compared")


def _fpm() -> str | None:
    """The newest php-fpm."""
    found = sorted(Path("/usr/sbin").glob("php-fpm*"))
    return str(found[-1]) if found else None
