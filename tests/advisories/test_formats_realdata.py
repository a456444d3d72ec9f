"""Real documents against counts made here with other code, and every one published and read again."""

import hashlib
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from xml.etree import ElementTree

import pytest
from cvss import CVSS2, CVSS3
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from advisories import layers, recognise, scores
from advisories.completion import stated
from advisories.csaf import provider, validator_process
from advisories.csaf import read as read_csaf
from advisories.csaf.write import Publisher, to_bytes, write
from advisories.exploited import read_epss, read_kev
from advisories.parsing import Log
from tests.conftest import DATA

pytestmark = pytest.mark.realdata
CSAF = sorted([*DATA.glob("csaf/cisa/**/*.json"), *DATA.glob("csaf/oasis/examples/csaf/**/*.json")])
CVRF = sorted((DATA / "msrc-cvrf").glob("*.xml"))
CVE = sorted((DATA / "cve-json5").glob("*.json"))
STATES = (
    "known_affected",
    "fixed",
    "known_not_affected",
    "under_investigation",
    "first_fixed",
    "recommended",
    "first_affected",
    "last_affected",
)


@cache
def read(path):
    return recognise.read(path.read_bytes(), path.name)


def ids(paths):
    return [path.stem for path in paths]


@pytest.mark.parametrize("path", CSAF, ids=ids(CSAF))
def test_csaf_vulnerabilities_with_their_states_and_remedies(path):
    raw, (advisory,) = json.loads(path.read_text()), read(path)
    groups = {
        group["group_id"]: group["product_ids"]
        for group in raw.get("product_tree", {}).get("product_groups", [])
    }
    expected, found = [], []
    for each in raw.get("vulnerabilities", []):
        expected.append(
            (
                each.get("cve", ""),
                {
                    state: set(each["product_status"][state])
                    for state in STATES
                    if state in each.get("product_status", {})
                },
                sorted(
                    (
                        fix["category"],
                        fix["details"].strip(),
                        tuple(
                            sorted(
                                {
                                    *fix.get("product_ids", []),
                                    *(name for group in fix.get("group_ids", []) for name in groups[group]),
                                }
                            )
                        ),
                    )
                    for fix in each.get("remediations", [])
                ),
                len(each.get("scores", [])),
            )
        )
    for each in advisory.vulnerabilities:
        found.append(
            (
                each.cve,
                {state: set(names) for state, names in each.status.items()},
                sorted(
                    (fix.kind, fix.details, tuple(sorted(fix.product_ids)))
                    for fix in each.remedies
                    if not fix.origin
                ),
                len(each.scores),
            )
        )
    assert found == expected
    assert len(advisory.products) == path.read_text().count('"product_id":')
    assert advisory.warnings == []


NS = {"v": "http://www.icasi.org/CVRF/schema/vuln/1.1"}


@pytest.mark.parametrize("path", CVRF, ids=ids(CVRF))
def test_cvrf_vulnerabilities_with_their_states_and_remedies(path):
    root = ElementTree.parse(path).getroot()
    expected = {}
    for each in root.iterfind("v:Vulnerability", NS):
        affected = {item.text for item in each.iterfind("v:ProductStatuses/v:Status/v:ProductID", NS)}
        fixes = set()
        for fix in each.iterfind("v:Remediations/v:Remediation", NS):
            names = {item.text for item in fix.iterfind("v:ProductID", NS)} or affected
            update = fix.findtext("v:Description", "", NS).strip()
            update = f"KB{update}" if update.isdigit() else ""
            fixes |= {
                (fix.get("Type"), update, fix.findtext("v:FixedBuild", "", NS) or "", name) for name in names
            }
        expected[each.findtext("v:CVE", "", NS)] = affected, fixes
    found = {}
    for advisory in read(path):
        (each,) = advisory.vulnerabilities
        kinds = {"vendor_fix": "Vendor Fix", "workaround": "Workaround", "mitigation": "Mitigation"}
        fixes = {
            (kinds[fix.kind], fix.update, fix.fixed_build, name)
            for fix in each.remedies
            for name in fix.product_ids
        }
        fixes |= {
            ("Known Issue", issue.update, "", name)
            for issue in each.known_issues
            for name in issue.product_ids
        }
        found[advisory.tracking_id] = set(each.status.get("known_affected", ())), fixes
        assert advisory.warnings == []
    assert found == expected


