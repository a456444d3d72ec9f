"""The real documents as bulletins: nothing missing, nothing twice, and what to do where there is no fix.

Counts come from the files with other code than that of the package.
"""

import json
import re
from collections import defaultdict
from xml.etree import ElementTree

import pytest

from advisories import recognise
from advisories.csaf.write import to_bytes, write
from app import create_app
from auth import actions as accounts
from auth.models import User
from bulletins import bulletin_page, queries, rows, store_actions
from bulletins.catalogue import Catalogue
from bulletins.models import Bulletin
from core.database import schema
from core.database.db import db
from inventory import actions
from products import queries as products
from tests.conftest import DATA

pytestmark = pytest.mark.realdata
FOLDERS = [DATA / "csaf/cisa", DATA / "csaf/oasis/examples/csaf", DATA / "msrc-cvrf", DATA / "cve-json5"]
CSAF = sorted(path for folder in FOLDERS[:2] for path in folder.rglob("*.json"))
CVRF = sorted(FOLDERS[2].glob("*.xml"))
CVE = sorted(FOLDERS[3].glob("*.json"))
NS = {"v": "http://www.icasi.org/CVRF/schema/vuln/1.1", "p": "http://www.icasi.org/CVRF/schema/prod/1.1"}
PICKS = {
    ("windows", "10-22h2"): r"Windows 10 Version 22H2 for .*",
    ("windows", "11-22h2-e"): r"Windows 11 Version 22H2 for .*",
    ("windows-server", "2019"): r"Windows Server 2019( \(Server Core installation\))?",
    ("windows-server", "2012-r2"): r"Windows Server 2012 R2( \(Server Core installation\))?",
    ("office", "2019"): r"Microsoft Office 2019 for .*",
}


def run(app, *args):
    """What a command reported as its last line."""
    done = app.test_cli_runner().invoke(args=args)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """All products, then all documents, then who is attacked."""
    app = create_app(
        REDOUBT_INSTANCE=tmp_path_factory.mktemp("real"),
        REDOUBT_WORKER="off",
        REDOUBT_RATE_LIMITS="off",
        REDOUBT_DATABASE_URL="",
    )
    with app.app_context():
        schema.ensure()
        run(app, "product", "import", str(DATA / "endoflife"))
        accounts.make_user("moira", email="moira@example.org", role="moderator", confirmed=True)
        db.session.commit()
        app.extensions["report"] = run(app, "bulletin", "import", *map(str, FOLDERS))
        run(
            app,
            "bulletin",
            "enrich",
            "--kev",
            str(DATA / "kev/known_exploited_vulnerabilities.json"),
            "--epss",
            str(DATA / "epss-kev/epss_kev_nvd.csv"),
        )
        yield app
        db.session.remove()
        db.engine.dispose()


def expected():
    """{issuer's id: {CVE or title: (has a vendor fix, has a mitigation or workaround)}} by other code."""
    found = {}
    for path in CSAF:
        raw = json.loads(path.read_text())
        found[raw["document"]["tracking"]["id"]] = {
            each.get("cve") or each.get("title", ""): _kinds(
                fix["category"] for fix in each.get("remediations", [])
            )
            for each in raw.get("vulnerabilities", [])
        }
    for path in CVRF:
        for each in ElementTree.parse(path).getroot().iterfind("v:Vulnerability", NS):
            kinds = (
                fix.get("Type").lower().replace(" ", "_")
                for fix in each.iterfind(".//v:Remediation", NS)
                if "".join(fix.itertext()).strip()
            )
            found[each.findtext("v:CVE", "", NS)] = {each.findtext("v:CVE", "", NS): _kinds(kinds)}
    for path in CVE:
        cna = json.loads(path.read_text())["containers"]["cna"]
        texts = [said["value"] for said in cna.get("workarounds", ())]
        has_more = any(
            not re.search("o known workarounds|o workaround is|not available or", text) for text in texts
        )
        found["cve:" + path.stem] = {path.stem: ("solutions" in cna, has_more)}
    return found


def _kinds(kinds):
    kinds = set(kinds)
    return "vendor_fix" in kinds, bool(kinds & {"mitigation", "workaround"})


def stored():
    """The same of what the site shows."""
    found, reader = {}, db.session.scalar(db.select(User).where(User.role == "moderator"))
    for number in list(db.session.scalars(db.select(Bulletin.id))):
        bulletin = queries.get_bulletin(str(number), reader)
        key = bulletin.tracking_id if bulletin.publisher != "CVE Program" else "cve:" + bulletin.tracking_id
        found[key] = bulletin, bulletin_page.build_page(bulletin, products.today(), bulletin.products)
        db.session.expunge_all()
    return found


