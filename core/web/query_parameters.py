"""Query parameters of pages."""

from flask import request

MAX_PARAMETER_LENGTH = 100  # characters


def query_text(name: str) -> str:
    """A query parameter as one line of printable text; empty when it is absent."""
    text = "".join(c for c in request.args.get(name, "") if c.isprintable())
    return text[:MAX_PARAMETER_LENGTH].strip()
