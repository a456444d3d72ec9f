"""Small records of databases and VEX documents, written for these tests."""

V3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
V4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"

GHSA = {
    "schema_version": "1.7.0",
    "id": "GHSA-aaaa-bbbb-cccc",
    "modified": "2026-05-03T10:00:00Z",
    "published": "2026-05-01T10:00:00Z",
    "aliases": ["CVE-2026-5001", "PYSEC-2026-9"],
    "summary": "Gate opens for anyone",
    "details": "### Impact\nIt opens.\n\n    code &lt;b&gt;\n",
    "severity": [{"type": "CVSS_V3", "score": V3}, {"type": "CVSS_V4", "score": V4}],
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "own-gate"},
            "ranges": [
                {
                    "type": "ECOSYSTEM",
                    "events": [
                        {"introduced": "0"},
                        {"fixed": "4.2"},
                        {"introduced": "5.0"},
                        {"fixed": "5.0.3"},
                    ],
                }
            ],
            "versions": ["4.0", "4.1", "5.0"],
        },
        {
            "package": {"ecosystem": "npm", "name": "@own/gate"},
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "1.0.0"}, {"last_affected": "1.9.0"}]}],
        },
    ],
    "references": [
        {"type": "ADVISORY", "url": "https://own.example/a"},
        {"type": "FIX", "url": "https://own.example/fix"},
        {"type": "WEB", "url": "javascript:alert(1)"},
    ],
    "credits": [{"name": "Ada", "type": "FINDER", "contact": ["https://ada.example/", "mailto:a@b.example"]}],
    "database_specific": {"severity": "CRITICAL", "cwe_ids": ["CWE-787"], "github_reviewed": True},
}
DEBIAN = {
    "schema_version": "1.7.0",
    "id": "DEBIAN-CVE-2026-5002",
    "modified": "2026-05-03T10:00:00Z",
    "published": "0001-01-01T00:00:00Z",
    "upstream": ["CVE-2026-5002"],
    "details": "A gate.",
    "affected": [
        {
            "package": {"ecosystem": "Debian:12", "name": "gate", "purl": "pkg:deb/debian/gate?arch=source"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1:2.3-4+deb12u1"}]}],
            "versions": ["1:2.0-1", "1:2.3-1"],
            "ecosystem_specific": {"urgency": "not yet assigned"},
        },
        {
            "package": {"ecosystem": "Debian:11", "name": "gate"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}],
        },
    ],
}
ROCKY = {
    "schema_version": "1.6.0",
    "id": "RLSA-2026:77",
    "modified": "2026-05-03T10:00:00Z",
    "published": "2026-05-02T10:00:00Z",
    "related": ["CVE-2026-5003", "CVE-2026-5004"],
    "summary": "Important: gate security update",
    "details": "Fixes two.",
    "affected": [
        {
            "package": {"ecosystem": "Rocky Linux:9", "name": "gate"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "0:2.3-4.el9"}]}],
        }
    ],
}
COMMITS = {
    "schema_version": "1.5.0",
    "id": "OSV-2026-1",
    "modified": "2026-05-03T10:00:00Z",
    "affected": [
        {
            "ranges": [
                {
                    "type": "GIT",
                    "repo": "https://git.example/own/gate.git",
                    "events": [{"introduced": "0"}, {"fixed": "a" * 40}],
                }
            ]
        }
    ],
}
WITHDRAWN = {**DEBIAN, "id": "PYSEC-2026-11", "withdrawn": "2026-06-01T00:00:00Z"}

