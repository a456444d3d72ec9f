"""Who is attacked and who may be: the order of lists, and what is told of it."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisories import advisory as adv
from advisories.exploited import Exploited, Likelihood
from advisories.exploited_lists import Listed
from advisories.scores import SEVERITIES
from bulletins import enrich_actions, queries
from bulletins.models import Bulletin
from bulletins.priority import priority
from bulletins.vulnerability_models import Vulnerability
from core.database.db import clock_set_to, db
from core.database.models import Event
from tests.bulletins.conftest import MARCH, weakness

NOW = datetime(2026, 3, 20, tzinfo=UTC)
severities = st.sampled_from(["", *SEVERITIES])
shares = st.floats(0, 1)


@given(severities, shares, severities, shares)
def test_what_is_attacked_outranks_every_likelihood(one, epss, other, likely):
    attacked = priority(is_exploited=True, severity=one, epss=epss)
    assert attacked > priority(is_exploited=False, severity=other, epss=likely)


@given(st.booleans(), st.integers(0, 3), shares, shares)
def test_severity_outranks_every_likelihood(is_exploited, rank, epss, likely):
    low, high = (
        (
            priority(is_exploited=is_exploited, severity=SEVERITIES[index], epss=value)
            for index, value in ((rank - 1, likely), (rank, epss))
        )
        if rank
        else (-1, 0)
    )
    assert high > low


def enrich(kev=(), epss=(), **more):
    _added, changed = enrich_actions.store_kev(kev)
    changed += enrich_actions.store_epss(epss)
    count = enrich_actions.refresh_ranks(enrich_actions.bulletins_naming(changed), **more)
    db.session.commit()
    return count


def told():
    return [
        event.data["reasons"]
        for event in db.session.scalars(db.select(Event).where(Event.name == "bulletin.risk_raised"))
    ]


LISTED = Exploited("CVE-2026-1001", date(2026, 3, 18), date(2026, 4, 8), "Patch.", True)


@pytest.mark.every_database
def test_a_listed_cve_marks_its_bulletins_and_is_told_once(make_advisory, store):
    store(make_advisory())
    with clock_set_to(NOW):
        assert [enrich([LISTED]), enrich([LISTED])] == [1, 0]
    bulletin = queries.bulletins(queries.Filter()).items[0]
    assert (bulletin.is_exploited, bulletin.kev_due_on, bulletin.is_ransomware) == (
        True,
        date(2026, 4, 8),
        True,
    )
    assert told() == [["exploited"]]


def test_what_was_listed_long_ago_is_no_news(make_advisory, store):
    store(make_advisory())
    with clock_set_to(NOW + timedelta(days=60)):
        enrich([LISTED])
    assert told() == []
    assert queries.bulletins(queries.Filter(exploited=True)).items


def test_it_can_be_announced_all_the_same(make_advisory, store):
    store(make_advisory())
    with clock_set_to(NOW + timedelta(days=60)):
        enrich([LISTED], announce=True)
    assert told() == [["exploited"]]


def test_a_bulletin_that_comes_after_the_list_is_exploited_from_the_start(make_advisory, store):
    enrich([LISTED])
    assert store(make_advisory()).bulletin.is_exploited
    assert told() == []


def test_scores_are_kept_for_known_cves_only(make_advisory, store):
    store(make_advisory())
    enrich(epss=[Likelihood("CVE-2026-1001", 0.7, 0.99, date(2026, 3, 1)), Likelihood("CVE-2026-9999", 0.9)])
    assert [(row.cve, row.epss) for row in db.session.scalars(db.select(Vulnerability))] == [
        ("CVE-2026-1001", 0.7)
    ]
    assert queries.bulletins(queries.Filter()).items[0].epss == 0.7
    assert told() == []


@pytest.mark.every_database
def test_lists_are_in_that_order(make_advisory, store):
    kinds = (("low", True), ("critical", False), ("important", False))
    for number, (severity, is_exploited) in enumerate(kinds):
        store(
            make_advisory(
                f"N-{number}",
                severity=severity,
                vulnerabilities=[weakness(f"CVE-2026-200{number}", is_exploited=is_exploited)],
            )
        )
    enrich(epss=[Likelihood("CVE-2026-2002", 0.99), Likelihood("CVE-2026-2001", 0.01)])
    found = queries.bulletins(queries.Filter(), size=2)
    assert [row.tracking_id for row in found] == ["N-0", "N-1"]
    assert [row.tracking_id for row in queries.bulletins(queries.Filter(), after=found.next)] == ["N-2"]


def test_what_affects_nothing_is_not_attacked(make_advisory, store):
    said = weakness(affected=())
    said.status = {"known_not_affected": ("A",)}
    store(make_advisory(vulnerabilities=[said]))
    enrich([LISTED])
    bulletin = queries.bulletins(queries.Filter()).items[0]
    assert (bulletin.is_exploited, bulletin.is_unpatched) == (False, False)


def test_the_command_reads_both_files(app, make_advisory, store, tmp_path):
    store(make_advisory())
    kev, epss = tmp_path / "kev.json", tmp_path / "epss.csv"
    kev.write_text(
        json.dumps(
            {
                "vulnerabilities": [
                    {
                        "cveID": "CVE-2026-1001",
                        "dateAdded": "2026-03-18",
                        "dueDate": "2026-04-08",
                        "requiredAction": "Patch.",
                        "knownRansomwareCampaignUse": "Known",
                    }
                ]
            }
        )
    )
    epss.write_text(
        "#model_version:v1,score_date:2026-03-01T00:00:00Z\ncve,epss,percentile\nCVE-2026-1001,0.5,0.9\n"
    )
    done = app.test_cli_runner().invoke(args=["bulletin", "enrich", "--kev", str(kev), "--epss", str(epss)])
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["updated"]["bulletins"] == 2
    assert queries.bulletins(queries.Filter(exploited=True)).items[0].epss == 0.5


def test_a_file_that_is_neither_is_refused(app, tmp_path):
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("a,b\n1,2\n")
    done = app.test_cli_runner().invoke(args=["bulletin", "enrich", "--epss", str(wrong)])
    assert done.exit_code == 1
    assert "needs the columns cve and epss" in done.output


def test_march_is_when_it_was_released(make_advisory, store):
    assert store(make_advisory()).bulletin.published_at == MARCH


def test_another_list_is_a_source_of_its_own_and_can_take_its_word_back(make_advisory, store, client):
    bulletin = store(make_advisory()).bulletin
    entry = Listed("CVE-2026-1001", "Own list", date(2026, 3, 18), "https://own.example/seen")

    def listed(*entries):
        added, changed = enrich_actions.store_listed(entries)
        enrich_actions.refresh_ranks(enrich_actions.bulletins_naming(changed))
        db.session.commit()
        return added, len(changed)

    with clock_set_to(NOW):
        assert listed(entry, replace(entry, cve="CVE-2026-7777")) == (1, 2)
        assert listed(entry) == (0, 0)
        assert told() == [["exploited"]]
        assert db.session.get(Bulletin, bulletin.id).is_exploited
        text = client.get(bulletin.url).text
        assert "Own list" in text and "2026-03-18" in text
        sources = client.get(f"/api/v1/bulletins/{bulletin.reference}").json["vulnerabilities"][0]
        assert sources["exploited_by"] == [
            {"name": "Own list", "day": "2026-03-18", "url": "https://own.example/seen", "details": ""}
        ]
        assert listed(replace(entry, is_exploited=False)) == (0, 1)
        assert not db.session.get(Bulletin, bulletin.id).is_exploited


def test_the_command_reads_other_lists(app, make_advisory, store, tmp_path):
    bulletin = store(make_advisory()).bulletin
    file = tmp_path / "list.csv"
    file.write_text("cve,date_added\nCVE-2026-1001,2026-03-18\n")
    done = app.test_cli_runner().invoke(
        args=["bulletin", "enrich", "--exploited", str(file), "--source", "Own list"]
    )
    report = json.loads(done.stdout.splitlines()[-1])
    assert (done.exit_code, report["updated"]["bulletins"]) == (0, 1)
    db.session.expire_all()
    assert db.session.get(Bulletin, bulletin.id).is_exploited


def test_a_document_and_the_catalogue_are_two_sources(make_advisory, store, client):
    said = adv.Exploitation("Acme PSIRT", MARCH, details="Exploited in the wild")
    hole = weakness(is_exploited=True, exploitation=[said])
    bulletin = store(make_advisory(vulnerabilities=[hole])).bulletin
    enrich([LISTED])
    found = client.get(f"/api/v1/bulletins/{bulletin.reference}").json["vulnerabilities"][0]["exploited_by"]
    assert [(each["name"], each["day"]) for each in found] == [
        ("CISA KEV", "2026-03-18"),
        ("Acme PSIRT", "2026-03-10"),
    ]
    text = client.get(bulletin.url).text
    assert "reported by the issuer" not in text and "CISA KEV" in text