def test_every_document_and_vulnerability_is_there(site):
    there = {key: {each.name for each in facts.vulnerabilities} for key, (_, facts) in stored().items()}
    wanted = {key: set(found) for key, found in expected().items()}
    assert there.keys() == wanted.keys()
    assert {
        key: names for key, names in there.items() if names != wanted[key] and "" not in wanted[key]
    } == {}
    assert site.extensions["report"]["errors"] == []


def test_without_a_fix_there_is_a_mitigation_or_none_is_known(site):
    wanted, shown = expected(), stored()
    wrong, none_known = [], 0
    for key, (_, facts) in shown.items():
        for each in facts.vulnerabilities:
            has_fix, has_more = wanted[key].get(each.name, (None, None))
            is_derived = any(remedy.more.get("origin") for remedy in each.row.remediations)
            if has_fix is False and each.row.concerns_any and not is_derived:
                none_known += not has_more
                if not each.needs_mitigation or bool(each.mitigations) != has_more:
                    wrong.append((key, each.name))
            elif has_fix and each.needs_mitigation:
                wrong.append((key, each.name))
    assert wrong == []
    assert none_known > 10


def test_the_page_says_none_known_exactly_there(site):
    client = site.test_client()
    for bulletin, facts in stored().values():
        if not bulletin.is_public:
            continue
        text = client.get(bulletin.url).text
        assert ("None known" in text) == bool(
            facts.without_remedy or (facts.end_of_life and not bulletin.mitigations)
        ), bulletin.reference


def test_a_second_run_changes_nothing(site):
    report = run(site, "bulletin", "import", *map(str, FOLDERS))
    assert not any(report["added"].values()) and not any(report["updated"].values())
    assert report["skipped"]["bulletins"] == site.extensions["report"]["added"]["bulletins"]


def test_a_month_of_cvrf_is_one_month(site):
    listed = site.test_client().get("/bulletins.json?month=2023-05").json
    root = ElementTree.parse(next(path for path in CVRF if "2023-May" in path.name)).getroot()
    wanted = {each.findtext("v:CVE", "", NS) for each in root.iterfind("v:Vulnerability", NS)}
    assert {row["tracking_id"] for row in listed if row["publisher"] == "Microsoft"} == wanted


@pytest.mark.parametrize("pick", PICKS, ids=" ".join)
def test_a_member_sees_exactly_what_names_their_product(site, pick):
    slug, cycle = pick
    wanted = set()
    for path in CVRF:
        root = ElementTree.parse(path).getroot()
        ids = {
            each.get("ProductID")
            for each in root.iterfind(".//p:FullProductName", NS)
            if re.fullmatch(PICKS[pick], each.text.strip(), re.I)
        }
        wanted |= {
            each.findtext("v:CVE", "", NS)
            for each in root.iterfind("v:Vulnerability", NS)
            if ids & {state.text for state in each.iterfind(".//v:Status/v:ProductID", NS)}
        }
    product = products.full(slug)
    user = accounts.make_user(f"runs-{slug}-{cycle}", email=f"{slug}-{cycle}@example.org", confirmed=True)
    actions.add_products(user, [(product, next(r for r in product.live_releases if r.cycle == cycle))])
    db.session.commit()
    found = {
        row.tracking_id
        for row in queries.bulletins(queries.Filter(owner=user), size=1000)
        if row.publisher == "Microsoft"
    }
    assert found == wanted and len(wanted) > 3


def test_what_is_attacked_comes_first_in_every_order(site):
    for query in ("", "?unfixed=1", "?severity=important", "?vendor=Microsoft"):
        listed = site.test_client().get(f"/bulletins.json{query}").json
        ranks = [
            (
                row["is_exploited"],
                ["low", "moderate", "important", "critical"].index(row["severity"])
                if row["severity"]
                else -1,
                row["epss"],
            )
            for row in listed
        ]
        assert [rank[:2] for rank in ranks] == sorted((rank[:2] for rank in ranks), reverse=True), query
        assert any(rank[0] for rank in ranks)


def test_our_own_export_imported_changes_nothing(site):
    catalogue = Catalogue()
    for number in list(db.session.scalars(db.select(Bulletin.id))):
        document = to_bytes(write(rows.to_advisory(queries.get_whole(number))))
        db.session.commit()
        (back,) = recognise.read(document, str(number))
        assert store_actions.store(back, catalogue=catalogue).outcome == "skipped", back.tracking_id
        db.session.rollback()


def test_lists_know_their_vendors(site):
    counted = defaultdict(int, queries.vendors())
    assert counted["Microsoft"] > 100
