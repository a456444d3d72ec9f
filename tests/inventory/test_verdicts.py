"""Whether what somebody has is affected by what an advisory says: with the sentence that explains it."""

import pytest

from inventory.versions.sentences import sentence
from inventory.versions.verdicts import (
    AFFECTED,
    DISTRIBUTION,
    NOT_AFFECTED,
    UNKNOWN,
    Installed,
    Rules,
    Statement,
    verdict_on,
    worst,
)


def says(name, version="", *, vendor="", product="", status="affected", is_range=None, **more):
    """A statement of one CVE."""
    return Statement(
        status,
        name,
        vendor,
        product or name,
        version,
        any(sign in version for sign in "<>") if is_range is None else is_range,
        cves=("CVE-2026-1001",),
        **more,
    )


def state(installed, *statements, rules=None):
    found = worst(verdict_on(installed, statements, rules or Rules()))
    return found.state if found else None


CHROME = says("Google Chrome", "< 134.0.6998.88", vendor="Google", product="Chrome")


@pytest.mark.parametrize(
    ("installed", "statement", "expected"),
    [
        (Installed("Google Chrome", "Google LLC", "142.0.7444.59"), CHROME, NOT_AFFECTED),
        (Installed("Google Chrome", "Google LLC", "100.0.4896.60"), CHROME, AFFECTED),
        (Installed("Google Chrome", "", "100.0.4896.60"), CHROME, AFFECTED),
        (
            Installed("chrome", "", "100.0", cpe="cpe:2.3:a:google:chrome:100.0:*:*:*:*:*:*:*"),
            CHROME,
            AFFECTED,
        ),
        (Installed("Google Chrome", "Google", ""), CHROME, UNKNOWN),
        (Installed("Chromium", "Chromium", "100.0"), CHROME, None),
        (
            Installed("watchOS", "Apple", "26", is_family=True),
            says("watchOS", "< 9.6", vendor="Apple"),
            NOT_AFFECTED,
        ),
        (
            Installed("PHP", "", "8.3", is_family=True),
            says("PHP", ">= 8.1, < 8.1.30", vendor="PHP Group"),
            NOT_AFFECTED,
        ),
        (
            Installed("PHP", "The PHP Group", "8.3", is_family=True),
            says("PHP", ">= 8.3, < 8.3.12", vendor="PHP Group"),
            UNKNOWN,
        ),
        (
            Installed("Mozilla Firefox (x64 en-US)", "Mozilla", "131.0"),
            says("Firefox", "< 131.0.2", vendor="Mozilla"),
            AFFECTED,
        ),
        (
            Installed("7-Zip 24.07 (x64)", "Igor Pavlov", "24.07"),
            says("7-Zip", "< 24.08", vendor="7-Zip"),
            AFFECTED,
        ),
        (
            Installed("Notepad++ (64-bit x64)", "Notepad++ Team", "8.6"),
            says("notepad-plus-plus", "<= 8.6.2", vendor="notepad-plus-plus"),
            AFFECTED,
        ),
        (
            Installed("django", "", "4.2.1", "pkg:pypi/django@4.2.1"),
            says("Django", "", vendor="x", purl="pkg:pypi/Django", vers="vers:pypi/>=4.2|<4.2.16"),
            AFFECTED,
        ),
        (
            Installed("django", "", "4.2.16", "pkg:pypi/django@4.2.16"),
            says("Django", "", purl="pkg:pypi/django", vers="vers:pypi/>=4.2|<4.2.16"),
            NOT_AFFECTED,
        ),
        (
            Installed("express", "", "4.0.0", "pkg:npm/express@4.0.0"),
            says("Express", "< 5", vendor="Adobe"),
            None,  # another maker's product of the same name
        ),
        (Installed("Windows 11 Pro", "Microsoft", "10.0"), says("Windows 10", "", vendor="Microsoft"), None),
        (Installed("Gate", "", "1.0"), says("Gate", "< 2", vendor="Own Vendor"), UNKNOWN),
        (Installed("Gate", "Own Vendor Inc.", "1.0"), says("Gate", "< 2", vendor="Own Vendor"), AFFECTED),
        (Installed("Gate", "Other", "1.0"), says("Gate", "< 2", vendor="Own Vendor"), None),
        (Installed("Reader", "Acme", "10.2"), says("Reader", "9", vendor="Acme"), NOT_AFFECTED),
        (Installed("Reader", "Acme", "10.2"), says("Reader", "10", vendor="Acme"), UNKNOWN),
        (Installed("Reader", "Acme", "10"), says("Reader", "10", vendor="Acme"), AFFECTED),
        (
            Installed("Reader", "Acme", "10"),
            says("Reader", "see the vendor's page", vendor="Acme", is_range=True),
            UNKNOWN,  # never a match
        ),
        (Installed("Reader", "Acme", "x-2026"), says("Reader", "< 3", vendor="Acme"), UNKNOWN),
    ],
)
def test_state(installed, statement, expected):
    assert state(installed, statement) == expected