def test_cvrf_months_are_what_they_are():
    months = {path.stem.removeprefix("cvrfDocument-"): read(path) for path in CVRF}
    blocks = [re.split("<(?:vuln:)?Vulnerability[ >]", path.read_text())[1:] for path in CVRF]
    assert [len(found) for found in months.values()] == [len(raw) for raw in blocks]
    assert {advisory.month for advisory in months["2023-May"]} == {"2023-05"}
    exploited = sum(
        "Exploited:Yes" in block or "exists in the wild" in block for raw in blocks for block in raw
    )
    vulnerabilities = [found.vulnerabilities[0] for month in months.values() for found in month]
    assert sum(each.is_exploited for each in vulnerabilities) == exploited
    assert [note.text for each in vulnerabilities for note in each.notes if "<p>" in note.text] == []


@pytest.mark.parametrize("path", CVE, ids=ids(CVE))
def test_cve_records_with_what_to_do(path):
    raw, (advisory,) = json.loads(path.read_text()), read(path)
    (each,) = advisory.vulnerabilities
    cna = raw["containers"]["cna"]
    assert each.cve == raw["cveMetadata"]["cveId"]
    assert each.is_rejected == (raw["cveMetadata"]["state"] == "REJECTED")
    nothing = any(
        "workaround is" in said["value"]
        or "no known workaround" in said["value"]
        or "not available or" in said["value"]
        for said in cna.get("workarounds", ())
    )
    assert [fix.kind for fix in each.remedies if not fix.origin] == (
        ["workaround"] * ("workarounds" in cna and not nothing)
        + ["vendor_fix"] * ("solutions" in cna)
        + ["no_fix_planned"] * ("unsupported-when-assigned" in cna.get("tags", ()))
    )
    assert each.is_exploited == bool(re.search(r'"type": ?"kev"|"Exploitation": ?"active"', path.read_text()))
    named = {
        " ".join(entry["product"].split())
        for entry in cna.get("affected", [])
        if entry.get("product", "n/a") != "n/a"
    }
    assert named <= {entry.product for entry in advisory.products}
    assert len(each.scores) == len(set(re.findall(r'"vectorString": ?"([^"]+)"', path.read_text())))
    assert advisory.warnings == []


def test_stated_scores_that_differ_from_their_vector():
    expected, found, total = [], [], 0
    for path in CSAF + CVE:
        for vector, score in _stated(json.loads(path.read_text())):
            kind = CVSS3 if vector.startswith("CVSS:3") else CVSS2 if vector.startswith("AV:") else None
            total += kind is not None
            if kind and abs(float(kind(vector).base_score) - score) > 0.05:
                expected.append((path.name, vector))
        found += [
            (path.name, score.vector)
            for advisory in read(path)
            for each in advisory.vulnerabilities
            for score in each.scores
            if scores.is_stated_wrong(score)
        ]
    assert sorted(found) == sorted(expected) and len(expected) >= 2 and total > 190


