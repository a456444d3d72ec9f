"""CycloneDX documents with vulnerabilities: VEX and vulnerability disclosure reports."""
