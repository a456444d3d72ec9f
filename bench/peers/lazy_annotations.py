"""Becomes `sitecustomize` of FlaskBB's environment, to compile FlaskBB with lazy annotations.

Version 2.2 can only be imported where annotations are lazy, as on Python 3.14. On 3.12 and 3.13 its modules
are compiled as if each began with `from __future__ import annotations`.
"""

import __future__

from importlib.machinery import SourceFileLoader
from typing import Any

_plain = SourceFileLoader.source_to_code


def source_to_code(self: SourceFileLoader, data: Any, path: Any, *, _optimize: int = -1) -> Any:
    """The code of a module; FlaskBB's with lazy annotations."""
    if "/flaskbb" not in str(path):
        return _plain(self, data, path, _optimize=_optimize)
    return compile(
        data, path, "exec", dont_inherit=True, optimize=_optimize, flags=__future__.annotations.compiler_flag
    )


SourceFileLoader.source_to_code = source_to_code  # type: ignore[method-assign]
