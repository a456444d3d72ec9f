"""Where an act comes from: a page, the API, the shell or a task; and from which address and program."""

from dataclasses import dataclass

import click
from flask import has_request_context, request

PAGE, API, SHELL, TASK = MEANS = ("page", "api", "shell", "task")
MAX_PROGRAM_CHARACTERS = 200


@dataclass(frozen=True)
class Origin:
    """The means of an act (one of MEANS); without a request, `address` and `program` are empty."""

    means: str
    address: str = ""
    program: str = ""


def current() -> Origin:
    """The origin of what happens now."""
    if has_request_context():
        return Origin(
            API if request.path.startswith("/api/") else PAGE,
            request.remote_addr or "",
            request.user_agent.string[:MAX_PROGRAM_CHARACTERS],
        )
    return Origin(SHELL if click.get_current_context(silent=True) else TASK)
