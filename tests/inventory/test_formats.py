"""Each format that people have, read from a small document; what is refused says what would be taken."""

import gzip
import io
import json
import zipfile

import pytest

from inventory.formats import packages, recognise, tables, unpack
from inventory.formats.component import BadDocument, Component

DPKG = """Desired=Unknown/Install/Remove/Purge/Hold
| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend
|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)
||/ Name           Version              Architecture Description
+++-==============-====================-============-=================================
ii  base-files     12.4+deb12u5         amd64        Debian base system
ii  libc6:amd64    2.36-9+deb12u4       amd64        GNU C Library
rc  vim            2:9.0.1378-2         amd64        Vi IMproved
"""
RPM = """glibc-2.34-100.el9_4.2.x86_64
openssl-1:3.0.7-27.el9.x86_64
redhat-release-9.4-0.5.el9.x86_64
gpg-pubkey-fd431d51-4ae0493b
tzdata-2024a-1.el9.noarch
"""
WINGET_EXPORT = {
    "$schema": "https://aka.ms/winget-packages.schema.2.0.json",
    "Sources": [
        {
            "Packages": [
                {"PackageIdentifier": "Mozilla.Firefox", "Version": "145.0"},
                {"PackageIdentifier": "Python.Python.3.12", "Version": "3.12.1"},
            ]
        }
    ],
}
WINGET_LIST = (
    "\r   - \r   \\ \rName                   ID               Version  Verfügbar Quelle\r\n"
    "----------------------------------------------------------------------\r\n"
    "Mozilla Firefox (x64…  Mozilla.Firefox  145.0    146.0     winget\r\n"
    "微信                   Tencent.WeChat   3.9.8              winget\r\n"
)
SPDX_3 = {
    "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
    "@graph": [
        {"type": "Organization", "spdxId": "urn:o", "name": "OpenSSL Foundation"},
        {
            "type": "software_Package",
            "spdxId": "urn:p",
            "name": "openssl",
            "software_packageVersion": "3.0.7",
            "suppliedBy": "urn:o",
            "externalIdentifier": [
                {"externalIdentifierType": "cpe23", "identifier": "cpe:2.3:a:openssl:openssl:3.0.7"}
            ],
        },
        {"type": "software_File", "name": "a file"},
    ],
}
SPDX_2 = {
    "spdxVersion": "SPDX-2.3",
    "packages": [
        {
            "name": "openssl",
            "versionInfo": "3.0.7",
            "supplier": "Organization: OpenSSL Foundation (x@example.org)",
            "externalRefs": [
                {"referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a:openssl:openssl:3.0.7"}
            ],
        }
    ],
}
INTUNE = (
    "ApplicationName,ApplicationPublisher,ApplicationVersion,DeviceCount,Platform\n"
    'Mozilla Firefox,Mozilla,145.0,12,Windows\n"Suite, with comma",Acme,1.0,3,Windows\n'
)
OPENSSL = Component(
    "openssl", version="3.0.7", cpe="cpe:2.3:a:openssl:openssl:3.0.7", vendor="OpenSSL Foundation"
)


def read(content, columns=None):
    raw = content if isinstance(content, bytes) else content.encode()
    found = recognise.read(raw, columns)
    return found.format, list(found.components)


def test_spdx_of_both_editions():
    assert read(json.dumps(SPDX_2)) == ("spdx2", [OPENSSL])
    assert read(json.dumps({"sbom": SPDX_2})) == ("spdx2", [OPENSSL]), "as GitHub exports it"
    assert read(json.dumps(SPDX_3)) == ("spdx3", [OPENSSL])


@pytest.mark.parametrize("edition", ["1.4", "1.5", "1.6", "1.7"])
def test_cyclonedx_of_every_edition(edition):
    json_document = {
        "bomFormat": "CycloneDX",
        "specVersion": edition,
        "components": [{"name": "x", "version": "1", "supplier": {"name": "Acme"}}],
    }
    xml = (
        f'<bom xmlns="http://cyclonedx.org/schema/bom/{edition}"><components><component><supplier><name>Acme'
        "</name><contact><name>Ann</name></contact></supplier><name>x</name><version>1</version></component>"
        "</components></bom>"
    )
    expected = ("cyclonedx", [Component("x", version="1", vendor="Acme")])
    assert read(json.dumps(json_document)) == read(xml) == expected


def test_dpkg_names_its_distribution_and_leaves_out_what_was_removed():
    form, found = read(DPKG)
    assert form == "dpkg" and found[0] == Component("Debian", version="12.4")
    assert [each.name for each in found[1:]] == ["base-files", "libc6"]
    assert found[2].purl == "pkg:deb/debian/libc6@2.36-9%2Bdeb12u4?arch=amd64"
    assert read("openssl\t3.0.2-0ubuntu1.15\nlibc6\t2.35-0ubuntu3.6\n")[1][0].name == "Ubuntu"


def test_rpm_keeps_epochs_and_names_its_distribution():
    form, found = read(RPM)
    assert form == "rpm" and found[0] == Component("Red Hat Enterprise Linux", version="9.4")
    names = {each.name: each for each in found}
    assert "gpg-pubkey" not in names
    assert names["openssl"].purl == "pkg:rpm/redhat/openssl@3.0.7-27.el9?arch=x86_64&epoch=1"


