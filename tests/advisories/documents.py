"""Small documents of every format, written for these tests: one of each thing that the readers know."""

import copy

CSAF = {
    "document": {
        "acknowledgments": [
            {"names": ["Ada"], "organization": "Lab", "summary": "found it", "urls": ["https://lab.example/"]}
        ],
        "aggregate_severity": {"namespace": "https://acme.example/words", "text": "High"},
        "category": "csaf_security_advisory",
        "csaf_version": "2.0",
        "lang": "en",
        "distribution": {"text": "Share it.", "tlp": {"label": "WHITE"}},
        "notes": [{"audience": "all", "category": "summary", "text": "Two holes.", "title": "Summary"}],
        "publisher": {
            "category": "vendor",
            "name": "Acme",
            "namespace": "https://acme.example",
            "contact_details": "psirt@acme.example",
            "issuing_authority": "Acme PSIRT",
        },
        "references": [{"category": "self", "summary": "Page", "url": "https://acme.example/a-1"}],
        "title": "Holes in Gate",
        "tracking": {
            "aliases": ["AC-1"],
            "current_release_date": "2026-02-03T10:00:00Z",
            "id": "ACME-2026-1",
            "initial_release_date": "2026-01-02T10:00:00+01:00",
            "status": "final",
            "version": "2",
            "revision_history": [
                {
                    "date": "2026-01-02T10:00:00+01:00",
                    "number": "1",
                    "summary": "First.",
                    "legacy_version": "A",
                },
                {"date": "2026-02-03T10:00:00Z", "number": "2", "summary": "Fix."},
            ],
        },
    },
    "product_tree": {
        "branches": [
            {
                "category": "vendor",
                "name": "Acme",
                "branches": [
                    {
                        "category": "product_name",
                        "name": "Gate",
                        "branches": [
                            {
                                "category": "product_version_range",
                                "name": "< 2.0",
                                "product": {
                                    "name": "Acme Gate before 2.0",
                                    "product_id": "OLD",
                                    "product_identification_helper": {
                                        "cpe": "cpe:/a:acme:gate:1.0",
                                        "model_numbers": ["G1"],
                                        "hashes": [
                                            {
                                                "filename": "gate.bin",
                                                "file_hashes": [{"algorithm": "sha256", "value": "ab" * 32}],
                                            }
                                        ],
                                        "x_generic_uris": [{"namespace": "urn:a", "uri": "urn:a:b"}],
                                    },
                                },
                            },
                            {
                                "category": "product_version",
                                "name": "2.0",
                                "product": {
                                    "name": "Acme Gate 2.0",
                                    "product_id": "NEW",
                                    "product_identification_helper": {"purl": "pkg:generic/acme/gate@2.0"},
                                },
                            },
                        ],
                    },
                    {
                        "category": "product_family",
                        "name": "Boxes",
                        "branches": [
                            {
                                "category": "product_name",
                                "name": "Box",
                                "product": {"name": "Acme Box", "product_id": "BOX"},
                            }
                        ],
                    },
                ],
            }
        ],
        "full_product_names": [{"name": "Linux", "product_id": "OS"}],
        "relationships": [
            {
                "category": "installed_on",
                "product_reference": "OLD",
                "relates_to_product_reference": "OS",
                "full_product_name": {"name": "Gate on Linux", "product_id": "PAIR"},
            }
        ],
        "product_groups": [{"group_id": "G", "product_ids": ["OLD", "PAIR"], "summary": "old ones"}],
    },
    "vulnerabilities": [
        {
            "cve": "CVE-2026-1000",
            "title": "Bypass",
            "cwe": {"id": "CWE-287", "name": "Improper Authentication"},
            "discovery_date": "2025-12-01T00:00:00Z",
            "release_date": "2026-01-02T00:00:00Z",
            "acknowledgments": [{"names": ["Bob"]}],
            "ids": [{"system_name": "Bug", "text": "42"}],
            "involvements": [
                {"party": "vendor", "status": "completed", "summary": "Done.", "date": "2026-01-02T00:00:00Z"}
            ],
            "notes": [{"category": "description", "text": "A bypass.", "title": "Description"}],
            "product_status": {
                "known_affected": ["OLD", "PAIR"],
                "fixed": ["NEW"],
                "known_not_affected": ["BOX"],
            },
            "flags": [
                {"label": "component_not_present", "product_ids": ["BOX"], "date": "2026-01-02T00:00:00Z"}
            ],
            "scores": [
                {
                    "products": ["OLD"],
                    "cvss_v3": {
                        "version": "3.1",
                        "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
                        "baseScore": 9.8,
                        "baseSeverity": "CRITICAL",
                    },
                },
                {
                    "products": ["PAIR"],
                    "cvss_v2": {
                        "version": "2.0",
                        "vectorString": "AV:N/AC:L/Au:N/C:P/I:P/A:P",
                        "baseScore": 7.5,
                    },
                },
            ],
            "threats": [
                {"category": "impact", "details": "High", "group_ids": ["G"]},
                {"category": "exploit_status", "details": "Exploited: Yes", "date": "2026-01-03T00:00:00Z"},
            ],
            "references": [{"summary": "NVD", "url": "https://nvd.example/1"}],
            "remediations": [
                {
                    "category": "vendor_fix",
                    "details": "Update to 2.0.",
                    "product_ids": ["OLD"],
                    "entitlements": ["Paid"],
                    "date": "2026-01-02T00:00:00Z",
                    "url": "https://acme.example/fix",
                    "restart_required": {"category": "service", "details": "Gate restarts."},
                },
                {"category": "mitigation", "details": "Block port 99.", "group_ids": ["G"]},
            ],
        },
        {
            "cve": "CVE-2026-1001",
            "notes": [{"category": "summary", "text": "No fix."}],
            "product_status": {"known_affected": ["BOX"]},
            "remediations": [{"category": "none_available", "details": "None yet.", "product_ids": ["BOX"]}],
        },
    ],
}