DEBIAN = Installed(
    "openssl",
    "",
    "3.0.15-1~deb12u1",
    "pkg:deb/debian/openssl@3.0.15-1~deb12u1?arch=amd64&distro=debian-12",
    product_id=5,
)
UPSTREAM = says("OpenSSL", ">= 3.0.0, < 3.0.16", vendor="OpenSSL", product_id=5)


def test_a_package_of_a_distribution_never_counts_as_upstream():
    """Debian 12's openssl 3.0.15-1~deb12u1 is not OpenSSL 3.0.15, by purl or by the form of its version."""
    assert state(DEBIAN, UPSTREAM) == DISTRIBUTION
    assert state(Installed("openssl", "", "3.0.15-1~deb12u1", product_id=5), UPSTREAM) == DISTRIBUTION
    assert state(Installed("openssl", "", "1:3.0.7-27.el9", product_id=5), UPSTREAM) == DISTRIBUTION
    assert state(Installed("OpenSSL", "OpenSSL", "3.0.15", product_id=5), UPSTREAM) == AFFECTED


@pytest.mark.parametrize(
    ("version", "vers", "distro", "expected"),
    [
        ("3.0.15-1~deb12u1", "vers:deb/<3.0.16-1~deb12u1", "bookworm", AFFECTED),
        ("3.0.16-1~deb12u1", "vers:deb/<3.0.16-1~deb12u1", "bookworm", NOT_AFFECTED),
        ("3.0.15-1~deb12u1", "vers:deb/<3.5.1-1", "trixie", NOT_AFFECTED),  # of another release
        ("3.0.15-1~deb12u1", "vers:deb/broken<", "bookworm", UNKNOWN),
    ],
)
def test_packages_are_compared_with_their_own_distribution(version, vers, distro, expected):
    mine = Installed("openssl", "", version, f"pkg:deb/debian/openssl@{version}?distro=debian-12")
    theirs = says("openssl", vendor="Debian", purl=f"pkg:deb/debian/openssl?distro={distro}", vers=vers)
    assert state(mine, theirs) == expected
    other = Installed("openssl", "", version, f"pkg:deb/ubuntu/openssl@{version}")
    assert state(other, theirs) is None


def rpm(version, release, *, name="openssl-libs", epoch="1"):
    return f"pkg:rpm/redhat/{name}@{version}-{release}?epoch={epoch}"


@pytest.mark.parametrize(
    ("release", "expected"),
    [("27.el9", AFFECTED), ("28.el9_4", NOT_AFFECTED), ("29.el9_5", NOT_AFFECTED), ("20.el8", None)],
)
def test_a_fixed_package_is_the_limit_in_its_release(release, expected):
    """Red Hat's advisories name only the packages that are fixed."""
    fixed = says("openssl-libs", "", status="fixed", purl=rpm("3.0.7", "28.el9_4"))
    mine = Installed("openssl-libs", "", f"3.0.7-{release}", rpm("3.0.7", release))
    assert state(mine, fixed) == expected


def test_an_epoch_decides():
    fixed = says("a", "", status="fixed", purl="pkg:rpm/redhat/a@1.0-1.el9?epoch=1")
    assert state(Installed("a", "", "9.0-1.el9", "pkg:rpm/redhat/a@9.0-1.el9"), fixed) == AFFECTED


def test_modules_are_compared_within_their_stream():
    def module(version):
        return f"pkg:rpm/redhat/nodejs@{version}.module+el8.9.0+1+abc"

    fixed = says("nodejs", "", status="fixed", purl=module("18.20.4-1"))
    assert state(Installed("nodejs", "", "", module("18.20.2-1")), fixed) == AFFECTED
    assert state(Installed("nodejs", "", "", module("20.1.0-1")), fixed) is None
    assert state(Installed("nodejs", "", "", "pkg:rpm/redhat/nodejs@18.0-1.el8"), fixed) is None


