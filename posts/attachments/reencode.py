"""A program of its own: decodes one picture from standard input and writes it again, without its metadata.

It runs by its path, outside the site's process, with limits on memory and processor time that the operating
system enforces, so that a hostile file cannot harm the site (docs/decisions/0670). It imports Pillow and
nothing of the site.

Output: one line of JSON, then the picture and the thumbnail. {"format", "width", "height", "size",
"thumbnail_size"} (bytes), or {"error": REASON, "most": N} where the reason is `pixels` (more than N),
`frames` (more than N), `broken` or `format`.
"""

import contextlib
import io
import json
import resource
import sys
import warnings
from typing import Any

from PIL import Image, ImageOps

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "AVIF")
MAX_PIXELS = 16_800_000  # of one picture: 5120 × 3200, and a camera's 4608 × 3456
MAX_MODERN_PIXELS = 9_000_000  # of WebP and AVIF, whose decoders take three times the memory
MAX_SIDE = 20_000  # pixels: a scrolled screenshot is long
MAX_FRAMES = 200  # of an animation
MAX_FRAME_PIXELS = 16_800_000  # of all its frames
THUMBNAIL_SIDE = 320  # pixels
MAX_MEMORY_BYTES = 480 * 1024 * 1024  # of address space, which is more than what is used
MAX_PROCESSOR_SECONDS = 4
MODES = ("1", "L", "LA", "P", "RGB", "RGBA")  # that PNG takes as they are
JPEG_OPTIONS = {"quality": 88, "optimize": False, "progressive": False}


class Refused(Exception):
    """A picture that is not accepted: the reason, and the limit that it exceeds."""

    def __init__(self, reason: str, most: int) -> None:
        super().__init__(reason)
        self.answer = {"error": reason, "most": most}


def _limit_resources() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_PROCESSOR_SECONDS, MAX_PROCESSOR_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))


def check_header(picture: Any) -> int:
    """The number of frames. Raises Refused, from what the header says: nothing is decoded yet."""
    width, height = picture.size
    most = MAX_MODERN_PIXELS if picture.format in ("WEBP", "AVIF") else MAX_PIXELS
    if width * height > most or max(width, height) > MAX_SIDE or min(width, height) < 1:
        raise Refused("pixels", most)
    if picture.format not in ("GIF", "WEBP"):
        return 1
    frames = 0
    with contextlib.suppress(EOFError):
        while frames <= MAX_FRAMES:
            picture.seek(frames)
            frames += 1
            if frames * width * height > MAX_FRAME_PIXELS:
                raise Refused("frames", MAX_FRAMES)
    if frames > MAX_FRAMES:
        raise Refused("frames", MAX_FRAMES)
    picture.seek(0)
    return frames


def reencode(data: bytes) -> tuple[dict, bytes, bytes]:
    """(facts, picture, thumbnail) of the file `data`. Raises Refused, or any error of the decoder."""
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    picture = Image.open(io.BytesIO(data), formats=FORMATS)
    frames = check_header(picture)
    out = io.BytesIO()
    if frames > 1:
        kind = str(picture.format)
        _save_animation(picture, out, kind, frames)
        picture.seek(0)
        shown = picture.convert("RGBA")
        size = picture.size
    else:
        picture.load()
        kind = str(picture.format)
        ImageOps.exif_transpose(picture, in_place=True)
        kind = _save_still(picture, out, kind)
        shown = picture
        size = picture.size
    facts = {"format": kind, "width": size[0], "height": size[1]}
    return facts, out.getvalue(), _thumbnail(shown)


def _has_alpha(picture: Any) -> bool:
    return picture.mode in ("LA", "RGBA", "PA") or "transparency" in picture.info


def _cleaned(picture: Any, kind: str) -> Any:
    """The picture with its pixels, palette and transparency, and nothing else."""
    transparency = picture.info.get("transparency")
    mode = "RGBA" if _has_alpha(picture) and kind != "JPEG" else "RGB"
    if picture.mode != mode and (kind != "PNG" or picture.mode not in MODES):
        picture = picture.convert(mode)
        transparency = None
    picture.info = {} if transparency is None else {"transparency": transparency}
    return picture


def _save_still(picture: Any, out: io.BytesIO, source: str) -> str:
    """Write a picture of one frame; returns the format that it has now."""
    kind = {"GIF": "PNG", "AVIF": "WEBP"}.get(source, source)
    options: dict[str, Any] = JPEG_OPTIONS if kind == "JPEG" else {"compress_level": 6}
    if kind == "WEBP":
        options = {"quality": 88, "method": 2}
    _cleaned(picture, kind).save(out, kind, **options)
    return kind


def _save_animation(picture: Any, out: io.BytesIO, kind: str, frames: int) -> None:
    durations = []

    def pictures() -> Any:
        for number in range(frames):
            picture.seek(number)
            durations.append(min(max(int(picture.info.get("duration", 100) or 100), 20), 60_000))
            frame = picture.convert("RGBA")
            frame.info = {}
            yield frame

    every = list(pictures())
    options: dict[str, Any] = {"quality": 80, "method": 0} if kind == "WEBP" else {"optimize": False}
    every[0].save(out, kind, save_all=True, append_images=every[1:], duration=durations, loop=0, **options)


def _thumbnail(picture: Any) -> bytes:
    out = io.BytesIO()
    scale = min(1.0, THUMBNAIL_SIDE / max(picture.size))
    mode = "RGBA" if _has_alpha(picture) else "RGB"
    if picture.mode not in ("L", "RGB", "RGBA"):
        picture = picture.convert(mode)
    width, height = (max(1, round(side * scale)) for side in picture.size)
    small = picture.resize((width, height), reducing_gap=2.0).convert(mode)
    small.info = {}
    small.save(out, "WEBP", quality=80, method=2)
    return out.getvalue()


def main() -> None:
    """Read, re-encode, write; every failure of the decoder is reported as `broken`."""
    _limit_resources()
    data = sys.stdin.buffer.read()
    try:
        facts, whole, thumbnail = reencode(data)
    except Refused as error:
        answer: dict = error.answer
        whole = thumbnail = b""
    except Exception as error:  # whatever a decoder raises
        names = {each.__name__ for each in type(error).__mro__}
        reason = "pixels" if names & {"DecompressionBombError", "DecompressionBombWarning"} else "broken"
        answer = {"error": "format" if "UnidentifiedImageError" in names else reason, "most": MAX_PIXELS}
        whole = thumbnail = b""
    else:
        answer = {**facts, "size": len(whole), "thumbnail_size": len(thumbnail)}
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + whole + thumbnail)


if __name__ == "__main__":
    main()