CVE = {
    "dataType": "CVE_RECORD",
    "dataVersion": "5.1",
    "cveMetadata": {
        "cveId": "CVE-2026-2000",
        "state": "PUBLISHED",
        "assignerShortName": "acme",
        "datePublished": "2026-03-01T08:00:00",
        "dateUpdated": "2026-03-02T08:00:00.000Z",
    },
    "containers": {
        "cna": {
            "title": "Gate lets anyone in",
            "datePublic": "2026-03-01T00:00:00Z",
            "affected": [
                {
                    "vendor": "Acme",
                    "product": "Gate",
                    "defaultStatus": "unaffected",
                    "platforms": ["x64"],
                    "cpes": ["cpe:2.3:a:acme:gate:*:*:*:*:*:*:*:*"],
                    "versions": [
                        {"version": "1.0", "lessThan": "1.9", "status": "affected", "versionType": "semver"},
                        {"version": "0", "lessThanOrEqual": "0.9", "status": "unaffected"},
                        {
                            "version": "2.0",
                            "lessThan": "2.*",
                            "status": "affected",
                            "changes": [{"at": "2.0.4", "status": "unaffected"}],
                        },
                    ],
                },
                {
                    "vendor": "Acme",
                    "product": "Box",
                    "defaultStatus": "affected",
                    "versions": [{"version": "3.1", "lessThan": "*", "status": "unaffected"}],
                },
                {"vendor": "Acme", "product": "Lid", "defaultStatus": "unknown"},
            ],
            "descriptions": [
                {"lang": "de", "value": "Ein Loch."},
                {
                    "lang": "en",
                    "value": "A hole.",
                    "supportingMedia": [
                        {
                            "type": "text/html",
                            "base64": False,
                            "value": "<p>A <b>hole</b>.<script>alert(1)</script></p>",
                        }
                    ],
                },
            ],
            "metrics": [
                {
                    "cvssV4_0": {
                        "version": "4.0",
                        "baseScore": 9.3,
                        "vectorString": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
                    }
                },
                {
                    "cvssV3_1": {
                        "version": "3.1",
                        "baseScore": 5.0,
                        "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
                    }
                },
            ],
            "problemTypes": [
                {
                    "descriptions": [
                        {
                            "lang": "en",
                            "cweId": "CWE-287",
                            "type": "CWE",
                            "description": "CWE-287 Improper Authentication",
                        }
                    ]
                }
            ],
            "references": [
                {"url": "https://acme.example/r", "name": "Report", "tags": ["x_odd", "patch"]},
                {"url": "javascript:alert(1)"},
            ],
            "workarounds": [{"lang": "en", "value": "Block port 99."}],
            "solutions": [{"lang": "en", "value": "Update to 2.0.4."}],
            "configurations": [{"lang": "en", "value": "Only with the lid open."}],
            "exploits": [{"lang": "en", "value": "None seen by us."}],
            "impacts": [{"capecId": "CAPEC-1", "descriptions": [{"lang": "en", "value": "Anyone gets in."}]}],
            "timeline": [{"lang": "en", "time": "2026-02-01T00:00:00Z", "value": "Reported"}],
            "credits": [{"lang": "en", "value": "Ada", "type": "finder"}],
            "source": {"advisory": "AC-7"},
        },
        "adp": [
            {
                "title": "CISA ADP Vulnrichment",
                "metrics": [
                    {
                        "other": {
                            "type": "ssvc",
                            "content": {
                                "timestamp": "2026-03-02T00:00:00Z",
                                "options": [
                                    {"Exploitation": "active"},
                                    {"Automatable": "yes"},
                                    {"Technical Impact": "total"},
                                ],
                            },
                        }
                    },
                    {"other": {"type": "kev", "content": {"dateAdded": "2026-03-02"}}},
                ],
                "affected": [
                    {
                        "vendor": "acme",
                        "product": "gate_os",
                        "versions": [{"version": "1", "status": "affected"}],
                    }
                ],
                "references": [{"url": "https://cisa.example/kev"}, {"url": "https://acme.example/r"}],
            }
        ],
    },
}