def _stated(value):
    """(vector, base score) wherever a document states them."""
    if isinstance(value, dict):
        if "vectorString" in value:
            yield value["vectorString"], value["baseScore"]
        for inner in value.values():
            yield from _stated(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _stated(inner)


@pytest.mark.parametrize("path", CSAF + CVRF + CVE, ids=ids(CSAF + CVRF + CVE))
def test_published_again_it_is_lawful_and_the_same(path):
    for advisory in read(path):
        written = to_bytes(write(advisory))
        assert validator_process.problems(written) == []
        back = read_csaf.read(json.loads(written))[0]
        said = replace(stated(advisory), format="csaf", warnings=[], category=back.category)
        assert stated(back) == said
        assert to_bytes(write(back)) == written
        assert back.category == advisory.category or validator_process.problems(path.read_bytes())


def test_the_broken_ones_come_in_with_a_warning():
    broken = [path for path in CSAF if validator_process.problems(path.read_bytes())]
    assert broken
    for path in broken:
        assert read(path)[0].vulnerabilities


def test_kev_in_both_forms_and_epss():
    folder, log = DATA / "kev", Log()
    raw = json.loads((folder / "known_exploited_vulnerabilities.json").read_text())["vulnerabilities"]
    with (folder / "known_exploited_vulnerabilities.json").open("rb") as stream:
        from_json = list(read_kev(stream, log))
    with (folder / "known_exploited_vulnerabilities.csv").open("rb") as stream:
        from_csv = list(read_kev(stream, log))
    assert {row.cve: (str(row.added_on), str(row.due_on), row.is_ransomware) for row in from_json} == {
        row["cveID"]: (row["dateAdded"], row["dueDate"], row["knownRansomwareCampaignUse"] == "Known")
        for row in raw
    }
    assert {row.cve: row.due_on for row in from_csv} == {row.cve: row.due_on for row in from_json}
    with (DATA / "epss-kev/epss_kev_nvd.csv").open("rb") as stream:
        found = list(read_epss(stream, log))
    assert len(found) == (DATA / "epss-kev/epss_kev_nvd.csv").read_text().count("\nCVE-")
    assert log.warnings == []


def test_provider_metadata_keeps_the_schema_of_the_standard():
    folder = DATA / "csaf/oasis"
    schemas = [json.loads(path.read_text()) for path in (folder / "json_schema").glob("*.json")]
    schemas += [json.loads(path.read_text()) for path in folder.glob("referenced_schema/first/*.json")]
    registry = Registry().with_resources(
        (schema.get("$id") or schema["id"], Resource.from_contents(schema))
        for schema in schemas
        if "$schema" in schema and (schema.get("$id") or schema.get("id"))
    )
    schema = json.loads((folder / "json_schema/provider_json_schema.json").read_text())
    site = Publisher("Redoubt", "https://redoubt.example", "other")
    document = provider.metadata(
        site,
        "https://redoubt.example",
        "https://redoubt.example/csaf",
        ["WHITE", "UNLABELED"],
        datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert list(Draft202012Validator(schema, registry=registry).iter_errors(document)) == []


# The layers of the real mitigation texts, judged by reading each before the rules were written: the control
# that the reader is told to put in place, two where it is two. Texts that only point elsewhere have none.
LETTERS = {"p": "perimeter", "n": "network", "h": "host", "a": "application", "d": "data"}
JUDGED = {
    "a": "f4b90704 10942fa4 a42c2816 cf757d13 52ee4a4e 9fb2aef5 948d9cb9 8773d6d2 b6f5ff6e 32e26e1e "
    "46500996 04c8b587 3aa73019 6d0a5d7b 6a15cbb0 18ee5e68 6c75f2fb dbee8ea6 159b2db4 433986d0 "
    "6444a692",
    "ah": "05253ce3 142e8a79",
    "an": "21b938c8 d4221dd8",
    "d": "5d1df13d 10c33b67",
    "da": "bd33f9dc",
    "h": "76cf81b3 a52969e7 13a3c3a8 0a65ca52 97970a0f 679c0ee8 789f539d 4440800f e0c8026e aa7aa099 "
    "ebd5bf80 4db714d6 e14024b7 c55d4aee 03a4b01f 8482c02f",
    "ha": "ed724b14 f8dd7325 b722f7ad 4671017f",
    "hn": "0ea9831a",
    "n": "c37325e4 9e5a087c 955cd76b bfd2c276 c50c415a 5bd9fe5c 79f2b66f 414e3fe1 b71a26a6 b1560a07 5df6a522",
    "nh": "0cc363de",
    "np": "804784df 2103fc97 60b67a0c",
    "p": "10f31ae0 c870653d 026ee948 714bcec5 b3741df4 1e6d2fd6",
    "pn": "d7fc02d7 eccb28d6",
}


def test_most_layers_are_suggested_as_a_reader_judged():
    texts = {
        fix.details
        for path in CSAF + CVRF + CVE
        for advisory in read(path)
        for each in advisory.vulnerabilities
        for fix in each.remedies
    }
    by_name = {hashlib.sha256(text.encode()).hexdigest()[:8]: text for text in texts}
    right, judged = 0, 0
    for letters, names in JUDGED.items():
        for name in names.split():
            judged += 1
            right += layers.suggest(by_name[name]) in [LETTERS[letter] for letter in letters]
    assert judged == 72 and right >= 0.9 * judged
