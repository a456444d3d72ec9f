"""Hostile files: refused or made harmless by their content, whatever their name and type say."""

import io
import os
import struct
import subprocess
import sys
import zipfile
import zlib
from random import Random

import pytest
from PIL import Image
from sqlalchemy import select

from core.database.db import db
from core.formats.csv_files import csv_response
from core.markup.markup import render
from core.web.forms import Invalid
from posts.attachments import media
from posts.attachments.actions import MAX_FILE_BYTES, prepare
from posts.attachments.models import FILE, PICTURE, TEXT, Attachment
from posts.attachments.pictures import SCRIPT
from posts.attachments.store import FOLDER
from tests.posts.attachments.files import SECRET, chunk, encoded, picture, png_header, with_metadata

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(document.domain)</script>"
NAMES = ["x.svg", "x.html", "x.png", "x.PNG.HTML", "x.xhtml", "x", "x.svg.", "x.jpg%00.html", "x.hta "]


MARKUP = [SVG, HTML, b"\xef\xbb\xbf" + HTML, HTML.decode().encode("utf-16"), SVG + b"\xff"]


@pytest.mark.parametrize("data", MARKUP)
def test_markup_is_a_text_to_download_under_any_name(member, login, data):
    browser = login(member)
    for name in NAMES:
        sent = browser.post("/attachments", data={"file": (io.BytesIO(data), name, "image/png")})
        assert sent.status_code == 201 and sent.json["kind"] == TEXT
        answer = browser.get(sent.json["markdown"].partition("](")[2].removesuffix("/lines)"))
        assert answer.status_code == 200 and answer.data == data
        assert answer.headers["Content-Type"].startswith("text/plain; charset=")
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert sent.json["name"].endswith((".txt", ".png", ".png.txt", ".jpg-00.html.txt"))
        lines = browser.get(sent.json["markdown"].partition("](")[2].rstrip(")")).text
        assert "<script>alert" not in lines and "&lt;script&gt;alert" in lines


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "AVIF"])
def test_nothing_but_the_pixels_is_left_of_a_picture(kind):
    data = with_metadata(kind)
    assert SECRET in data
    made = prepare(data, f"../../etc/holiday.{kind.lower()}.html")
    assert made.kind == PICTURE and made.name.startswith("holiday") and ".html" not in made.name[-5:]
    shown = Image.open(io.BytesIO(made.data))
    assert (shown.width, shown.height) == (made.width, made.height)
    if kind in ("JPEG", "WEBP", "AVIF"):  # turned as its metadata said
        assert (made.width, made.height) == (20, 30)
    for left in (made.data, made.thumbnail):
        assert SECRET not in left and b"script" not in left and b"Exif" not in left and b"ICC" not in left
    assert not shown.getexif() and "comment" not in shown.info


def test_an_animation_stays_one_and_a_still_of_any_mode_is_read():
    frames = [Image.new("RGB", (20, 10), (n * 20, 0, 0)) for n in range(4)]
    for kind in ("GIF", "WEBP"):
        made = prepare(
            encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=90), "a.gif"
        )
        assert Image.open(io.BytesIO(made.data)).n_frames == 4
    for mode in ("1", "L", "LA", "P", "RGBA", "I;16", "CMYK"):
        kind = "JPEG" if mode == "CMYK" else "PNG"
        assert prepare(encoded(Image.new(mode, (9, 9)), kind), "a").width == 9


def gif_bomb():
    """Thousands of frames of 400 × 400 pixels in a few bytes each."""
    one = encoded(Image.new("P", (400, 400)), "GIF")
    start = one.index(b"\x2c", 13)
    return one[:-1] + one[start:-1] * 3_000 + b"\x3b"


def png_bomb(width, height):
    raw = zlib.compress(b"\x00" * min(width * height, 30_000_000), 9)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", raw) + chunk(b"IEND", b"")


def text_bomb():
    """A PNG with a compressed comment that unpacks to 100 MB."""
    packed = chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(b"A" * 100_000_000, 9))
    data = picture()
    return data[:33] + packed + data[33:]