OPENVEX = {
    "@context": "https://openvex.dev/ns/v0.2.0",
    "@id": "https://own.example/vex/7",
    "author": "Own Vendor",
    "role": "Vendor",
    "timestamp": "2026-05-01T10:00:00Z",
    "last_updated": "2026-05-02T10:00:00Z",
    "version": 3,
    "statements": [
        {
            "vulnerability": {
                "name": "CVE-2026-5005",
                "aliases": ["GHSA-dddd-eeee-ffff"],
                "description": "Overflow.",
            },
            "products": [
                {"@id": "pkg:deb/own/gate@4.1", "subcomponents": [{"@id": "pkg:generic/zlib@1.2"}]},
                {"@id": "gate-box", "identifiers": {"cpe23": "cpe:2.3:a:own:gate_box:2.0:*:*:*:*:*:*:*"}},
            ],
            "status": "not_affected",
            "justification": "vulnerable_code_not_present",
            "impact_statement": "It is not built in.",
        },
        {
            "vulnerability": {"name": "CVE-2026-5006"},
            "products": [{"@id": "pkg:deb/own/gate@4.1"}],
            "status": "under_investigation",
        },
        {
            "vulnerability": {"name": "CVE-2026-5006"},
            "timestamp": "2026-05-03T10:00:00Z",
            "products": [{"@id": "pkg:deb/own/gate@4.1"}],
            "status": "affected",
            "action_statement": "Lock it.",
        },
    ],
}
OPENVEX_OLD = {
    "@context": "https://openvex.dev/ns",
    "@id": "urn:own:vex:1",
    "author": "Own Vendor",
    "timestamp": "2026-05-01T10:00:00Z",
    "version": "1",
    "statements": [
        {
            "vulnerability": "CVE-2026-5007",
            "products": ["pkg:generic/gate@1"],
            "subcomponents": ["pkg:generic/zlib@1.2"],
            "status": "fixed",
        }
    ],
}

CYCLONEDX = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "serialNumber": "urn:uuid:11111111-2222-4333-8444-555555555555",
    "version": 1,
    "metadata": {
        "timestamp": "2026-05-01T10:00:00Z",
        "supplier": {"name": "Own Vendor"},
        "component": {"bom-ref": "main", "type": "application", "name": "Gate", "version": "4.1"},
    },
    "components": [
        {
            "bom-ref": "lib",
            "type": "library",
            "name": "gatelib",
            "version": "1.0",
            "purl": "pkg:npm/gatelib@1.0",
            "components": [{"bom-ref": "inner", "type": "library", "name": "innerlib", "version": "9"}],
        }
    ],
    "vulnerabilities": [
        {
            "id": "CVE-2026-5008",
            "source": {"name": "NVD", "url": "https://nvd.example/CVE-2026-5008"},
            "references": [{"id": "GHSA-gggg-hhhh-jjjj", "source": {"name": "GitHub"}}],
            "ratings": [{"method": "CVSSv31", "score": 9.8, "severity": "critical", "vector": V3}],
            "cwes": [787],
            "description": "Overflow.",
            "recommendation": "Update to 4.3.",
            "workaround": "Lock it.",
            "advisories": [{"title": "Ours", "url": "https://own.example/a"}],
            "published": "2026-04-30T10:00:00Z",
            "analysis": {"state": "exploitable", "response": ["update", "workaround_available"]},
            "affects": [
                {
                    "ref": "main",
                    "versions": [
                        {"range": "vers:semver/>=4.0|<4.3", "status": "affected"},
                        {"version": "4.3", "status": "unaffected"},
                    ],
                },
                {"ref": "inner"},
            ],
        },
        {
            "id": "CVE-2026-5009",
            "analysis": {
                "state": "not_affected",
                "justification": "code_not_reachable",
                "response": ["will_not_fix"],
                "detail": "Never called.",
            },
            "affects": [{"ref": "lib"}],
        },
        {"id": "CVE-2026-5010", "analysis": {"state": "resolved"}},
        {"id": "OWN-1", "affects": [{"ref": "pkg:npm/elsewhere@2.0"}]},
    ],
}

