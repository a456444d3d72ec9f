"""A virtual environment of a peer's own, on a Python that it can run on."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from bench.peers import PeerUnavailable


class Environment:
    """Programs and packages below `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"

    def make(self, pythons: tuple[str, ...], *packages: str) -> None:
        """Make it with the first of these Pythons that starts. Raises Missing."""
        python = next(filter(_starts, _found(pythons)), None)
        if python is None:
            raise PeerUnavailable(f"none of these is here: {', '.join(pythons)}")
        self.run(python, "-m", "venv", self.folder)
        self.run(self.bin / "pip", "install", "-q", "--no-compile", *packages)

    @property
    def packages(self) -> Path:
        """Where its packages are."""
        return next((self.folder / "lib").glob("python3.*/site-packages"))

    def run(self, *command: str | Path, folder: Path | None = None, **variables: str) -> None:
        """Run a program with those of the environment on its path. Raises Missing with what it said."""
        words = [str(word) for word in command]
        path = f"{self.bin}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            words,
            capture_output=True,
            text=True,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PATH": path, **variables},
            check=False,
        )
        if done.returncode:
            said = " ".join((done.stderr or done.stdout).split())[-300:]
            raise PeerUnavailable(f"`{Path(words[0]).name} {' '.join(words[1:4])} …` failed: {said}")


def _found(names: tuple[str, ...]) -> Iterator[str]:
    """Pythons on the path, and those of pyenv, whose shims start only what is switched on."""
    yield from filter(None, map(shutil.which, names))
    for name in names:
        yield from map(str, sorted(Path.home().glob(f".pyenv/versions/*/bin/{name}")))


def _starts(python: str) -> bool:
    return subprocess.run([python, "--version"], capture_output=True, check=False).returncode == 0
