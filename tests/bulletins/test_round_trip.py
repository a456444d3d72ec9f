"""Document → rows → document is exact, for the tests' own documents and for all real ones."""

import json
from dataclasses import replace

import pytest

from advisories import recognise
from advisories.csaf import read
from advisories.csaf.write import to_bytes, write
from bulletins import queries, rows, store_actions
from bulletins.catalogue import Catalogue
from bulletins.store_actions import Outcome
from core.database.db import db
from tests.advisories.documents import CSAF, CVE, CVRF, REJECTED
from tests.conftest import DATA

OWN = [json.dumps(CSAF), json.dumps(CVE), json.dumps(REJECTED), CVRF]
REAL = sorted(
    [
        *DATA.glob("csaf/cisa/**/*.json"),
        *DATA.glob("csaf/oasis/examples/csaf/**/*.json"),
        *DATA.glob("msrc-cvrf/*.xml"),
        *DATA.glob("cve-json5/*.json"),
    ]
)


def stored(advisory):
    """(outcome, what the rows say) after storing it, read from the database anew."""
    done = store_actions.store(advisory, catalogue=Catalogue())
    db.session.commit()
    found = done.bulletin.id
    db.session.expire_all()
    return done.outcome, rows.to_advisory(queries.get_whole(found))


def exported(advisory):
    """The advisory as another site reads what this one publishes."""
    return read.read(json.loads(to_bytes(write(advisory))))[0]


def assert_round_trip(advisory):
    """Rows say what the document said; the export of the rows, imported again, changes nothing."""
    outcome, said = stored(advisory)
    assert outcome == Outcome.ADDED
    assert said == replace(advisory, warnings=[])
    assert stored(advisory)[0] == Outcome.SKIPPED
    back = exported(said)
    if back == replace(said, format="csaf"):
        assert stored(back)[0] == Outcome.SKIPPED
    assert exported(back) == back


@pytest.mark.parametrize("text", OWN, ids=["csaf", "cve", "rejected", "cvrf"])
@pytest.mark.every_database
def test_own_documents(app, text):
    for advisory in recognise.read(text.encode(), "file"):
        assert_round_trip(advisory)


@pytest.mark.realdata
def test_real_documents(app):
    for path in REAL:
        for advisory in recognise.read(path.read_bytes(), path.name):
            assert_round_trip(advisory)
