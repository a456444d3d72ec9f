"""A number that nobody stated is shown nowhere: not as 0, not as 1970."""

import csv
import io
from dataclasses import replace

from advisories import advisory as adv
from advisories.exploited import Likelihood
from bulletins import enrich_actions
from core.database.db import db
from tests.bulletins.conftest import vulnerability

CVE = "CVE-2026-1001"


def places(client, reference):
    """(page, list, unpatched, line of the CSV, item of the API, item of its list) about one bulletin."""
    paths = (f"/bulletins/{reference}", "/bulletins", "/bulletins/unpatched")
    pages = [client.get(path).text for path in paths]
    table = client.get("/bulletins.csv").get_data(as_text=True).lstrip("\ufeff")
    lines = list(csv.DictReader(io.StringIO(table)))
    return (
        *pages,
        lines[0],
        client.get(f"/api/v1/bulletins/{reference}").json,
        client.get("/api/v1/bulletins").json["items"][0],
    )


def test_epss_is_empty_where_none_is_known(store, make_advisory, client):
    bulletin = store(make_advisory(vulnerabilities=[vulnerability(scores=[])])).bulletin
    *pages, line, item, row = places(client, bulletin.reference)
    assert not any("EPSS" in page.split("<main")[1] and "0.0 %" in page for page in pages)
    assert line["epss"] == "" and item["epss"] is None and row["epss"] is None
    assert item["vulnerabilities"][0]["epss"] is None and item["vulnerabilities"][0]["scores"] == []
    assert client.get("/bulletins.json").json[0]["epss"] is None


def test_epss_is_shown_where_it_is_known_however_small(store, make_advisory, client):
    bulletin = store(make_advisory()).bulletin
    for probability, shown in ((0.0, "0.0 %"), (0.00004, "&lt; 0.1 %"), (0.25, "25.0 %")):
        changed = enrich_actions.store_epss([Likelihood(CVE, probability, None, None)])
        enrich_actions.refresh_ranks(enrich_actions.bulletins_naming(changed))
        db.session.commit()
        *pages, line, item, row = places(client, bulletin.reference)
        assert shown in pages[0] and shown in pages[1]
        assert float(line["epss"]) == item["epss"] == row["epss"] == probability


def test_a_score_without_a_number_is_no_score(store, make_advisory, client):
    unknown = vulnerability(scores=[adv.Score("3.1", "CVSS:3.1/not-a-vector", None, ("A",))])
    bulletin = store(make_advisory(vulnerabilities=[unknown])).bulletin
    page = client.get(f"/bulletins/{bulletin.reference}").text
    assert "<b>None</b>" not in page and "stated without a vector" not in page


def test_a_document_without_dates_has_that_of_its_publication(store, make_advisory, client):
    said = replace(make_advisory(), initial_release_at=None, current_release_at=None, history=[])
    bulletin = store(said).bulletin
    document = client.get(f"/bulletins/{bulletin.reference}/csaf.json").text
    assert "1970" not in document and f"{bulletin.published_at:%Y-%m-%d}" in document


def test_an_empty_provider_is_not_of_1970(client):
    assert "1970" not in client.get("/.well-known/csaf/provider-metadata.json").text
