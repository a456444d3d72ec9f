"""The process started by advisories/csaf/validator.py; not to be imported by any other module.

Importing `csaf` configures logging and loads a megabyte of rules, which the site must not do.
"""

import json
import sys
from contextlib import suppress

from csaf import validate as validate_21  # the current draft of CSAF 2.1
from csaf.csaf.v20 import validate as validate_20

try:
    import resource
except ImportError:  # not on Windows; the time limit applies there too
    resource = None

MEMORY_LIMIT_MB = 1024
MAX_PROBLEMS = 20


def limit_memory() -> None:
    """Limit the memory of this process, where the system supports it."""
    size = MEMORY_LIMIT_MB * 1024**2
    if resource:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (size, size))


def problems(data: bytes) -> list[str]:
    """The mandatory rules that a document violates, as "rule 6.1.1 at /location: message"."""
    try:
        document = json.loads(data)
        is_21 = document["document"].get("csaf_version") == "2.1"
        report = (validate_21 if is_21 else validate_20)(document, preset="basic")
        found: list[str] = []
        for test in report.results:
            if not test.passed and not test.skipped:
                found += [
                    f"rule {test.id} at {error.instance_path}: {error.message[:200]}" for error in test.errors
                ]
    except Exception as error:  # the validator may fail on untrusted documents
        return [f"not checked against the rules: {type(error).__name__} in the validator"]
    return found[:MAX_PROBLEMS] + (["…: more violations follow"] if len(found) > MAX_PROBLEMS else [])


def serve() -> None:
    """Reply to each document on standard input (length, newline, bytes) with one line of JSON."""
    limit_memory()
    while length := sys.stdin.buffer.readline():
        data = sys.stdin.buffer.read(int(length))
        sys.stdout.write(json.dumps(problems(data)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
