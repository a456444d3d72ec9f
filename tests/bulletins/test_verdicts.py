"""Bulletins for what members have: no false alarm, no silence, and corrections for everybody."""

import json

import pytest
from sqlalchemy import func, select

from advisories import advisory as adv
from auth.models import User
from bulletins import handlers, queries
from bulletins.filters import Filter
from bulletins.verdicts import queries as verdict_queries
from bulletins.verdicts.models import AffectedName, VersionVerdict
from core.database.db import db
from core.jobs import events
from inventory import actions as inventory
from inventory.formats.component import Component
from inventory.uploads import actions as upload_actions
from inventory.uploads import tasks as upload_tasks
from inventory.versions import actions as versions
from inventory.versions import queries as version_queries
from inventory.versions.models import InstalledComponent, InstalledVersion
from inventory.versions.sentences import sentence
from products.models import OwnedRelease

pytestmark = pytest.mark.every_database


@pytest.fixture
def catalogue(make_product):
    """Products of the catalogue by slug."""
    return {
        "chrome": make_product("chrome", {"142": {}, "100": {}}, name="Google Chrome", vendor="Google"),
        "watchos": make_product("watchos", {"26": {}, "9": {}}, name="Apple watchOS", vendor="Apple"),
        "php": make_product("php", {"8.3": {"latest": "8.3.20"}, "8.1": {}}, name="PHP"),
        "openssl": make_product("openssl", {"3.0": {"latest": "3.0.15"}}, name="OpenSSL", vendor="OpenSSL"),
    }


def entry(key, name, vendor, version, **more):
    return adv.ProductEntry(key, f"{name} {version}", vendor, name, version, "<" in version, **more)


@pytest.fixture
def publish(make_advisory, store):
    """publish(tracking_id, *entries, **status) → Bulletin."""

    def publish(tracking_id, *entries, status="known_affected", **more):
        ids = tuple(each.id for each in entries)
        said = adv.Vulnerability(
            cve=more.pop("cve", "CVE-2026-1001"), title="Overflow", status={status: ids}, **more
        )
        advisory = make_advisory(tracking_id, products=list(entries), vulnerabilities=[said])
        return store(advisory, announce=True).bulletin

    return publish


@pytest.fixture
def upstream(publish):
    """Bulletins of four upstream projects."""
    return {
        "chrome": publish("C", entry("P", "Chrome", "Google", "< 134.0.6998.88")),
        "watchos": publish("W", entry("P", "watchOS", "Apple", "< 9.6")),
        "php": publish("P", entry("P", "PHP", "PHP Group", ">= 8.1, < 8.1.30")),
        "openssl": publish("O", entry("P", "OpenSSL", "OpenSSL", ">= 3.0.0, < 3.0.16")),
    }


def has(user, product, cycle, *components):
    """Give a member components as an inventory names them, or a picked release."""
    release = next((each for each in product.live_releases if each.cycle == cycle), None)
    if components:
        inventory.add_products(user, [(product, release)], source=inventory.SBOM)
        store(user, [((product.id, release.id if release else None), components)])
    else:
        inventory.add_products(user, [(product, release)])
    db.session.commit()
    events.drain()


def store(user, found, **more):
    """Store components in the default inventory of a member."""
    versions.store_components(inventory.default_inventory(user), found, **more)


def mine(user):
    return {row.tracking_id for row in queries.bulletins(Filter(owner=user)).items}


def test_versions_that_are_not_affected_raise_no_alarm(member, catalogue, upstream):
    """The member with Chrome 142, watchOS 26, PHP 8.3 and Debian 12's openssl."""
    has(member, catalogue["chrome"], "142", Component("Google Chrome", "Google LLC", "142.0.7444.59"))
    has(member, catalogue["watchos"], "26")
    has(member, catalogue["php"], "8.3")
    debian = Component(
        "openssl",
        "",
        "3.0.15-1~deb12u1",
        "pkg:deb/debian/openssl@3.0.15-1~deb12u1?arch=amd64&distro=debian-12",
    )
    has(member, catalogue["openssl"], "3.0", debian)
    assert mine(member) == set()
    assert queries.concerned_ids(member, [row.id for row in upstream.values()]) == set()


def test_picked_releases_raise_none_either(member, catalogue, upstream):
    has(member, catalogue["chrome"], "142")
    assert mine(member) == set()


def test_versions_that_are_affected_raise_the_right_alarms(member, catalogue, upstream):
    has(member, catalogue["chrome"], "100", Component("Google Chrome", "Google LLC", "100.0.4896.60"))
    has(member, catalogue["php"], "8.1")
    assert mine(member) == {"C", "P"}
    ids = [row.id for row in upstream.values()]
    assert queries.concerned_ids(member, ids) == {upstream["chrome"].id, upstream["php"].id}
    assert verdict_queries.uncertain_ids(member, ids) == {upstream["php"].id}, "which 8.1 it is decides"


