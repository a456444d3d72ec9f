"""CVE records (JSON 5): read."""