HUGE_GIF = b"GIF89a\xff\xff\xff\xff\xf7\x00\x00" + bytes(768) + b"\x2c" + bytes(99)
BAD = {
    "65,535 pixels": lambda: png_header(65_535, 65_535),
    "gif of 65,535 pixels": lambda: HUGE_GIF,
    "negative size": lambda: png_header(2**31 - 1, 2**31 - 1),
    "no width": lambda: png_header(0, 9),
    "long side": lambda: png_bomb(30_000, 1),
    "pixel bomb": lambda: png_bomb(20_000, 20_000),
    "frames": gif_bomb,
    "comment bomb": text_bomb,
    "truncated": lambda: picture("JPEG", (300, 300))[:-200],
    "cut header": lambda: picture()[:20],
    "only a signature": lambda: b"\x89PNG\r\n\x1a\n",
    "webp": lambda: b"RIFF\x10\x00\x00\x00WEBPVP8 " + b"\xff" * 40,
    "avif": lambda: b"\x00\x00\x00\x1cftypavif" + b"\xff" * 400,
    "noise": lambda: b"\xff\xd8\xff" + Random(1).randbytes(50_000),
    "html in a gif": lambda: b"GIF89a/*" + HTML + b"*/=1;",
    "program": lambda: b"MZ\x90\x00\x03\x00" + bytes(500),
    "empty": lambda: b"",
    "too large": lambda: b"a" * (MAX_FILE_BYTES + 1),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_with_a_reason(app, name):
    with pytest.raises(Invalid) as refused:
        prepare(BAD[name](), "holiday.png")
    [message] = refused.value.errors["file"]
    assert len(message) > 20
    assert not (app.config["REDOUBT_INSTANCE"] / FOLDER).exists()


BOMBS = [lambda: png_bomb(5_100, 3_200), lambda: png_bomb(20_000, 20_000), gif_bomb, text_bomb]


@pytest.mark.parametrize("make", BOMBS)
def test_a_picture_takes_bounded_time_and_memory(make, tmp_path):
    """Measured as the system counts it, of the program that decodes: its own limit, and 200 MB."""
    source = tmp_path / "bomb"
    source.write_bytes(make())
    measure = (
        "import os, subprocess, sys\n"
        f"p = subprocess.Popen([sys.executable, '-I', {str(SCRIPT)!r}], stdin=open({str(source)!r}, 'rb'),\n"
        "                     stdout=subprocess.PIPE)\n"
        "while p.stdout.read(65536): pass\n"
        "_, _, used = os.wait4(p.pid, 0)\n"
        "print(used.ru_utime + used.ru_stime, used.ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", measure], capture_output=True, text=True, check=True)
    seconds, kilobytes = map(float, done.stdout.split())
    assert seconds < 4  # its own limit; 0.1 to 1.2 on a quiet machine
    assert kilobytes < 200 * 1024


@pytest.mark.parametrize(
    ("name", "kind", "wanted"),
    [
        ("../../../etc/passwd", TEXT, "passwd.txt"),
        ("..\\..\\windows\\win.ini", TEXT, "win.ini"),
        ("/etc/cron.d/x\x00.sh", FILE, "x.sh.bin"),
        ("=HYPERLINK(1).csv", TEXT, "_=HYPERLINK(1).csv"),
        ("@SUM(1+1)*cmd.csv", TEXT, "_@SUM(1+1)-cmd.csv"),
        ("+1-1.log", TEXT, "_+1-1.log"),
        ("-rf.txt", TEXT, "rf.txt"),
        (".htaccess", TEXT, "htaccess.txt"),
        ("con.txt", TEXT, "_con.txt"),
        ("NUL", FILE, "_NUL.bin"),
        ("a\r\nSet-Cookie: x=1.log", TEXT, "a-Set-Cookie-x=1.log"),
        ("photo\u202egnp.exe", FILE, "photognp.exe.bin"),
        ("rep\u200bort\ufeff.log", TEXT, "report.log"),
        ("Bericht für Zürich.log", TEXT, "Bericht-für-Zürich.log"),
        ("日本語.csv", TEXT, "日本語.csv"),
        ("x" * 500 + ".log", TEXT, "x" * 95 + ".log"),
        ("a.b.c.tar.gz", FILE, "a.b.c.tar.gz"),
        ("", FILE, "file.bin"),
        ("???", TEXT, "file.txt"),
        ("script.ps1", TEXT, "script.ps1"),
        ("invoice.pdf.lnk", FILE, "invoice.pdf.lnk.bin"),
    ],
)
def test_names(name, kind, wanted):
    assert media.safe_name(name, kind) == wanted