def test_a_bulletin_that_comes_later_is_compared_at_once(member, catalogue, publish):
    has(member, catalogue["chrome"], "142", Component("Google Chrome", "Google LLC", "142.0.7444.59"))
    publish("OLD", entry("P", "Chrome", "Google", "< 134.0.6998.88"))
    publish("NEW", entry("P", "Chrome", "Google", "< 142.0.7444.60"))
    assert mine(member) == {"NEW"}, "in the transaction of the import, before alerts are sent"


def test_a_bulletin_that_changes_is_compared_again(member, catalogue, publish):
    has(member, catalogue["chrome"], "142", Component("Google Chrome", "Google LLC", "142.0.7444.59"))
    publish("C", entry("P", "Chrome", "Google", "< 134.0.6998.88"))
    publish("C", entry("P", "Chrome", "Google", "< 142.0.7444.60"))
    assert mine(member) == {"C"}
    publish("C", entry("P", "Chrome", "Google", "< 142.0.7444.59"))
    assert mine(member) == set()
    assert db.session.scalar(select(func.count()).select_from(VersionVerdict)) == 0


def test_components_outside_of_the_catalogue_are_found_by_purl_and_name(member, publish):
    """No product of the catalogue, no CPE."""
    publish(
        "DSA",
        entry(
            "P",
            "openssl",
            "Debian",
            "",
            purl="pkg:deb/debian/openssl?distro=bookworm",
            vers="vers:deb/<3.0.16-1~deb12u1",
        ),
    )
    publish("GHSA", entry("P", "django", "", "", purl="pkg:pypi/django", vers="vers:pypi/>=4.2|<4.2.16"))
    publish("GATE", entry("P", "Gate", "Own Vendor", "< 4.2"))
    publish("OTHER", entry("P", "Gate", "Another Vendor", "< 4.2"))
    found = [
        Component(
            "openssl", "", "3.0.15-1~deb12u1", "pkg:deb/debian/openssl@3.0.15-1~deb12u1?distro=debian-12"
        ),
        Component("Django", "", "4.2.1", "pkg:pypi/Django@4.2.1"),
        Component("Own Vendor Gate", "Own Vendor, Inc.", "4.0.1"),
    ]
    store(member, [(None, found)])
    db.session.commit()
    assert mine(member) == set(), "the worker compares them"
    events.drain()
    assert mine(member) == {"DSA", "GHSA", "GATE"}


def test_fixed_packages_of_an_advisory_are_limits(member, publish):
    """Red Hat's advisories have no affected products."""
    fixed = entry(
        "P", "openssl", "Red Hat", "3.0.7-28.el9_4", purl="pkg:rpm/redhat/openssl@3.0.7-28.el9_4?epoch=1"
    )
    publish("RHSA", fixed, status="fixed")
    store(
        member,
        [(None, [Component("openssl", "", "3.0.7-27.el9", "pkg:rpm/redhat/openssl@3.0.7-27.el9?epoch=1")])],
    )
    db.session.commit()
    events.drain()
    assert mine(member) == {"RHSA"}


def test_part_of_a_platform(member, publish):
    """CSAF relationships: the package is a product of its own, and the platform another."""
    package = adv.ProductEntry("P", "openssl", "Red Hat", "openssl", purl="pkg:rpm/redhat/openssl")
    platform = adv.ProductEntry(
        "E", "Red Hat Enterprise Linux 8", "Red Hat", cpe="cpe:/o:redhat:enterprise_linux:8"
    )
    both = adv.ProductEntry("B", "openssl of RHEL 8", part_of=("default_component_of", "P", "E"))
    bulletin = publish("RHSA", both)
    bulletin = publish("RHSA", both, package, platform)
    for version, concerned in (("1.1.1k-12.el8", True), ("3.0.7-27.el9", True)):
        store(
            member,
            [(None, [Component("openssl", "", version, f"pkg:rpm/redhat/openssl@{version}")])],
            replaces=True,
        )
        db.session.commit()
        events.drain()
        assert (bulletin.tracking_id in mine(member)) == concerned
    found = {
        each.row.key: each.verdict
        for each in verdict_queries.findings(queries.get_whole(bulletin.id), member)
    }
    assert set(found) == {"P"}


def test_others_see_nothing_of_it(member, moderator, catalogue, upstream):
    has(member, catalogue["chrome"], "100", Component("Google Chrome", "Google LLC", "100.0.4896.60"))
    assert mine(moderator) == set()
    assert verdict_queries.findings(queries.get_whole(upstream["chrome"].id), moderator) == []


