"""The whole of endoflife.date, counted here without our code, and real lists of software beside it."""

import re
import shutil
from datetime import date

import pytest
import yaml
from sqlalchemy import func, select

from app import create_app
from core.database.db import db
from products.import_endoflife import Importer
from products.models import LifecyclePhase, Product, Release
from tests.conftest import DATA
from tests.inventory.test_sbom import found, read
from tests.products.test_import import run

FOLDER = DATA / "endoflife"
KINDS = {"eoas": "active", "eol": "security", "eoes": "extension", "discontinued": "discontinued"}
pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def imported(empty_database, tmp_path_factory):
    """(database file, report) after one import, made once for this module."""
    folder = tmp_path_factory.mktemp("endoflife")
    shutil.copy(empty_database, folder / "redoubt.db")
    app = create_app(REDOUBT_INSTANCE=folder, REDOUBT_WORKER="off", REDOUBT_DATABASE_URL="")
    with app.app_context():
        report = Importer(FOLDER, "endoflife.date").run()
        db.session.remove()
        db.engine.dispose()
    return folder / "redoubt.db", report


@pytest.fixture
def app(imported, tmp_path):
    """A site whose database has the import."""
    shutil.copy(imported[0], tmp_path / "redoubt.db")
    app = create_app(
        REDOUBT_INSTANCE=tmp_path, REDOUBT_WORKER="off", REDOUBT_RATE_LIMITS="off", REDOUBT_DATABASE_URL=""
    )
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="module")
def expected():
    """{(slug, cycle): {kind: end}} as PyYAML alone reads the files."""
    ends = {}
    for path in sorted((FOLDER / "products").glob("*.md")):
        front = yaml.safe_load(re.split(r"^---\s*$", path.read_text(), maxsplit=2, flags=re.M)[1])
        for row in front["releases"]:
            ends[front["permalink"].strip("/"), row["releaseCycle"]] = {
                KINDS[key]: row[key] for key in KINDS if key in row
            }
    return ends


def test_every_file_and_every_cycle(app, imported, expected):
    report, slugs = imported[1], {slug for slug, _ in expected}
    assert report.errors == []
    assert (report.added["products"], report.added["releases"]) == (len(slugs), len(expected))
    assert set(db.session.scalars(select(Product.slug))) == slugs
    assert set(db.session.execute(select(Product.slug, Release.cycle).join(Release.product)).tuples()) == set(
        expected
    )


def test_every_end_as_a_date_or_a_yes_or_no(app, expected):
    kept = {key: {} for key in expected}
    for slug, cycle, kind, ends in db.session.execute(
        select(Product.slug, Release.cycle, LifecyclePhase.kind, LifecyclePhase.ends)
        .join(Release.product)
        .join(Release.phases)
    ):
        kept[slug, cycle][kind] = ends
    typed = {key: {kind: (type(end), end) for kind, end in ends.items()} for key, ends in kept.items()}
    wanted = {key: {kind: (type(end), end) for kind, end in ends.items()} for key, ends in expected.items()}
    assert [key for key in wanted if typed[key] != wanted[key]] == []
    booleans = sum(isinstance(ends["security"], bool) for ends in expected.values())
    assert booleans > 100 and booleans == db.session.scalar(
        select(func.count())
        .select_from(LifecyclePhase)
        .where(LifecyclePhase.kind == "security", ~LifecyclePhase.ends.between(date.min, date.max))
    )


def test_a_second_run_changes_nothing(app, expected):
    again = run(app, FOLDER)
    assert again["skipped"]["releases"] == len(expected) and again["errors"] == []
    assert not any(again["added"].values()) and not any(again["updated"].values())


def test_real_software_lists(app):
    folder = DATA / "sbom" / "SBOM"
    lists = {path.name: read(path.read_bytes()) for path in folder.rglob("*bom*.*")}
    assert lists["bom.1.4.json"] == lists["bom.1.4.xml"] and len(lists["bom.1.4.json"]) == 63
    matched, unmatched = found(*lists["bom.1.4.json"])
    assert ("laravel", "7", "purl", True) in matched and ("guzzle", "6", "purl", True) in matched
    assert len(unmatched) == 60
    matched, unmatched = found(*lists["proton-bridge-v1.8.0.bom.json"])
    assert ("gorilla", "1", "purl", True) in matched and len(unmatched) == 201
