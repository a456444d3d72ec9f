"""The lines of the form: what stays keeps all that was said, what is new is for all that is affected."""

from dataclasses import replace

import pytest

from advisories import advisory as adv
from bulletins.drafting import changes
from bulletins.drafting.changes import lines_of
from bulletins.drafting.lines import BadLine, Lines
from tests.bulletins.conftest import fix, vulnerability


def changed(advisory, **lines):
    return replace(advisory, **changes.apply_lines(advisory, replace(lines_of(advisory), **lines)))


def test_the_form_shows_a_document_in_lines(make_advisory):
    assert lines_of(make_advisory()) == Lines(
        ("CVE-2026-1001 |  | Overflow in the parser (CVE-2026-1001)",),
        ("Acme Reader 9 | 9 | 10.1", "Acme Reader 10 | 10 | 10.1"),
        ("fix | AC100 |  | Install the update.",),
    )


def test_lines_as_they_were_change_nothing(make_advisory):
    assert changes.apply_lines(make_advisory(), lines_of(make_advisory())) == {}


def test_a_new_product_is_affected_by_all(make_advisory):
    lines = lines_of(make_advisory()).affected
    after = changed(make_advisory(), affected=(*lines, "Acme Writer | 3"))
    assert after.products[-1] == adv.ProductEntry("P1", "Acme Writer", product="Acme Writer", version="3")
    assert after.vulnerabilities[0].status == {"known_affected": ("A", "B", "P1")}


def test_a_product_that_goes_is_named_nowhere(make_advisory):
    after = changed(make_advisory(), affected=("Acme Reader 10 | 10 | 10.1",))
    assert [entry.id for entry in after.products] == ["B"]
    said = after.vulnerabilities[0]
    assert (said.status, said.remedies[0].product_ids) == ({"known_affected": ("B",)}, ("B",))


def test_a_fixed_build_is_a_fix_for_its_product(make_advisory):
    plain = make_advisory(vulnerabilities=[vulnerability()])
    after = changed(plain, affected=("Acme Reader 9 | 9 | 9.5", "Acme Reader 10 | 10 | "))
    assert after.vulnerabilities[0].remedies == [
        adv.Remedy("vendor_fix", "Update to 9.5.", ("A",), fixed_build="9.5")
    ]


def test_a_new_vulnerability_affects_the_products_and_is_rated(make_advisory):
    lines = (
        "CVE-2026-1001 |  | Overflow in the parser (CVE-2026-1001)",
        "cve-2026-7 | CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H | A | in the title",
    )
    said = changed(
        make_advisory(), vulnerabilities=(*lines[:1], lines[1].replace("-7 ", "-1007 "))
    ).vulnerabilities[1]
    assert (said.cve, said.title) == ("CVE-2026-1007", "A | in the title")
    assert said.status == {"known_affected": ("A", "B")}
    assert said.scores[0].version == "3.1"


def test_a_changed_remedy_keeps_its_place_and_products(make_advisory):
    update = fix("A", update="AC100", fixed_build="9.5")
    document = make_advisory(vulnerabilities=[vulnerability(remedies=[update])])
    after = changed(document, remedies=("fix | AC100 | https://acme.example/ac100 | Install it today.",))
    assert after.vulnerabilities[0].remedies == [
        adv.Remedy(
            "vendor_fix",
            "Install it today.",
            ("A",),
            url="https://acme.example/ac100",
            update="AC100",
            fixed_build="9.5",
        )
    ]


def test_a_text_of_several_lines_is_one_line_of_the_form(make_advisory):
    words = adv.Remedy("workaround", "First\nthen C:\\new", ("A",))
    document = make_advisory(vulnerabilities=[vulnerability(remedies=[words])])
    lines = lines_of(document)
    assert lines.remedies == ("workaround for Acme Reader 9 |  |  | First\\nthen C:\\\\new",)
    emptied = changed(document, remedies=())
    again = replace(emptied, **changes.apply_lines(emptied, lines))
    assert again.vulnerabilities[0].remedies[0].details == words.details


@pytest.mark.parametrize(
    "lines",
    [
        {"vulnerabilities": ("CVE-20 | | ",)},
        {"vulnerabilities": (" | | ",)},
        {"vulnerabilities": ("CVE-2026-1001 | no vector | x",)},
        {"affected": (" | 9 | ",)},
        {"remedies": ("magic | | | Do it",)},
        {"remedies": ("fix | | | ",)},
        {"remedies": ("fix | | javascript:1 | x",)},
    ],
)
def test_a_line_that_cannot_be_read_is_refused(make_advisory, lines):
    with pytest.raises(BadLine):
        changed(make_advisory(), **lines)


def test_a_build_named_later_leaves_the_other_remedies(make_advisory):
    words = adv.Remedy("workaround", "Do not open fonts.", ("A",))
    after = changed(
        make_advisory(vulnerabilities=[vulnerability(affected=("A",), remedies=[words])]),
        affected=("Acme Reader 9 | 9 | 9.5", "Acme Reader 10 | 10 | "),
    )
    assert after.vulnerabilities[0].remedies == [
        words,
        adv.Remedy("vendor_fix", "Update to 9.5.", ("A",), fixed_build="9.5"),
    ]
    assert [entry.id for entry in after.products] == ["A", "B"]


TWO = ("OpenSSL | 3.0 | 3.0.15", "Python")
TYPED = "openssl-3.0.15 | https://acme.example/x | Install it with care."


def fixes(advisory):
    names = {entry.id: entry.name for entry in advisory.products}
    return [
        (each.update, each.url, each.details, each.fixed_build, [names[i] for i in each.product_ids])
        for each in advisory.vulnerabilities[0].remedies
        if each.kind == "vendor_fix"
    ]


