"""Rules that hold for many files: one test for each rule, which names every file that breaks it."""

import ast
from collections.abc import Callable, Iterable
from functools import cache, wraps
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def name(path: Path) -> str:
    """A path below the root, as messages have it."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    """A module as Python reads it; read once for all rules."""
    return ast.parse(path.read_text())


def each_file(paths: Iterable[Path]) -> Callable:
    """Decorator of a check of one path: the test checks every path and fails with all that break the rule."""
    paths = list(paths)

    def decorate(check: Callable[[Path], None]) -> Callable[[], None]:
        @wraps(check)
        def test():
            failed = []
            for path in paths:
                try:
                    check(path)
                except AssertionError as error:
                    failed.append(f"{name(path)}: {error}")
            assert paths, "there are no files to check"
            assert not failed, f"{len(failed)} files:\n" + "\n".join(failed)

        del test.__wrapped__  # pytest would ask for its argument as a fixture
        return test

    return decorate