def test_findings_explain_themselves(app, member, catalogue, upstream):
    has(member, catalogue["chrome"], "142", Component("Google Chrome", "Google LLC", "142.0.7444.59"))
    (finding,) = verdict_queries.findings(queries.get_whole(upstream["chrome"].id), member)
    with app.test_request_context():
        assert sentence(finding.verdict) == (
            "Google Chrome 142.0.7444.59 is not below 134.0.6998.88, the version that fixes CVE-2026-1001."
        )


def test_products_that_come_later_are_compared_too(member, make_product, publish):
    publish("GATE", entry("P", "Gate", "Own Vendor", "< 4.2"))
    product = make_product("gate", {"4": {}}, name="Gate", vendor="Own Vendor")
    handlers.rematch([product.id])
    has(member, product, "4", Component("Anything", "", "4.0"))
    assert mine(member) == {"GATE"}, "by the product of the catalogue"


def test_removing_an_entry_removes_its_versions(member, catalogue, upstream):
    has(member, catalogue["chrome"], "100", Component("Google Chrome", "Google LLC", "100.0.4896.60"))
    inventory.remove_product(db.session.scalar(select(OwnedRelease)))
    db.session.commit()
    assert mine(member) == set()
    assert db.session.scalar(select(func.count()).select_from(InstalledComponent)) == 0
    assert versions.forget_unused() == 1
    db.session.commit()
    assert db.session.scalar(select(func.count()).select_from(InstalledVersion)) == 0


def test_entries_of_earlier_versions_of_the_site_are_completed(member, catalogue, upstream):
    """Rows without a stored version count by release as before, until the daily task stores it."""
    product = catalogue["chrome"]
    release = next(each for each in product.live_releases if each.cycle == "142")
    inventory.add_entries(
        inventory.default_inventory(member), [(product.id, release.id)], source=inventory.PICKED
    )
    db.session.commit()
    assert mine(member) == {"C"}
    versions.complete_entries()
    db.session.commit()
    events.drain()
    assert mine(member) == set()


def test_an_erased_member_leaves_nothing(member, catalogue, upstream):
    has(member, catalogue["chrome"], "142")
    inventory.delete_inventories([member.id])
    db.session.commit()
    assert db.session.scalar(select(func.count()).select_from(InstalledComponent)) == 0


def test_an_upload_stores_versions_and_replaces_them(member, catalogue, upstream):
    """A nightly upload: the member updates Chrome, and the alarm ends."""

    def upload(version):
        listed = [
            {"name": "Google Chrome", "version": version, "publisher": "Google LLC"},
            {"name": "Something else", "version": "1"},
        ]
        raw = json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "components": listed}).encode()
        target = inventory.default_inventory(member)
        upload_actions.receive(target, member, upload_actions.packed(raw), replaces=True)
        db.session.commit()
        assert upload_tasks.run_next() == 1
        events.drain()

    upload("100.0.4896.60")
    assert mine(member) == {"C"}
    upload("142.0.7444.59")
    assert mine(member) == set()
    found = [row.version.version for row in version_queries.mine(member)]
    assert sorted(found) == ["1", "142.0.7444.59"]


def test_the_range_that_can_be_compared_is_stored(publish):
    bulletin = publish("V", entry("P", "Gate", "Own Vendor", "", vers="vers:semver/<4.2.0"))
    (row,) = queries.get_whole(bulletin.id).products
    assert row.vers == "vers:semver/<4.2.0"
    assert "vers" not in row.more
    assert db.session.scalar(select(func.count()).select_from(AffectedName)) > 0


@pytest.fixture
def wrong(login, member, catalogue, upstream):
    """The member's page that says that the verdict on their Chrome 100 is wrong, and the bulletin."""
    has(member, catalogue["chrome"], "100", Component("Google Chrome", "Google LLC", "100.0.4896.60"))
    bulletin = upstream["chrome"]
    version = db.session.scalar(select(InstalledVersion))
    return login(member), bulletin, f"/bulletins/{bulletin.reference}/versions/{version.id}/wrong"


def test_the_page_of_a_bulletin_explains_the_verdict(wrong):
    browser, bulletin, url = wrong
    page = browser.get(bulletin.url).text
    assert "Google Chrome 100.0.4896.60 is below 134.0.6998.88, the version that fixes CVE-2026-1001." in page
    assert url in page
    assert "Affected versions" in browser.get(url).text


