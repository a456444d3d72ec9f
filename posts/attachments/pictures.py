"""Pictures, decoded and written again by a program of their own (reencode.py), within its limits."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from flask_babel import gettext as _

from posts.attachments import reencode

SCRIPT = Path(reencode.__file__)
MAX_WAIT_SECONDS = 15  # wall time; reencode.MAX_PROCESSOR_SECONDS ends it earlier unless the machine is busy
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
        facts = json.loads(header[:MAX_HEADER_BYTES])
    except ValueError:
        facts = {"error": "broken"}  # ended by one of its limits
    if "error" in facts:
        raise BadPicture(_reason(facts["error"]))
    size = facts["size"]
    return Picture(facts["format"], facts["width"], facts["height"], content[:size], content[size:])


def _reason(code: str) -> str:
    return {
        "pixels": _(
            "The picture has more than %(n)s million pixels. Make it smaller, or cut out the part that matters.",
            n=f"{reencode.MAX_PIXELS / 1e6:.0f}",
        ),
        "frames": _(
            "The animation is too long or too large. Use at most %(n)s frames, or attach a packed file.",
            n=reencode.MAX_FRAMES,
        ),
    }.get(code, _("The picture is damaged or of an unknown kind. Save it again as PNG or JPEG."))