@pytest.fixture
def blank(make_advisory):
    return make_advisory(products=[], vulnerabilities=[vulnerability(affected=())])


def test_a_fix_that_names_its_product_keeps_text_and_link_beside_the_build(blank):
    after = changed(blank, affected=TWO, remedies=(f"fix for OpenSSL 3.0 | {TYPED}",))
    assert fixes(after) == [
        ("openssl-3.0.15", "https://acme.example/x", "Install it with care.", "3.0.15", ["OpenSSL"])
    ]
    assert lines_of(after).remedies == (f"fix for OpenSSL 3.0 | {TYPED}",)
    assert lines_of(after).affected == ("OpenSSL | 3.0 | 3.0.15", "Python |  | ")


def test_a_fix_that_names_the_build_of_one_product_is_for_it(blank):
    after = changed(blank, affected=TWO, remedies=(f"fix | {TYPED}",))
    assert fixes(after) == [
        ("openssl-3.0.15", "https://acme.example/x", "Install it with care.", "3.0.15", ["OpenSSL"])
    ]


NAMELESS = "upd-3.0.150 | https://acme.example/x | Install it with care."


@pytest.mark.parametrize("remedy", [f"fix | {NAMELESS}", f"fix for Perl | {TYPED}"])
def test_a_fix_that_does_not_say_for_what_is_refused(blank, remedy):
    with pytest.raises(BadLine) as refused:
        changed(blank, affected=TWO, remedies=(remedy,))
    assert refused.value.reason


def test_a_fix_for_several_of_the_products(blank):
    remedy = "fix for Perl 5; python | U1 | | Install."
    after = changed(blank, affected=(*TWO, "Perl | 5"), remedies=(remedy,))
    assert sorted(fixes(after)) == [
        ("", "", "Update to 3.0.15.", "3.0.15", ["OpenSSL"]),
        ("U1", "", "Install.", "", ["Perl", "Python"]),
    ]


def test_a_fix_for_versions_of_one_product_need_not_name_them(blank):
    after = changed(blank, affected=("Reader | 9", "Reader | 10 | 10.1"), remedies=("fix | U1 | | Install.",))
    assert sorted(fixes(after)) == [
        ("U1", "", "Install.", "", ["Reader"]),
        ("U1", "", "Install.", "10.1", ["Reader"]),
    ]


def test_another_build_changes_only_what_the_form_wrote_itself(blank):
    first = changed(blank, affected=("Reader | 9 | 9.1",))
    again = changed(first, affected=("Reader | 9 | 9.2",))
    assert fixes(again) == [("", "", "Update to 9.2.", "9.2", ["Reader"])]


def test_a_remedy_of_a_bulletin_that_names_no_vulnerability_is_there(make_advisory):
    after = changed(
        make_advisory(products=[], vulnerabilities=[]),
        affected=TWO,
        remedies=(f"fix for OpenSSL 3.0 | {TYPED}",),
    )
    assert fixes(after) == [
        ("openssl-3.0.15", "https://acme.example/x", "Install it with care.", "3.0.15", ["OpenSSL"])
    ]


@pytest.mark.parametrize(
    "line",
    [
        "CVE-2026-1011 |  | Overflow in the parser (CVE-2026-1001)",
        "CVE-2026-1001 |  | Overflow in the reader",
        "CVE-2026-1012 |  | Another name",
    ],
)
def test_a_corrected_number_or_title_keeps_what_was_said(make_advisory, line):
    before = make_advisory()
    said = changed(before, vulnerabilities=(line,)).vulnerabilities[0]
    assert (said.cve, said.title) == (line.split(" | ")[0], line.split(" | ")[-1])
    assert said.remedies == before.vulnerabilities[0].remedies
    assert said.status == before.vulnerabilities[0].status


def test_a_vulnerability_that_is_added_later_has_the_remedies_that_are_shown(make_advisory):
    known = lines_of(make_advisory()).vulnerabilities
    after = changed(make_advisory(), vulnerabilities=(*known, "CVE-2026-1099 |  | Second"))
    assert after.vulnerabilities[1].remedies == make_advisory().vulnerabilities[0].remedies


def test_a_build_that_is_cleared_is_gone_and_the_text_of_its_fix_stays(blank):
    first = changed(blank, affected=("Reader | 9 | 9.1",))
    assert fixes(changed(first, affected=("Reader | 9 |",))) == []
    typed = changed(blank, affected=("Reader | 9 | 9.1",), remedies=("fix | U1 | | Install.",))
    assert fixes(changed(typed, affected=("Reader | 9 |",))) == [("U1", "", "Install.", "", ["Reader"])]


@pytest.mark.parametrize(
    "lines",
    [
        {"affected": ("OpenSSL | 3.0 | 3.0.15", "openssl | 3.0 | 3.0.16")},
        {"vulnerabilities": ("CVE-2026-7001 |  | One", "cve-2026-7001 |  | Two")},
    ],
)
def test_what_is_typed_twice_is_refused(make_advisory, lines):
    with pytest.raises(BadLine) as refused:
        changed(make_advisory(), **lines)
    assert "twice" in refused.value.reason


def test_a_product_with_a_semicolon_can_be_named(blank):
    after = changed(
        blank,
        affected=("Reader; Pro | 9", "Writer | 1"),
        remedies=("fix for Reader\\; Pro 9 | U1 | | Install.",),
    )
    assert fixes(after) == [("U1", "", "Install.", "", ["Reader; Pro"])]
    assert lines_of(after).remedies == ("fix for Reader\\; Pro 9 | U1 |  | Install.",)