def test_a_correction_holds_for_everybody_once_a_moderator_approved_it(
    wrong, client, login, member, moderator
):
    browser, _bulletin, url = wrong
    sent = {"kind": "range", "versions": "< 99", "note": "https://own.example says 99."}
    assert browser.post(url, data=sent).status_code == 302
    assert mine(member) == {"C"}, "nothing changes before a moderator looked at it"
    browser.post(url, data=sent)
    events.drain()
    (correction,) = verdict_queries.corrections("proposed")
    address = f"/bulletins/corrections/{correction.id}"
    assert browser.post(f"{address}/approve").status_code == 404, "members do not decide"
    browser = login(moderator)
    assert "https://own.example says 99." in browser.get("/bulletins/corrections").text
    assert "a comparison with" in browser.get("/inbox").text
    assert browser.post(f"{address}/approve", data={"version": correction.version}).status_code == 302
    assert mine(member) == set()
    events.drain()
    assert "comparison corrected" in browser.get("/moderation/log").text
    db.session.expire_all()
    undo = {"version": verdict_queries.get_correction(correction.id).version}
    assert browser.post(f"{address}/undo", data=undo).status_code == 302
    assert mine(member) == {"C"}
    events.drain()
    assert "correction undone" in browser.get("/moderation/log").text
    assert "approved your correction" in login(member).get("/inbox").text


def test_another_product(wrong, login, member, moderator):
    browser, _bulletin, url = wrong
    browser.post(url, data={"kind": "other", "versions": "", "note": "It is Chrome for cars."})
    (correction,) = verdict_queries.corrections("proposed")
    login(moderator).post(f"/bulletins/corrections/{correction.id}/approve")
    events.drain()
    assert mine(member) == set()
    login(moderator).post(f"/bulletins/corrections/{correction.id}/undo")
    events.drain()
    assert mine(member) == {"C"}


def test_the_same_product_under_another_name(login, member, moderator, publish):
    bulletin = publish("GATE", entry("P", "Gate", "Own Vendor", "< 4.2"))
    store(member, [(None, [Component("OV-Fence", "", "4.0")])])
    db.session.commit()
    events.drain()
    url = f"/bulletins/{bulletin.reference}/versions/missing"
    component = db.session.scalar(select(InstalledVersion.id))
    (row,) = queries.get_whole(bulletin.id).products
    browser = login(member)
    assert "OV-Fence 4.0" in browser.get(url).text
    assert browser.post(url, data={"component": component, "product": row.id, "note": ""}).status_code == 422
    assert (
        browser.post(url, data={"component": component, "product": row.id, "note": "Renamed"}).status_code
        == 302
    )
    (correction,) = verdict_queries.corrections("proposed")
    login(moderator).post(f"/bulletins/corrections/{correction.id}/approve")
    events.drain()
    assert mine(member) == {"GATE"}
    later = Component("OV-Fence", "", "4.1")
    store(member, [(None, [later])], replaces=True)
    db.session.commit()
    events.drain()
    assert mine(member) == {"GATE"}, "also for versions that come later"


def test_a_refused_correction_changes_nothing(wrong, login, member, moderator):
    browser, _bulletin, url = wrong
    browser.post(url, data={"kind": "range", "versions": "< 99", "note": "Because."})
    (correction,) = verdict_queries.corrections("proposed")
    address = f"/bulletins/corrections/{correction.id}"
    login(moderator).post(f"{address}/refuse", data={"answer": "The vendor says 134."})
    assert mine(member) == {"C"}
    assert "The vendor says 134." in login(moderator).get("/bulletins/corrections").text
    login(moderator).post(f"{address}/undo")
    assert verdict_queries.get_correction(correction.id).status == "refused"


@pytest.mark.parametrize(
    "sent",
    [
        {"kind": "range", "versions": "somehow", "note": "x"},
        {"kind": "range", "versions": "< 99", "note": ""},
        {"kind": "nothing", "versions": "< 99", "note": "x"},
        {"kind": "range", "versions": "<" * 400, "note": "x"},
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(wrong, sent):
    browser, _bulletin, url = wrong
    answer = browser.post(url, data=sent)
    assert answer.status_code == 422
    assert sent["note"] in answer.text
    assert verdict_queries.corrections("proposed") == []


def test_nobody_corrects_a_version_of_others(wrong, login, moderator):
    _browser, _bulletin, url = wrong
    assert login(moderator).get(url).status_code == 404


def test_a_version_is_entered_by_hand(login, member, catalogue, upstream):
    browser, member_id = login(member), member.id
    browser.post("/settings/products", data={"product": "chrome", "release": "", "version": "100.0.4896.60"})
    events.drain()
    assert mine(db.session.get(User, member_id)) == {"C"}
    assert db.session.scalar(select(OwnedRelease)).release_id is not None, "the version finds the release"
    browser.post(
        "/settings/products", data={"product": "chrome", "release": "100", "version": "134.0.6998.88"}
    )
    events.drain()
    assert mine(db.session.get(User, member_id)) == set()


def test_the_list_for_my_products_says_what_is_unknown(login, member, catalogue, upstream):
    has(member, catalogue["php"], "8.1")
    page = login(member).get("/bulletins?mine=1").text
    assert "your version: unknown" in page
