"""Whatever is done to a record or an archive, it is read with warnings or refused with a reason, quickly.

And whatever could be read can be published.
"""

import gzip
import io
import json
import time
import zipfile

from hypothesis import given, settings
from hypothesis import strategies as st

from advisories import recognise
from advisories.advisory import Unusable
from advisories.codec import dump, load
from advisories.csaf.write import to_bytes, write
from tests.advisories.record_documents import ALL
from tests.advisories.test_mutations import changed

MAX_SECONDS = 2.0  # of processor time, for some kilobytes


def read_and_write(data: bytes) -> None:
    """Reads a file; what can be used is stored and published."""
    started = time.process_time()
    results = list(recognise.iterate(io.BytesIO(data), "mutant"))
    for name, found in results:
        assert name.startswith("mutant")
        if isinstance(found, Unusable):
            assert str(found).startswith(f"{name}: ")
            continue
        for advisory in found:
            products = {entry.id for entry in advisory.products}
            assert advisory.publisher and advisory.tracking_id and len(products) == len(advisory.products)
            for each in advisory.vulnerabilities:
                named = list(each.status.values()) + [
                    item.product_ids for item in (*each.remedies, *each.scores, *each.threats)
                ]
                assert products.issuperset(name for ids in named for name in ids)
            stored = json.loads(json.dumps(dump(advisory)))
            assert load(type(advisory), stored) == advisory
            assert to_bytes(write(advisory))
    assert time.process_time() - started < MAX_SECONDS


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(ALL)).flatmap(lambda name: changed(ALL[name])))
def test_records(document):
    read_and_write(json.dumps(document).encode())


def packed() -> list[bytes]:
    """A file of every kind that is unpacked."""
    documents = [json.dumps(document).encode() for document in ALL.values()]
    lines = b"\n".join(documents)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, data in enumerate(documents):
            archive.writestr(f"{number}/a.json", gzip.compress(data) if number % 3 else data)
        archive.writestr("lines", lines)
    return [lines, json.dumps(list(ALL.values())).encode(), gzip.compress(lines), buffer.getvalue()]


PACKED = packed()


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_archives(data):
    mutant = bytearray(data.draw(st.sampled_from(PACKED)))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, max(0, len(mutant) - 1)))
        length = data.draw(st.integers(0, 40))
        mutant[start : start + length] = data.draw(st.binary(max_size=40))
    read_and_write(bytes(mutant))