NVD = {
    "resultsPerPage": 2,
    "startIndex": 0,
    "totalResults": 2,
    "format": "NVD_CVE",
    "version": "2.0",
    "timestamp": "2026-05-04T10:00:00.000",
    "vulnerabilities": [
        {
            "cve": {
                "id": "CVE-2026-5011",
                "sourceIdentifier": "psirt@own.example",
                "published": "2026-05-01T10:00:00.000",
                "lastModified": "2026-05-03T10:00:00.000",
                "vulnStatus": "Analyzed",
                "cveTags": [{"sourceIdentifier": "psirt@own.example", "tags": ["disputed"]}],
                "descriptions": [
                    {"lang": "es", "value": "Puerta."},
                    {"lang": "en", "value": "Gate before 4.2 has an overflow. It is bad."},
                ],
                "metrics": {
                    "cvssMetricV31": [
                        {
                            "source": "nvd@nist.gov",
                            "type": "Primary",
                            "cvssData": {
                                "version": "3.1",
                                "vectorString": "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:L/I:N/A:N",
                                "baseScore": 3.3,
                            },
                        },
                        {
                            "source": "psirt@own.example",
                            "type": "Secondary",
                            "cvssData": {"version": "3.1", "vectorString": V3, "baseScore": 9.8},
                        },
                    ]
                },
                "weaknesses": [  # of CWE
                    {"description": [{"lang": "en", "value": "NVD-CWE-noinfo"}]},
                    {"description": [{"lang": "en", "value": "CWE-787"}]},
                ],
                "configurations": [
                    {
                        "operator": "AND",
                        "nodes": [
                            {
                                "operator": "OR",
                                "negate": False,
                                "cpeMatch": [
                                    {
                                        "vulnerable": True,
                                        "criteria": "cpe:2.3:a:own:gate_keeper:*:*:*:*:*:*:*:*",
                                        "versionStartIncluding": "4.0",
                                        "versionEndExcluding": "4.2",
                                    },
                                    {
                                        "vulnerable": True,
                                        "criteria": "cpe:2.3:a:own:gate_keeper:*:*:*:*:*:*:*:*",
                                        "versionStartExcluding": "5.0",
                                        "versionEndIncluding": "5.9",
                                    },
                                    {
                                        "vulnerable": True,
                                        "criteria": "cpe:2.3:a:own:lid\\:x:1.0:beta:*:*:*:*:*:*",
                                    },
                                    {"vulnerable": True, "criteria": "nonsense"},
                                ],
                            },
                            {
                                "operator": "OR",
                                "cpeMatch": [
                                    {
                                        "vulnerable": False,
                                        "criteria": "cpe:2.3:o:linux:linux_kernel:-:*:*:*:*:*:*:*",
                                    }
                                ],
                            },
                        ],
                    }
                ],
                "references": [
                    {"url": "https://own.example/patch", "tags": ["Patch", "Vendor Advisory"]},
                    {"url": "https://own.example/a"},
                ],
                "cisaExploitAdd": "2026-05-02",
                "cisaActionDue": "2026-05-23",
                "cisaRequiredAction": "Apply updates.",
                "cisaVulnerabilityName": "Own Gate Overflow",
            }
        },
        {
            "cve": {
                "id": "CVE-2026-5012",
                "published": "2026-05-01T10:00:00.000",
                "lastModified": "2026-05-03T10:00:00.000",
                "vulnStatus": "Rejected",
                "descriptions": [{"lang": "en", "value": "Rejected reason: a duplicate."}],
            }
        },
    ],
}

GCVE = {
    "dataType": "CVE_RECORD",
    "dataVersion": "5.2",
    "cveMetadata": {
        "vulnId": "GCVE-1-2026-0018",
        "state": "PUBLISHED",
        "datePublished": "2026-05-01T10:00:00.000Z",
        "assignerShortName": "CIRCLE",
    },
    "containers": {
        "cna": {
            "title": "Gate opens",
            "descriptions": [{"lang": "en", "value": "It opens."}],
            "affected": [
                {
                    "vendor": "Own",
                    "product": "Gate",
                    "versions": [{"version": "1.0", "status": "affected"}],
                }
            ],
            "metrics": [{"cvssV3_1": {"version": "3.1", "vectorString": V3, "baseScore": 9.8}}],
            "x_gcve": [
                {
                    "vulnId": "GCVE-1-2026-0018",
                    "recordType": "advisory",
                    "relationships": [
                        {"destId": "CVE-2026-5013", "type": "equal"},
                        {"destId": "CVE-2026-1", "type": "related"},
                    ],
                }
            ],
        }
    },
}
ASSERTION = {
    "vulnerability": {"vulnId": "GCVE-0-2026-5014", "altId": ["GHSA-kkkk-llll-mmmm"]},
    "status": {"exploited": True, "status_reason": "confirmed", "status_updated_at": "2026-05-03T10:00:00Z"},
    "timestamps": {"first_seen_at": "2026-05-01T10:00:00Z", "asserted_at": "2026-05-02T10:00:00Z"},
    "evidence": [
        {
            "type": "vendor_report",
            "signal": "successful_exploitation",
            "confidence": 0.8,
            "source": "cisa-kev",
        },
        {"type": "honeypot", "signal": ["in_the_wild_attempts"], "confidence": 0.6, "source": "own-honeynet"},
    ],
    "references": [{"id": "CVE-2026-5014", "url": "https://kev.example/CVE-2026-5014"}],
}


def _value(text):
    return {"Value": text}


