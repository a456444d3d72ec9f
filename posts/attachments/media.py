"""What a file is, by its content, and the name under which it is stored.

A browser gets the type that is found here, and never runs a file: only pictures that were written again are
shown, everything else is a download.
"""

import re
import unicodedata
from dataclasses import dataclass

from posts.attachments.models import FILE, MAX_NAME_CHARACTERS, PICTURE, TEXT

MAX_CONTROL_SHARE = 0.001  # of control characters in a text
PLAIN_TEXT = "text/plain"
UNKNOWN = "application/octet-stream"
SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"ElfFile\x00", "application/x-ms-evtx"),
    (b"\xd4\xc3\xb2\xa1", "application/vnd.tcpdump.pcap"),
    (b"\xa1\xb2\xc3\xd4", "application/vnd.tcpdump.pcap"),
    (b"\x4d\x3c\xb2\xa1", "application/vnd.tcpdump.pcap"),
    (b"\x0a\x0d\x0d\x0a", "application/x-pcapng"),
    (b"MSCF\x00\x00\x00\x00", "application/vnd.ms-cab-compressed"),
)
PROGRAMS = (
    b"MZ",
    b"\x7fELF",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
)
EXTENSIONS = {"PNG": ".png", "JPEG": ".jpg", "GIF": ".gif", "WEBP": ".webp"}
JPEG_EXTENSIONS = (".jpg", ".jpeg")
# Opened by a double click, they run; as text they do not.
ACTIVE_EXTENSIONS = frozenset(
    ".html .htm .xhtml .xht .shtml .svg .svgz .mht .mhtml .hta .js .mjs .jse .vbs .vbe .wsf .wsh .bat .cmd "
    ".com .exe .dll .scr .pif .cpl .msi .msp .lnk .url .scf .jar .reg .inf .chm .desktop .app .command .sh "
    ".iso .img .library-ms .search-ms .settingcontent-ms .appref-ms .application .gadget .docm .xlsm .pptm "
    ".dotm .xlam".split()
)
TEXT_ACTIVE_EXTENSIONS = ACTIVE_EXTENSIONS - {".reg", ".inf", ".sh"}  # texts that people here share
RESERVED_NAME = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
_REFUSED_IN_NAMES = re.compile(r'[<>:"|?*%#&;\\/\s]+')


@dataclass(frozen=True)
class Media:
    """What a file is: `kind` of models.py, and the type that browsers get."""

    kind: str
    media_type: str


def recognise(data: bytes) -> Media | None:
    """What the file is; None for a program, which is refused."""
    for signature, media_type in SIGNATURES:
        if data.startswith(signature):
            return Media(PICTURE if media_type.startswith("image/") else FILE, media_type)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Media(PICTURE, "image/webp")
    if data[4:8] == b"ftyp" and (data[8:12] in (b"avif", b"avis") or b"avif" in data[16:64]):
        return Media(PICTURE, "image/avif")
    encoding = text_encoding(data)
    if encoding:
        return Media(TEXT, f"{PLAIN_TEXT}; charset={encoding}")
    if data.startswith(PROGRAMS):
        return None
    return Media(FILE, UNKNOWN)


def text_encoding(data: bytes) -> str:
    """The encoding of a text file; empty when it is no text."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16" if _is_text(data, "utf-16") else ""
    if b"\x00" in data:
        return ""
    if _is_text(data, "utf-8"):
        return "utf-8"
    return "windows-1252" if _is_text(data, "windows-1252") else ""


def _is_text(data: bytes, encoding: str) -> bool:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return False
    control = sum(text.count(chr(code)) for code in range(32) if code not in (9, 10, 12, 13, 27))
    return control <= max(2, len(text) * MAX_CONTROL_SHARE)


def decoded(data: bytes, media_type: str) -> str:
    """The text of a file of the kind TEXT; what cannot be decoded is replaced."""
    encoding = media_type.partition("charset=")[2] or "utf-8"
    return data.decode("utf-8-sig" if encoding == "utf-8" else encoding, "replace")


def safe_name(name: str, kind: str, image_format: str = "") -> str:
    """A name for the file: no path, no control or direction characters, an extension that fits its content.

    It begins with a letter, a digit or `_`, so that a table of names holds no formulas, and nothing hidden.
    """
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    name = "".join(c for c in name if c.isprintable() or c.isspace())
    name = _REFUSED_IN_NAMES.sub("-", name).strip("-. ")
    stem, dot, end = name.rpartition(".")
    extension = f".{end}" if dot and stem and 0 < len(end) <= 12 else ""
    stem = stem if extension else name
    if kind == PICTURE:
        wanted = EXTENSIONS[image_format]
        fits = extension.lower() == wanted or (
            image_format == "JPEG" and extension.lower() in JPEG_EXTENSIONS
        )
        extension = extension if fits else wanted
    elif extension.lower() in (TEXT_ACTIVE_EXTENSIONS if kind == TEXT else ACTIVE_EXTENSIONS):
        extension += ".txt" if kind == TEXT else ".bin"
    elif not extension:
        extension = ".txt" if kind == TEXT else ".bin"
    stem = stem[: MAX_NAME_CHARACTERS - len(extension) - 1].rstrip(". ") or "file"
    if not (stem[0].isalnum() or stem[0] == "_") or RESERVED_NAME.match(stem):
        stem = f"_{stem}"
    return stem + extension
