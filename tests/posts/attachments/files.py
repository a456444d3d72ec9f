"""Small files for the tests of attachments, made here."""

import io
import struct
import zlib

from PIL import Image, PngImagePlugin

SECRET = b"GPS 52.5163 N 13.3777 E"


def encoded(picture, kind, **options):
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def picture(kind="PNG", size=(40, 30), colour=(200, 30, 30), **options):
    return encoded(Image.new("RGB", size, colour), kind, **options)


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_header(width, height, data=b""):
    """A PNG file whose header says so, with hardly any data."""
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(data))
        + chunk(b"IEND", b"")
    )


def with_metadata(kind):
    """A picture of the kind with EXIF, a comment and bytes behind its end."""
    made = Image.new("RGB", (30, 20), (0, 90, 200))
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif[0x0112] = 6  # turned by a quarter
    options = {"exif": exif.tobytes()}
    if kind == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_text("Comment", SECRET.decode())
        options["pnginfo"] = info
    elif kind == "GIF":
        options = {"comment": SECRET}
    elif kind == "JPEG":
        options["comment"] = SECRET
    return encoded(made, kind, **options) + SECRET + b"<script>alert(1)</script>"