REJECTED = {
    "dataType": "CVE_RECORD",
    "dataVersion": "5.1",
    "cveMetadata": {
        "cveId": "CVE-2026-2001",
        "state": "REJECTED",
        "datePublished": "2026-03-01T08:00:00Z",
        "dateRejected": "2026-03-05T08:00:00Z",
    },
    "containers": {"cna": {"rejectedReasons": [{"lang": "en", "value": "It was a feature."}]}},
}

CVRF = """<?xml version="1.0" encoding="utf-8"?>
<cvrf:cvrfdoc xmlns:cvrf="http://www.icasi.org/CVRF/schema/cvrf/1.1"
 xmlns:vuln="http://www.icasi.org/CVRF/schema/vuln/1.1" xmlns:prod="http://www.icasi.org/CVRF/schema/prod/1.1">
<cvrf:DocumentTitle>March 2026 Updates</cvrf:DocumentTitle><cvrf:DocumentType>Update</cvrf:DocumentType>
<cvrf:DocumentPublisher Type="Vendor"><cvrf:ContactDetails>secure@acme.example</cvrf:ContactDetails>
<cvrf:IssuingAuthority>Acme</cvrf:IssuingAuthority></cvrf:DocumentPublisher>
<cvrf:DocumentTracking><cvrf:Identification><cvrf:ID>2026-Mar</cvrf:ID><cvrf:Alias>2026-Mar</cvrf:Alias>
</cvrf:Identification><cvrf:Status>Final</cvrf:Status><cvrf:Version>1.0</cvrf:Version><cvrf:RevisionHistory>
<cvrf:Revision><cvrf:Number>1</cvrf:Number><cvrf:Date>2026-03-10T08:00:00</cvrf:Date>
<cvrf:Description>March</cvrf:Description></cvrf:Revision></cvrf:RevisionHistory>
<cvrf:InitialReleaseDate>2026-03-10T08:00:00</cvrf:InitialReleaseDate>
<cvrf:CurrentReleaseDate>2026-03-12T08:00:00</cvrf:CurrentReleaseDate></cvrf:DocumentTracking>
<cvrf:DocumentNotes>
<cvrf:Note Title="Release Notes" Type="Details" Ordinal="1">&lt;p&gt;All.&lt;/p&gt;</cvrf:Note>
<cvrf:Note Title="Legal" Type="Legal Disclaimer" Ordinal="2">As is.</cvrf:Note></cvrf:DocumentNotes>
<prod:ProductTree><prod:Branch Type="Vendor" Name="Acme"><prod:Branch Type="Product Family" Name="Locks">
<prod:FullProductName ProductID="1">Gate 10</prod:FullProductName>
<prod:FullProductName ProductID="2">Gate 11</prod:FullProductName></prod:Branch></prod:Branch>
<prod:FullProductName ProductID="1">Gate 10</prod:FullProductName>
<prod:FullProductName ProductID="3">Box</prod:FullProductName></prod:ProductTree>
<vuln:Vulnerability Ordinal="1"><vuln:Title>Gate falls open</vuln:Title>
<vuln:Notes><vuln:Note Title="Description" Type="Description" Ordinal="0">&lt;p&gt;It &lt;b&gt;falls&lt;/b&gt;
&lt;script&gt;alert(1)&lt;/script&gt; open.&lt;/p&gt;</vuln:Note>
<vuln:Note Title="Locks" Type="Tag" Ordinal="20">Locks</vuln:Note></vuln:Notes>
<vuln:CVE>CVE-2026-3000</vuln:CVE>
<vuln:ProductStatuses><vuln:Status Type="Known Affected"><vuln:ProductID>1</vuln:ProductID>
<vuln:ProductID>2</vuln:ProductID></vuln:Status></vuln:ProductStatuses>
<vuln:Threats><vuln:Threat Type="Impact"><vuln:Description>Spoofing</vuln:Description>
<vuln:ProductID>1</vuln:ProductID></vuln:Threat><vuln:Threat Type="Impact">
<vuln:Description>Spoofing</vuln:Description><vuln:ProductID>2</vuln:ProductID></vuln:Threat>
<vuln:Threat Type="Severity"><vuln:Description>Important</vuln:Description><vuln:ProductID>1</vuln:ProductID>
</vuln:Threat><vuln:Threat Type="Exploit Status">
<vuln:Description>Publicly Disclosed:No;Exploited:Yes;Latest Software Release:Exploitation Detected
</vuln:Description>
</vuln:Threat></vuln:Threats>
<vuln:CVSSScoreSets><vuln:ScoreSet><vuln:BaseScore>7.5</vuln:BaseScore>
<vuln:TemporalScore>6</vuln:TemporalScore>
<vuln:Vector>CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N/E:U/RL:O/RC:C</vuln:Vector>
<vuln:ProductID>1</vuln:ProductID></vuln:ScoreSet></vuln:CVSSScoreSets>
<vuln:Remediations><vuln:Remediation Type="Vendor Fix"><vuln:Description>5000001</vuln:Description>
<vuln:URL>https://acme.example/5000001</vuln:URL><vuln:Supercedence>4000001</vuln:Supercedence>
<vuln:ProductID>1</vuln:ProductID><vuln:AffectedFiles /><vuln:RestartRequired>Yes</vuln:RestartRequired>
<vuln:SubType>Security Update</vuln:SubType><vuln:FixedBuild>10.0.1</vuln:FixedBuild></vuln:Remediation>
<vuln:Remediation Type="Vendor Fix"><vuln:Description>5000001</vuln:Description>
<vuln:URL>https://acme.example/5000001</vuln:URL><vuln:Supercedence>4000001</vuln:Supercedence>
<vuln:ProductID>2</vuln:ProductID><vuln:RestartRequired>Yes</vuln:RestartRequired>
<vuln:SubType>Security Update</vuln:SubType><vuln:FixedBuild>10.0.1</vuln:FixedBuild></vuln:Remediation>
<vuln:Remediation Type="Workaround"><vuln:Description>&lt;ul&gt;&lt;li&gt;Lock it.&lt;/li&gt;&lt;/ul&gt;
</vuln:Description></vuln:Remediation>
<vuln:Remediation Type="Known Issue"><vuln:Description>5000001</vuln:Description>
<vuln:URL>https://acme.example/issues</vuln:URL><vuln:ProductID>1</vuln:ProductID></vuln:Remediation>
</vuln:Remediations>
<vuln:Acknowledgments><vuln:Acknowledgment>
<vuln:Name>&lt;a href="https://ada.example"&gt;Ada&lt;/a&gt;</vuln:Name><vuln:URL></vuln:URL></vuln:Acknowledgment></vuln:Acknowledgments>
<vuln:RevisionHistory><vuln:Revision><vuln:Number>1.0</vuln:Number><vuln:Date>2026-03-10T08:00:00</vuln:Date>
<vuln:Description>&lt;p&gt;Published.&lt;/p&gt;</vuln:Description></vuln:Revision></vuln:RevisionHistory>
</vuln:Vulnerability>
<vuln:Vulnerability Ordinal="2"><vuln:Title>Guidance</vuln:Title><vuln:CVE>ADV260001</vuln:CVE>
<vuln:Notes><vuln:Note Title="Description" Type="Description" Ordinal="0">Read this.</vuln:Note></vuln:Notes>
<vuln:ProductStatuses /></vuln:Vulnerability></cvrf:cvrfdoc>"""


def copy_of(document: dict) -> dict:
    """A document that a test may change."""
    return copy.deepcopy(document)
