"""Read CSAF 2.0, CVRF, CVE records, KEV and EPSS; write CSAF 2.0.

Pure: no database, no request. bulletins/ stores what is read here.
"""