MSRC = {  # what tests.advisories.documents.CVRF says
    "DocumentTitle": _value("March 2026 Updates"),
    "DocumentType": _value("Update"),
    "DocumentPublisher": {
        "ContactDetails": _value("secure@acme.example"),
        "IssuingAuthority": _value("Acme"),
        "Type": 0,
    },
    "DocumentTracking": {
        "Identification": {"ID": _value("2026-Mar"), "Alias": _value("2026-Mar")},
        "Status": 2,
        "Version": "1.0",
        "RevisionHistory": [{"Number": "1", "Date": "2026-03-10T08:00:00", "Description": _value("March")}],
        "InitialReleaseDate": "2026-03-10T08:00:00",
        "CurrentReleaseDate": "2026-03-12T08:00:00",
    },
    "DocumentNotes": [
        {"Title": "Release Notes", "Type": 1, "Ordinal": "1", "Value": "<p>All.</p>"},
        {"Title": "Legal", "Type": 5, "Ordinal": "2", "Value": "As is."},
    ],
    "ProductTree": {
        "Branch": [
            {
                "Type": 0,
                "Name": "Acme",
                "Items": [
                    {
                        "Type": 1,
                        "Name": "Locks",
                        "Items": [
                            {"ProductID": "1", "Value": "Gate 10"},
                            {"ProductID": "2", "Value": "Gate 11"},
                        ],
                    }
                ],
            }
        ],
        "FullProductName": [{"ProductID": "1", "Value": "Gate 10"}, {"ProductID": "3", "Value": "Box"}],
    },
    "Vulnerability": [
        {
            "Ordinal": "1",
            "Title": _value("Gate falls open"),
            "Notes": [
                {
                    "Title": "Description",
                    "Type": 2,
                    "Ordinal": "0",
                    "Value": "<p>It <b>falls</b>\n<script>alert(1)</script> open.</p>",
                },
                {"Title": "Locks", "Type": 7, "Ordinal": "20", "Value": "Locks"},
            ],
            "CVE": "CVE-2026-3000",
            "DiscoveryDateSpecified": False,
            "ProductStatuses": [{"ProductID": ["1", "2"], "Type": 3}],
            "Threats": [
                {"Description": _value("Spoofing"), "ProductID": ["1"], "Type": 0},
                {"Description": _value("Spoofing"), "ProductID": ["2"], "Type": 0},
                {"Description": _value("Important"), "ProductID": ["1"], "Type": 3},
                {
                    "Description": _value(
                        "Publicly Disclosed:No;Exploited:Yes;Latest Software Release:Exploitation Detected"
                    ),
                    "Type": 1,
                },
            ],
            "CVSSScoreSets": [
                {
                    "BaseScore": 7.5,
                    "TemporalScore": 6.0,
                    "Vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N/E:U/RL:O/RC:C",
                    "ProductID": ["1"],
                }
            ],
            "Remediations": [
                {
                    "Description": _value("5000001"),
                    "URL": "https://acme.example/5000001",
                    "Supercedence": "4000001",
                    "ProductID": [product],
                    "Type": 2,
                    "AffectedFiles": [],
                    "RestartRequired": _value("Yes"),
                    "SubType": "Security Update",
                    "FixedBuild": "10.0.1",
                }
                for product in ("1", "2")
            ]
            + [
                {"Description": _value("<ul><li>Lock it.</li></ul>"), "Type": 0},
                {
                    "Description": _value("5000001"),
                    "URL": "https://acme.example/issues",
                    "ProductID": ["1"],
                    "Type": 5,
                },
            ],
            "Acknowledgments": [{"Name": [_value('<a href="https://ada.example">Ada</a>')], "URL": [""]}],
            "RevisionHistory": [
                {"Number": "1.0", "Date": "2026-03-10T08:00:00", "Description": _value("<p>Published.</p>")}
            ],
        },
        {
            "Ordinal": "2",
            "Title": _value("Guidance"),
            "CVE": "ADV260001",
            "Notes": [{"Title": "Description", "Type": 2, "Ordinal": "0", "Value": "Read this."}],
            "ProductStatuses": [],
        },
    ],
}

ALL = {
    "ghsa": GHSA,
    "debian": DEBIAN,
    "rocky": ROCKY,
    "commits": COMMITS,
    "withdrawn": WITHDRAWN,
    "openvex": OPENVEX,
    "openvex 0.0.1": OPENVEX_OLD,
    "cyclonedx": CYCLONEDX,
    "nvd": NVD,
    "gcve": GCVE,
    "msrc": MSRC,
}
