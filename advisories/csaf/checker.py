"""The process that advisories/csaf/check.py talks to; nothing else may import this module.

Importing `csaf` configures logging and loads a megabyte of rules: the site itself never does it.
"""

import json
import sys
from contextlib import suppress

from csaf.csaf.v20 import validate

try:
    import resource
except ImportError:  # Windows has none; the time limit still holds there
    resource = None

MEGABYTES = 1024
MAX_PROBLEMS = 20


def limit_memory() -> None:
    """Bounds the memory of this process, where the system can."""
    size = MEGABYTES * 1024**2
    if resource:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (size, size))


def problems(data: bytes) -> list[str]:
    """The mandatory rules that a document breaks: "rule 6.1.1 at /place: words"."""
    try:
        report = validate(json.loads(data), preset="basic")
        found = [
            f"rule {test.id} at {error.instance_path}: {error.message[:200]}"
            for test in report.results
            if not test.passed and not test.skipped
            for error in test.errors
        ]
    except Exception as error:  # a young validator, given documents of strangers
        return [f"not checked against the rules: {type(error).__name__} in the validator"]
    return found[:MAX_PROBLEMS] + (["…: more violations follow"] if len(found) > MAX_PROBLEMS else [])


def serve() -> None:
    """Answers each document on standard input (its length, a line end, its bytes) with a line of JSON."""
    limit_memory()
    while length := sys.stdin.buffer.readline():
        data = sys.stdin.buffer.read(int(length))
        sys.stdout.write(json.dumps(problems(data)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
