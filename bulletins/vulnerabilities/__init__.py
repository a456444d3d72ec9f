"""Vulnerabilities: a page for each, which joins what several issuers state about it."""
