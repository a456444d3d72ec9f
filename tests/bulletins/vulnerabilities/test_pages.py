"""One page per vulnerability: what several issuers state, where they differ, and what stays hidden."""

from datetime import UTC, date, datetime

import pytest

from advisories import advisory as adv
from bulletins import actions, queries
from bulletins.vulnerability_models import Vulnerability, VulnerabilityAlias
from core.database.db import db
from posts import actions as posts
from tests.bulletins.conftest import fix

pytestmark = pytest.mark.every_database
CVE = "CVE-2026-1001"
OTHER = "CVE-2026-1002"
GHSA = "GHSA-jfh8-c2jp-5v3q"
HIGH = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"  # 9.8
LOW = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"  # 5.3
NINE = adv.ProductEntry("A", "Acme Reader 9", "Acme", "Reader", "9")


def stated(cve=CVE, **more):
    return adv.Vulnerability(**{"cve": cve, "status": {"known_affected": ("A",)}, **more})


@pytest.fixture
def issue(make_advisory, store):
    """issue(tracking_id, publisher, *vulnerabilities, **fields) → the stored Bulletin."""

    def make(tracking_id, publisher, *vulnerabilities, **fields):
        document = make_advisory(
            tracking_id, publisher=publisher, vulnerabilities=list(vulnerabilities), products=[NINE], **fields
        )
        return store(document).bulletin

    return make


@pytest.fixture
def read(api):
    def get(name, status=200):
        answer = api()("GET", f"/vulnerabilities/{name}")
        assert answer.status_code == status, answer.text
        return answer.json

    return get


def says(found, kind):
    """{value: publishers} of a difference."""
    (difference,) = [each for each in found["differences"] if each["kind"] == kind]
    return {saying["value"]: saying["publishers"] for saying in difference["says"]}


def test_what_two_issuers_state_is_joined_and_their_differences_are_named(client, issue, read):
    acme = issue(
        "ACME-1",
        "Acme PSIRT",
        stated(
            title="Overflow in the parser",
            scores=[adv.Score("3.1", HIGH, 9.8, ("A",))],
            remedies=[fix("A", update="AC100", fixed_build="9.5")],
            cwe=("CWE-787", "Out-of-bounds Write"),
            references=[adv.Reference("https://acme.example/sa-1", "Advisory")],
            threats=[adv.Threat("exploit_status", "Publicly Disclosed:No;Exploited:No")],
        ),
    )
    issue(
        "BETA-1",
        "Beta CERT",
        stated(
            scores=[adv.Score("3.1", LOW, 5.3, ("A",))],
            remedies=[adv.Remedy("none_available", "No fix yet.", ("A",))],
            is_exploited=True,
            exploitation=[adv.Exploitation("Beta CERT", datetime(2026, 11, 3, tzinfo=UTC))],
        ),
    )
    found = read(CVE)
    assert (found["id"], found["title"], found["severity"]) == (CVE, "Overflow in the parser", "critical")
    assert says(found, "score") == {"5.3": ["Beta CERT"], "9.8": ["Acme PSIRT"]}
    assert says(found, "severity") == {"moderate": ["Beta CERT"], "critical": ["Acme PSIRT"]}
    assert says(found, "fix") == {"no_fix": ["Beta CERT"], "fixed": ["Acme PSIRT"]}
    assert says(found, "product") == {"affected": ["Beta CERT"], "affected_fixed": ["Acme PSIRT"]}
    assert says(found, "exploited") == {"yes": ["Beta CERT"], "no": ["Acme PSIRT"]}
    assert [(each["name"], each["day"]) for each in found["exploited_by"]] == [("Beta CERT", "2026-11-03")]
    assert (found["updates"], found["cwes"]) == (["AC100"], ["CWE-787"])
    assert [each["bulletin"] for each in found["statements"]] == ["RB-2026-002", "RB-2026-001"]
    page = client.get(f"/vulnerabilities/{CVE}").text
    for words in (
        "Issuers differ",
        "Acme PSIRT",
        "Beta CERT",
        "AC100",
        "2026-11-03",
        acme.url,
        "https://acme.example",
    ):
        assert words in page


def test_issuers_who_agree_have_no_differences(issue, read):
    for number in (1, 2):
        issue(f"N-{number}", f"Issuer {number}", stated(scores=[adv.Score("3.1", HIGH, 9.8, ("A",))]))
    assert read(CVE)["differences"] == []