def test_winget_export_and_list_in_any_language():
    form, found = read(json.dumps(WINGET_EXPORT))
    assert form == "winget-export"
    assert found == [
        Component("Firefox", version="145.0", vendor="Mozilla"),
        Component("Python 3.12", version="3.12.1", vendor="Python"),
    ]
    for raw in (WINGET_LIST.encode(), b"\xff\xfe" + WINGET_LIST.encode("utf-16-le")):
        form, found = read(raw)
        assert form == "winget-list"
        assert found == [
            Component("Firefox", version="145.0", vendor="Mozilla"),
            Component("微信", version="3.9.8", vendor="Tencent"),
        ]


def test_tables_of_intune_and_others():
    form, found = read(INTUNE)
    assert form == "table" and found == [
        Component("Mozilla Firefox", version="145.0", vendor="Mozilla"),
        Component("Suite, with comma", version="1.0", vendor="Acme"),
    ]
    assert read("sep=;\nHersteller;Produkt;Version\nMozilla;Firefox;145\n")[1] == [
        Component("Firefox", version="145", vendor="Mozilla")
    ]
    assert read("Device name,OS,OS version\nPC1,Windows,10.0.26100.1\n")[1] == [
        Component("Windows", version="10.0.26100.1")
    ]


def test_columns_that_are_not_known_can_be_chosen():
    table = "what,how new,who\nFirefox,145,Mozilla\n"
    with pytest.raises(BadDocument, match="No column with the name"):
        read(table)
    assert read(table, tables.Columns(0, version=1, vendor=2))[1] == [
        Component("Firefox", version="145", vendor="Mozilla")
    ]
    head = recognise.table_head([table.encode()])
    assert head.header == ("what", "how new", "who") and head.proposal is None
    assert recognise.table_head([DPKG.encode()]) is None


def test_a_name_a_line():
    assert read("# my machines\nWindows 11 Pro 10.0.26100\nUbuntu 22.04.5 LTS\n") == (
        "list",
        [Component("Windows 11 Pro 10.0.26100"), Component("Ubuntu 22.04.5 LTS")],
    )


def archive(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return out.getvalue()


def test_packed_documents():
    assert read(gzip.compress(INTUNE.encode())) == read(INTUNE)
    assert read(archive({"a.csv": INTUNE})) == read(INTUNE)
    form, found = read(archive({"a.csv": INTUNE, "b/rpm.txt": RPM, "__MACOSX/x": "junk"}))
    assert form == "archive" and len(found) == 2 + 5


REFUSED = {
    "xlsx": (archive({"[Content_Types].xml": "x", "xl/workbook.xml": "x"}), "Save it as CSV"),
    "nested": (archive({"a.zip": archive({"b": "c"})}), "archive in an archive"),
    "twice": (gzip.compress(gzip.compress(b"x")), "packed twice"),
    "bomb": (gzip.compress(b"\0" * 80_000_000), "larger than"),
    "zip bomb": (archive({str(n): b"0" * 3_000_000 for n in range(40)}), "larger than"),
    "many files": (archive({str(n): "x" for n in range(51)}), "more than 50 files"),
    "half": (gzip.compress(INTUNE.encode())[:40], "damaged"),
    "xz": (b"\xfd7zXZ\x00abc", "packed with xz"),
    "binary": (b"\x7fELF\x02\x01\x01\x00\x00\x00", "binary"),
    "tag and value": ("SPDXVersion: SPDX-2.3\nPackageName: x\n", "Convert it to JSON"),
    "cyclonedx 2": ('{"bomFormat": "CycloneDX", "specVersion": "2.0"}', "1.7 or earlier"),
    "spdx 4": ('{"spdxVersion": "SPDX-4.0"}', "SPDX 2.3 or 3.0"),
    "null": ("null", "none of the accepted"),
    "other json": ('{"artifacts": []}', "none of the accepted"),
    "quote": ("name,version\n" + "b,2\n" * 10_000 + '"a,1\n' + "b,2\n" * 40_000, "quotation mark"),
    "numbers": ("1\n2\n3\n", "no list of software"),
    "empty": ("", "empty"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_says_what_to_do(app, name):
    content, said = REFUSED[name]
    with app.test_request_context(), pytest.raises(BadDocument, match=said):
        read(content)
    with app.test_request_context():
        assert "CycloneDX" in recognise.accepted() and "syft convert" in recognise.accepted()


def test_the_sizes_in_headers_are_not_believed(monkeypatch, app):
    monkeypatch.setattr(unpack, "MAX_UNPACKED_BYTES", 1000)
    with app.test_request_context(), pytest.raises(BadDocument, match="larger than"):
        read(archive({"a": "x" * 600, "b": "y" * 600}))


@pytest.mark.parametrize("text", ["-" * 300_000, "a-" * 150_000, "a\t" * 150_000, "(" * 300_000])
def test_odd_lines_cost_little(app, text):
    """Every line is matched once: no pattern goes back and forth over it."""
    with app.test_request_context():
        for test in (packages.is_dpkg, packages.is_rpm):
            assert not test([text])