def test_builds_of_windows():
    def windows(build):
        return Installed("Windows 11", "Microsoft", build, product_id=4, release_id=40)

    named = says(
        "Windows 11 Version 24H2 for x64-based Systems",
        product_id=4,
        release_ids=(40,),
        builds=("10.0.26100.2161",),
    )
    assert state(windows("10.0.26100.2033"), named) == AFFECTED
    assert state(windows("10.0.26100.2161"), named) == NOT_AFFECTED
    assert state(windows("10.0.26100"), named) == AFFECTED  # the release, no exact build


def test_levels_of_updates():
    named = says("Windows 10", product_id=4, updates=("KB5026361",), superseded=("KB5025221",))
    assert state(Installed("Windows 10", "", "KB5026361", product_id=4), named) == NOT_AFFECTED
    assert state(Installed("Windows 10", "", "KB5025221", product_id=4), named) == AFFECTED
    assert state(Installed("Windows 10", "", "KB5000000", product_id=4), named) == UNKNOWN


def test_a_version_that_is_named_as_fixed_outranks_a_range():
    """Kernel records: affected before 6.12, but 6.6.58 and its successors are not."""
    kernel = {"vendor": "Linux", "product": "Linux"}
    affected = says("Linux", "< 6.12", **kernel)
    fixed = says("Linux", ">= 6.6.58, <= 6.6.*", status="not_affected", **kernel)
    assert state(Installed("Linux", "Linux", "6.6.60"), affected, fixed) == NOT_AFFECTED
    assert state(Installed("Linux", "Linux", "6.6.57"), affected, fixed) == AFFECTED


def test_other_versions():
    kernel = {"vendor": "Linux", "product": "Linux"}
    affected = says("Linux", "other versions", is_range=True, **kernel)
    fixed = says("Linux", ">= 6.6.58, <= 6.6.*", status="not_affected", **kernel)
    assert state(Installed("Linux", "Linux", "6.6.60"), affected, fixed) == NOT_AFFECTED
    assert state(Installed("Linux", "Linux", "6.5"), affected, fixed) == AFFECTED
    unclear = says("Linux", "stable", status="not_affected", **kernel)
    assert state(Installed("Linux", "Linux", "6.5"), affected, fixed, unclear) == UNKNOWN


def test_releases_of_the_catalogue_decide_where_the_document_names_no_version():
    named = says("Reader 9", product_id=7, release_ids=(70,))
    assert (
        state(Installed("Reader", version="9", product_id=7, release_id=70, is_family=True), named)
        == AFFECTED
    )
    assert state(Installed("Reader", version="8", product_id=7, release_id=71), named) == NOT_AFFECTED


def test_corrections():
    mine = Installed("Gate", "Own Vendor", "3.0")
    named = says("Gate", "< 2", vendor="Own Vendor", key="P1")
    assert state(mine, named) == NOT_AFFECTED
    pair = (mine.identity.keys[0], named.identity.keys[0])
    assert state(mine, named, rules=Rules(other=frozenset({pair}))) is None
    assert state(mine, named, rules=Rules(ranges={"P1": "< 4"})) == AFFECTED
    assert state(mine, named, rules=Rules(ranges={"P1": "what?"})) == UNKNOWN
    other = Installed("Fence", "Own Vendor", "1.0")
    assert state(other, named) is None
    pair = (other.identity.keys[0], named.identity.keys[0])
    assert state(other, named, rules=Rules(same=frozenset({pair}))) == AFFECTED


def test_the_sentence_names_both_versions_and_the_vulnerability(app):
    with app.test_request_context():
        (verdict,) = verdict_on(Installed("Chrome", "Google", "142.0.7444.59"), [CHROME])
        assert sentence(verdict) == (
            "Chrome 142.0.7444.59 is not below 134.0.6998.88, the version that fixes CVE-2026-1001."
        )
        (verdict,) = verdict_on(DEBIAN, [UPSTREAM])
        assert "3.0.15-1~deb12u1 is a package of Debian" in sentence(verdict)


def test_every_reason_has_a_sentence():
    import re
    from pathlib import Path

    from inventory.versions import sentences, verdicts

    source = Path(verdicts.__file__).read_text()
    reasons = set(re.findall(r'Verdict\(\s*[A-Z_]+,\s*"([a-z_]+)"', source))
    assert len(reasons) > 15
    assert reasons <= sentences._SENTENCES.keys()
