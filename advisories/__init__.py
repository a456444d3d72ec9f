"""Security advisories in the formats of the world: CSAF 2.0, CVRF and CVE records in and out, KEV and EPSS.

Pure: no database, no request. bulletins/ keeps what is read here.
"""