def test_kinds_are_recognised_by_content():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("../../evil", "x")
    cases = {
        b"%PDF-1.7\n...": "application/pdf",
        buffer.getvalue(): "application/zip",
        b"ElfFile\x00" + bytes(50): "application/x-ms-evtx",
        b"\xd4\xc3\xb2\xa1" + bytes(50): "application/vnd.tcpdump.pcap",
        os.urandom(4_000) + b"\x00": "application/octet-stream",
        b"a;b\n1;2\n": "text/plain; charset=utf-8",
        "größe\r\n".encode("cp1252"): "text/plain; charset=windows-1252",
        "größe\r\n".encode("utf-16"): "text/plain; charset=utf-16",
        b"\x1b[31merror\x1b[0m\n": "text/plain; charset=utf-8",
    }
    for data, wanted in cases.items():
        assert media.recognise(data).media_type == wanted


def test_a_file_never_leaves_its_folder_and_its_name_never_its_header(app, member, login, make_question):
    browser = login(member)
    before = {path for path in app.config["REDOUBT_INSTANCE"].rglob("*") if path.is_file()}
    made = []
    for name in (
        "../../../redoubt.db",
        "/etc/passwd",
        "..%2f..%2fx",
        'a"; filename=x.html',
        "größe X: y.log",
    ):
        made.append(browser.post("/attachments", data={"file": (io.BytesIO(name.encode()), name)}).json)
    after = {path for path in app.config["REDOUBT_INSTANCE"].rglob("*") if path.is_file()} - before
    folder = app.config["REDOUBT_INSTANCE"] / FOLDER
    assert all(path.is_relative_to(folder) or "redoubt.db" in path.name for path in after)
    make_question(body="A question with files. " + " ".join(each["markdown"] for each in made))
    for attachment in db.session.scalars(select(Attachment)).all():
        answer = app.test_client().get(f"/attachments/{attachment.key}/{attachment.name}")
        assert answer.status_code == 200
        disposition = answer.headers["Content-Disposition"]
        assert disposition.startswith("attachment;") and "X" not in answer.headers
        assert "\r" not in disposition and "\n" not in disposition and disposition.isascii()
    for key in ("../../secret_key", "..", "a" * 16, "%00", "a" * 5_000):
        assert app.test_client().get(f"/attachments/{key}/x").status_code == 404
    assert csv_response("names.csv", ("name",), [[each["name"]] for each in made]).data.count(b"\n") == 6


HOSTILE_MARKDOWN = [
    '![x](/attachments/{key}/a.png"onerror="alert(1))',
    "![x](/attachments/{key}/a.png 'title\" onload=\"alert(1)')",
    '!["><script>alert(1)</script>](/attachments/{key}/a.png)',
    "![x](/attachments/{key}/../../logout)",
    "![x](/attachments/{key}/a.png?x=1#y)",
    "![x](//evil.example/attachments/{key}/a.png)",
    "![x](javascript:/attachments/{key}/a.png)",
    "![x](https://evil.example/a.png)",
    "![x](data:image/png;base64,AAAA)",
    "<img src=/attachments/{key}/a.png onerror=alert(1)>",
    "[![x](/attachments/{key}/a.png)](javascript:alert(1))",
    "![x][r]\n\n[r]: /attachments/{key}/a.png",
    "![x](/attachments/aaaaaaaaaaaaaaaa/a.png)",
]


def test_markdown_shows_only_pictures_of_this_site(app, member, login):
    made = login(member).post("/attachments", data={"file": (io.BytesIO(picture()), "a.png")}).json
    for text in HOSTILE_MARKDOWN:
        html = render(text.replace("{key}", made["id"])).html
        for tag in html.split("<img")[1:]:
            inside = tag.partition(">")[0]
            assert inside.startswith(f' src="/attachments/{made["id"]}/a.png"'), html
            assert "onerror" not in inside.replace("&quot;", "") or '="' not in inside.partition("onerror")[2]
        assert "<script" not in html and '="javascript:' not in html
    shown = render(f"![x]({made['url']}) [![y](/attachments/{made['id']}/a.png)](https://a.example)").html
    assert shown.count("<img") == 2 and 'href="https://a.example"' in shown
