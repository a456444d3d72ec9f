"""Pictures, decoded and written again by a program of their own (reencode.py), within its limits."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask_babel import gettext as _

SCRIPT = Path(__file__).with_name("reencode.py")  # run, not imported: the site does not load Pillow
MAX_WAIT_SECONDS = 15  # wall time; its limit of processor time ends it earlier unless the machine is busy
MAX_HEADER_BYTES = 1_000


@dataclass(frozen=True)
class Picture:
    """A picture without metadata, and its thumbnail (WebP)."""

    image_format: str
    width: int
    height: int
    data: bytes
    thumbnail: bytes

    @property
    def media_type(self) -> str:
        """The type that browsers get."""
        return f"image/{self.image_format.lower()}"


class BadPicture(ValueError):
    """A picture that is not accepted; the message says why, and what to do."""


def clean(data: bytes) -> Picture:
    """The picture in the file `data`, written again. Raises BadPicture."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(SCRIPT)],
            input=data,
            capture_output=True,
            timeout=MAX_WAIT_SECONDS,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BadPicture(_("The picture could not be processed. Try again, or make it smaller.")) from error
    header, _newline, content = done.stdout.partition(b"\n")
    try:
        facts: dict[str, Any] = json.loads(header[:MAX_HEADER_BYTES])
    except ValueError:
        facts = {"error": "broken", "most": 0}  # ended by one of its limits
    if "error" in facts:
        raise BadPicture(_reason(facts["error"], facts["most"]))
    size = facts["size"]
    return Picture(facts["format"], facts["width"], facts["height"], content[:size], content[size:])


def _reason(code: str, most: int) -> str:
    return {
        "pixels": _(
            "The picture has more than %(n)s million pixels. "
            "Make it smaller, or cut out the part that matters.",
            n=f"{most / 1e6:.0f}",
        ),
        "frames": _(
            "The animation is too large. Use fewer than %(n)s frames and a smaller picture, or attach it "
            "as a packed file.",
            n=most,
        ),
    }.get(code, _("The picture is damaged or of an unknown kind. Save it again as PNG or JPEG."))
