"""KEV, EPSS and endoflife.date as sources: read when they changed, bounded, by the worker."""

import gzip
import io
import json
import zipfile

import pytest
from sqlalchemy import select

from bulletins.models import Bulletin
from bulletins.sources import kinds, queries, tasks
from bulletins.sources.models import FAILED, OK
from core.database.db import db, utcnow
from products.models import Product
from tests import site_server

KEV = {
    "catalogVersion": "2026.03.12",
    "vulnerabilities": [{"cveID": "CVE-2026-1001", "dateAdded": "2026-03-12", "dueDate": "2026-04-02"}],
}
EPSS = b"#model_version:v2026,score_date:2026-03-12T00:00:00Z\ncve,epss,percentile\nCVE-2026-1001,0.9,0.99\n"
PRODUCT = b"""---
title: Acme OS
permalink: /acme-os
category: os
releases:
-   releaseCycle: "2"
    releaseDate: 2025-01-01
    eol: 2030-01-01
---
An operating system.
"""


def archive(**files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as stream:
        for name, content in files.items():
            stream.writestr(name, content)
    return packed.getvalue()


def test_kev_and_epss_are_read_when_they_changed(server, make_source, run, store, make_advisory):
    store(make_advisory())
    server.pages |= {"/kev.json": json.dumps(KEV).encode(), "/epss.csv.gz": gzip.compress(EPSS)}
    sources = [make_source("/kev.json", kinds.KEV), make_source("/epss.csv.gz", kinds.EPSS)]
    assert [run(each).outcome for each in sources] == [OK, OK]
    bulletin = db.session.scalar(select(Bulletin))
    assert (bulletin.is_exploited, bulletin.epss) == (True, 0.9)
    server.forget()
    assert [run(each).counts["documents"]["unchanged"] for each in sources] == [1, 1]
    assert not server.transferred


def test_endoflife_files_come_in_an_archive(server, make_source, run):
    server.pages["/eol.zip"] = archive(
        **{"eol-master/products/acme-os.md": PRODUCT, "eol-master/README.md": b"# Read me"}
    )
    source = make_source("/eol.zip", kinds.ENDOFLIFE)
    assert run(source).report.added == {"products": 1, "releases": 1}
    assert db.session.scalar(select(Product)).slug == "acme-os"
    server.forget()
    assert run(source).outcome == OK and not server.transferred


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"no archive", "broken"),
        (archive(**{"a.txt": b"x"}), "needs 1 to"),
        (archive(**{"a.md": bytes(140 * 1024 * 1024)}), "unpacks to more than"),
        (archive(**{"products/a.md": PRODUCT})[:-60], "broken"),
    ],
)
def test_archives_that_cannot_be_used(server, make_source, run, content, why):
    server.pages["/eol.zip"] = content
    found = run(make_source("/eol.zip", kinds.ENDOFLIFE))
    assert found.outcome == FAILED and why in found.report.errors[0]
    assert db.session.scalar(select(Product)) is None


def test_a_bomb_or_a_page_instead_of_a_catalogue_changes_nothing(server, make_source, run):
    server.pages |= {"/a": site_server.bomb(), "/b": b"<html>log in</html>", "/c": site_server.redirect("/b")}
    for path in ("/a", "/b", "/c"):
        assert run(make_source(path, kinds.KEV)).outcome == FAILED


def test_the_worker_runs_what_is_due_and_nothing_else(server, make_source, app):
    assert tasks.fetch_due_source() == 0
    server.pages["/kev.json"] = json.dumps(KEV).encode()
    source_id = make_source("/kev.json", kinds.KEV).id
    assert (tasks.fetch_due_source(), tasks.fetch_due_source()) == (1, 0)
    db.session.expire_all()
    source = queries.get_source(source_id)
    assert source.outcome == OK and source.counts["added"] == {"vulnerabilities": 1}
    hours = (source.next_run_at - utcnow()).total_seconds() / 3600
    assert round(hours) == kinds.KINDS[kinds.KEV].interval_hours