def test_scores_of_other_editions_of_cvss_are_not_compared(issue, read):
    issue("N-1", "One", stated(scores=[adv.Score("3.1", HIGH, 9.8, ("A",))]))
    issue("N-2", "Two", stated(scores=[adv.Score("2.0", "AV:N/AC:L/Au:N/C:C/I:C/A:C", 10.0, ("A",))]))
    assert [each for each in read(CVE)["differences"] if each["kind"] == "score"] == []


def test_silence_about_a_fix_is_no_statement(issue, read):
    issue("N-1", "One", stated())
    found = read(CVE)
    assert (found["fix"], found["statements"][0]["is_exploited"]) == (["not_stated"], None)
    assert (found["epss"], found["kev"], found["is_exploited"]) == (None, None, False)


def test_kev_is_a_source_of_its_own(issue, read):
    issue("N-1", "One", stated())
    row = db.session.scalar(db.select(Vulnerability))
    row.kev_added_on = date(2026, 11, 4)
    row.epss = 0.25
    db.session.commit()
    found = read(CVE)
    assert [(each["name"], each["day"]) for each in found["exploited_by"]] == [("CISA KEV", "2026-11-04")]
    assert says(found, "exploited") == {"kev": [], "not_stated": ["One"]}
    assert (found["kev"]["added_on"], found["epss"]) == ("2026-11-04", 0.25)


def test_other_names_lead_to_the_page_of_the_cve(client, issue, read):
    issue("N-1", "One", stated(other_ids=[("GitHub", GHSA)]))
    issue(GHSA, "GitHub", adv.Vulnerability(title="As GitHub has it", status={"known_affected": ("A",)}))
    for name in (GHSA, GHSA.upper(), CVE.lower(), "GCVE-0-2026-1001"):
        answer = client.get(f"/vulnerabilities/{name}")
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/vulnerabilities/{CVE}"), name
    found = read(GHSA)
    assert (found["id"], found["aliases"]) == (CVE, [GHSA])
    assert [each["publisher"] for each in found["statements"]] == ["GitHub", "One"]


def test_a_name_of_several_cves_is_not_joined(client, issue, read):
    for number, cve in ((1, CVE), (2, OTHER)):
        issue(f"N-{number}", f"Issuer {number}", stated(cve, other_ids=[("GitHub", GHSA)]))
    page = client.get(f"/vulnerabilities/{GHSA}")
    assert page.status_code == 200 and CVE in page.text and OTHER in page.text
    assert read(GHSA, 404)["candidates"] == [CVE, OTHER]
    found = read(CVE)
    assert (found["aliases"], len(found["statements"])) == ([], 1)


def test_without_a_cve_the_page_has_the_best_known_name(client, issue, read):
    issue(
        GHSA,
        "GitHub",
        adv.Vulnerability(title="No CVE yet", status={"known_affected": ("A",)}),
        aliases=["PYSEC-2024-1"],
    )
    assert (read("PYSEC-2024-1")["id"], read(GHSA)["aliases"]) == (GHSA, ["PYSEC-2024-1"])
    assert f"/vulnerabilities/{GHSA}<" in client.get("/sitemap/vulnerabilities/1.xml").text


def test_an_alias_that_is_a_cve_joins_a_document_without_one(issue, read):
    issue(GHSA, "GitHub", adv.Vulnerability(status={"known_affected": ("A",)}), aliases=[CVE])
    assert (read(CVE)["id"], read(GHSA)["id"]) == (CVE, CVE)
    assert [each["publisher"] for each in read(CVE)["statements"]] == ["GitHub"]


def test_an_unknown_one_is_answered_with_what_is_elsewhere(client, read):
    page = client.get(f"/vulnerabilities/{CVE}")
    assert page.status_code == 404
    assert f"https://www.cve.org/CVERecord?id={CVE}" in page.text and "Ask a question" in page.text
    assert read(CVE, 404)["elsewhere"][0]["url"] == f"https://www.cve.org/CVERecord?id={CVE}"
    assert client.get("/vulnerabilities/<b>nonsense").status_code == 404


def drafted(moderator):
    """A draft about CVE that also states that the GHSA is this CVE."""
    bulletin = actions.create(
        {
            "title": "A draft that nobody may know of",
            "products": [NINE],
            "vulnerabilities": [stated(title="Secret", other_ids=[("GitHub", GHSA)])],
        },
        by=moderator,
    )
    db.session.commit()
    return bulletin


