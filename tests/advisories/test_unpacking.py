"""Archives and lists: everything in them is read or named, lazily, and a bomb costs little."""

import gzip
import io
import json
import os
import time
import tracemalloc
import zipfile
import zlib

import pytest

from advisories import recognise
from advisories.advisory import Unusable
from advisories.unpacking import archives, streams
from advisories.unpacking.streams import Limits
from tests.advisories.documents import CSAF, CVE, CVRF
from tests.advisories.record_documents import DEBIAN, GHSA, NVD

MB = 1024**2


def as_json(document, **more):
    return json.dumps(document, **more).encode()


def zipped(*entries, method=zipfile.ZIP_DEFLATED):
    """A zip file with entries (name, data)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return buffer.getvalue()


def read_all(data, **more):
    """{name: ids of the advisories, or the message}."""
    return {
        name: str(found) if isinstance(found, Unusable) else [each.tracking_id for each in found]
        for name, found in recognise.iterate(io.BytesIO(data), "f", **more)
    }


CSAF_ID, CVE_ID = ["ACME-2026-1"], ["CVE-2026-2000"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (gzip.compress(as_json(CSAF)), {"f": CSAF_ID}),
        (gzip.compress(as_json(CSAF)[:100]) + gzip.compress(as_json(CSAF)[100:]), {"f": CSAF_ID}),
        (gzip.compress(as_json(CSAF)) + b"\0" * 100, {"f": CSAF_ID}),
        (gzip.compress(gzip.compress(as_json(CSAF))), {"f": CSAF_ID}),
        (b"\xef\xbb\xbf" + as_json([CSAF, CVE]), {"f, entry 1": CSAF_ID, "f, entry 2": CVE_ID}),
        (as_json(CSAF) + b"\r\n\r\n" + as_json(CVE), {"f, entry 1": CSAF_ID, "f, entry 2": CVE_ID}),
        (gzip.compress(as_json(CSAF) + b"\n" + as_json(CVE)), {"f, entry 1": CSAF_ID, "f, entry 2": CVE_ID}),
        (as_json(CSAF, indent=1) + b"\n", {"f": CSAF_ID}),
        (zipped(("a/b.txt", as_json(CSAF)), ("c", CVRF)), None),
        (zipped(("in.zip", zipped(("x", as_json(CVE))))), {"f: in.zip: x": CVE_ID}),
        (zipped(("in.gz", gzip.compress(as_json(CVE)))), {"f: in.gz": CVE_ID}),
        (
            zipped(("l.json", as_json([GHSA, DEBIAN])), method=zipfile.ZIP_LZMA),
            {
                "f: l.json, entry 1": ["GHSA-aaaa-bbbb-cccc"],
                "f: l.json, entry 2": ["DEBIAN-CVE-2026-5002"],
            },
        ),
        (as_json({"vulns": [GHSA, DEBIAN]}), None),
    ],
)
def test_packed_and_listed_documents(data, expected):
    found = read_all(data)
    assert found == expected if expected else len(found) == 2
    assert recognise.read(data, "f")


def test_what_cannot_be_read_is_named_and_the_rest_is_read():
    data = zipped(("a", as_json(CSAF)), ("b", b"no"), ("c", b""), ("d", as_json([CVE, 1, {"a": 1}])))
    found = read_all(data)
    assert found["f: a"] == CSAF_ID and found["f: d, entry 1"] == CVE_ID
    assert found["f: b"].startswith("f: b: neither JSON nor XML")
    assert found["f: c"] == "f: c: an empty file"
    assert found["f: d, entry 2"] == "f: d, entry 2: /: must be an object"
    assert "no advisory of a known format (its members: a)" in found["f: d, entry 3"]
    together = recognise.read(data, "f")
    assert len(together) == 2 and len(together[0].warnings) >= 4


def test_a_broken_line_stops_nothing():
    found = read_all(as_json(CSAF) + b'\n{"a": \n' + as_json(CVE))
    assert list(found) == ["f, entry 1", "f, entry 2", "f, entry 3"]
    assert "the JSON is broken" in found["f, entry 2"] and found["f, entry 3"] == CVE_ID


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xfd7zXZ\x00....", "packed with xz: unpack it first (xz -d)"),
        (b"\x28\xb5\x2f\xfd....", "packed with Zstandard"),
        (b"BZh9....", "packed with bzip2"),
        (b"a.json" + b"\0" * 251 + b"ustar" + b"\0" * 250, "a tar archive"),
        (gzip.compress(b"a.json" + b"\0" * 251 + b"ustar" + b"\0" * 250), "a tar archive"),
        (b"PK\x03\x04" + b"x" * 100, "the zip file is broken"),
        (gzip.compress(as_json(CSAF))[:-20], "the gzip file ends too early"),
        (b"\x1f\x8b" + b"x" * 100, "the gzip file is broken"),
        (b"[1, 2", "the JSON ends too early"),
        (b"[{]", "the JSON is broken"),
        (b"[" + b"[" * 100_000, "nested too deeply"),
        (b'["\xff"]', "not UTF-8"),
        (zipped(), "f"),
    ],
)
def test_broken_and_foreign_archives(data, reason):
    results = list(read_all(data).values())
    assert not results or (isinstance(results[-1], str) and reason in results[-1])


def test_an_encrypted_entry_is_named():
    data = bytearray(zipped(("a", as_json(CSAF)), ("b", as_json(CVE))))
    directory = data.index(b"PK\x01\x02")
    data[directory + 8] |= 1
    found = read_all(bytes(data))
    assert "encrypted" in found["f: a"] and found["f: b"] == CVE_ID


def test_a_claimed_size_is_not_believed():
    data = bytearray(zipped(("a", as_json(CSAF)), ("b", as_json(CVE))))
    directory = data.index(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = (10).to_bytes(4, "little")  # uncompressed size
    found = read_all(bytes(data))
    assert isinstance(found["f: a"], str) and found["f: b"] == CVE_ID


BOMBS = {
    "gzip": lambda: gzip.compress(b" " * 80 * MB),
    "gzip in gzip": lambda: gzip.compress(gzip.compress(b"{" * 80 * MB)),
    "gzip of a list": lambda: gzip.compress(b"[" + b"{}," * 20 * MB),
    "zip": lambda: zipped(("a", b" " * 80 * MB)),
    "many zips": lambda: zipped(*((str(n), zipped(("a", b"[" * 20 * MB))) for n in range(4))),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_cost_little(name):
    data = BOMBS[name]()
    tracemalloc.start()
    started = time.process_time()
    try:
        found = read_all(data)
    finally:
        _current, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert all(isinstance(each, str) for each in found.values())
    assert any("times as large" in each or "larger than 64 MB" in each for each in found.values())
    assert peak < 200 * MB and time.process_time() - started < 20


def test_limits_of_a_file():
    many = zipped(*((str(number), as_json(CVE)) for number in range(10)))
    found = read_all(many, limits=Limits(documents=3))
    assert len(found) == 4 and "more than 3 documents" in found["f"]
    found = read_all(many, limits=Limits(unpacked_bytes=3 * len(as_json(CVE))))
    assert len(found) <= 5 and "when unpacked" in found["f"]
    nested = zipped(("in", zipped(("x", os.urandom(2 * MB)))))
    assert "larger than 1 MB" in read_all(nested, limits=Limits(nested_bytes=MB))["f: in"]
    deep = as_json(CVE)
    for _ in range(5):
        deep = zipped(("x", deep))
    assert "nested deeper than 3" in next(iter(read_all(deep).values()))


def test_a_directory_of_a_zip_that_is_too_large_is_not_read(monkeypatch):
    monkeypatch.setattr(streams, "MAX_DIRECTORY_BYTES", 200)
    found = read_all(zipped(*((str(number), b"") for number in range(100))))
    assert "too many entries" in found["f"]


def test_a_list_that_is_longer_than_a_document_is_read_item_by_item(monkeypatch):
    monkeypatch.setattr(archives, "MAX_BYTES", 1000)
    found = read_all(as_json(NVD))
    assert found == {"f, entry 1": ["CVE-2026-5011"], "f, entry 2": ["CVE-2026-5012"]}
    assert "larger than" in read_all(as_json({"a": [1] * 1000}))["f"]


def test_one_document_at_a_time_is_in_memory(monkeypatch):
    monkeypatch.setattr(archives, "MAX_BYTES", MB)
    lines = zlib.compressobj(1, wbits=31)
    data = b"".join(
        lines.compress(as_json({**GHSA, "id": f"GHSA-{n}", "details": os.urandom(100_000).hex()}) + b"\n")
        for n in range(200)
    )
    data += lines.flush()
    tracemalloc.start()
    try:
        count = 0
        for name, found in recognise.iterate(io.BytesIO(data), "f"):
            assert name == f"f, entry {count + 1}"
            count += isinstance(found, list)
        _current, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (count, peak < 20 * MB) == (200, True)  # of 40 MB


def test_a_pipe_is_read():
    read_end, write_end = os.pipe()
    os.write(write_end, as_json(CVE)[:60_000])
    os.close(write_end)
    with os.fdopen(read_end, "rb") as stream:
        assert [name for name, found in recognise.iterate(stream, "-") if isinstance(found, list)] == ["-"]
