"""What a reader of an article does: code, steps, tables, headings, and what it applies to. Pure.

Who verified an article followed these. A change of anything else (a typo in the prose) leaves it verified.
"""

import hashlib
import json
from collections.abc import Iterable

from core.markup import markup


def digest(body: str, applies_to: Iterable[str]) -> str:
    """The same for texts with the same instructions (`markup.instructions`) and products."""
    parts = [*markup.instructions(body), "applies to", *applies_to]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
