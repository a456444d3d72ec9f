"""The origin of an act: a page, the API, the shell or a task, with network address and user agent."""

from dataclasses import dataclass

import click
from flask import has_request_context, request

PAGE = "page"
API = "api"
SHELL = "shell"
TASK = "task"
MEANS = (PAGE, API, SHELL, TASK)
MAX_PROGRAM_CHARACTERS = 200


@dataclass(frozen=True)
class Origin:
    """How an act was done (one of MEANS); without a request, `address` and `program` are empty."""

    means: str
    address: str = ""
    program: str = ""


def current() -> Origin:
    """The origin of the current request, command or task."""
    if has_request_context():
        return Origin(
            API if request.path.startswith("/api/") else PAGE,
            request.remote_addr or "",
            request.user_agent.string[:MAX_PROGRAM_CHARACTERS],
        )
    return Origin(SHELL if click.get_current_context(silent=True) else TASK)