def test_a_draft_adds_nothing_not_even_a_page(client, login, moderator, read):
    drafted(moderator)
    row = db.session.scalar(db.select(Vulnerability))
    row.epss = 0.5  # is stored for CVEs of bulletins only, and would give the draft away
    db.session.commit()
    for browser in (client, login(moderator)):
        for name in (CVE, GHSA):
            unknown = browser.get(f"/vulnerabilities/{name}")
            never = browser.get("/vulnerabilities/CVE-2026-9999")
            assert unknown.status_code == 404
            assert len(unknown.text.replace(name, "")) <= len(never.text), "as for a CVE that nobody names"
    assert "Secret" not in str(read(CVE, 404))
    assert client.get("/sitemap/vulnerabilities/1.xml").text.count("<url>") == 0
    assert "/search" in client.get(f"/identifiers/{CVE}").headers["Location"]


def test_a_draft_adds_nothing_to_the_page_of_others(issue, moderator, read):
    issue("N-1", "One", stated())
    drafted(moderator)
    found = read(CVE)
    assert (found["aliases"], len(found["statements"]), found["title"][:4]) == ([], 1, "Acme")
    assert read(GHSA, 404)["candidates"] == []


def test_a_deleted_bulletin_takes_its_statement_with_it(issue, moderator, read):
    bulletin = issue("N-1", "One", stated(other_ids=[("GitHub", GHSA)]))
    assert read(GHSA)["id"] == CVE
    posts.delete(bulletin, by=moderator)
    db.session.commit()
    read(CVE, 404)
    read(GHSA, 404)


def test_a_withdrawn_document_counts_no_more_but_is_shown(issue, moderator, read, client):
    bulletin = issue("N-1", "One", stated(is_exploited=True, scores=[adv.Score("3.1", HIGH, 9.8, ("A",))]))
    issue("N-2", "Two", stated(scores=[adv.Score("3.1", LOW, 5.3, ("A",))]))
    actions.withdraw(queries.get_whole(bulletin.id), "The report was wrong.", by=moderator)
    db.session.commit()
    found = read(CVE)
    assert (found["severity"], found["is_exploited"], found["differences"]) == ("moderate", False, [])
    assert [each["fix"] for each in found["statements"]] == ["not_stated", "withdrawn"]
    assert "The report was wrong." in client.get(f"/vulnerabilities/{CVE}").text


def test_questions_and_articles_that_name_it_are_listed(
    client, issue, read, make_question, make_article, drain
):
    issue("N-1", "One", stated())
    make_question(title=f"How do I find out whether {CVE} concerns us?")
    make_article(title=f"What to do about {CVE} until the fix")
    make_article(title="A draft about it", body=f"Of {CVE}.", publish=False)
    drain()
    assert sorted(each["kind"] for each in read(CVE)["mentions"]) == ["article", "question"]
    assert "How do I find out whether" in client.get(f"/vulnerabilities/{CVE}").text


@pytest.mark.parametrize("typed", [CVE, "cve20261001", "CVE 2026 1001", GHSA])
def test_search_has_the_page_first_and_once(client, api, issue, drain, typed):
    issue("N-1", "One", stated(other_ids=[("GitHub", GHSA)]))
    issue("N-2", "Two", stated(other_ids=[("GitHub", GHSA)]))
    drain()
    found = api()("GET", f"/search?q={typed}").json
    assert [each["kind"] for each in found["items"]] == ["vulnerability", "bulletin", "bulletin"]
    assert (found["items"][0]["url"].rpartition("/")[2], found["total"]) == (CVE, 3)
    page = client.get("/search", query_string={"q": typed}).text
    assert page.count(f'href="/vulnerabilities/{CVE}"') == 1
    first, second = (api()("GET", f"/search?q={typed}&limit=2").json, None)
    second = api()("GET", f"/search?q={typed}&limit=2&after={first['next']}").json
    assert [len(first["items"]), len(second["items"]), second["next"]] == [2, 1, None]
    assert len({each["url"] for each in (*first["items"], *second["items"])}) == 3


def test_identifiers_in_texts_lead_to_the_page(client, issue):
    issue("N-1", "One", stated())
    assert client.get(f"/identifiers/{CVE}").headers["Location"] == f"/vulnerabilities/{CVE}"
    assert "/search" in client.get(f"/identifiers/{OTHER}").headers["Location"]
    assert f"/vulnerabilities/{CVE}<" in client.get("/sitemap/vulnerabilities/1.xml").text


def test_a_document_that_is_imported_again_keeps_one_row_for_a_name(issue):
    for version in ("1", "2"):
        issue("N-1", "One", stated(title=version, other_ids=[("GitHub", GHSA)]))
    assert db.session.scalar(db.select(db.func.count(VulnerabilityAlias.id))) == 1
