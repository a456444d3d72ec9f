"""CSAF 2.0: read, write, check and publish."""
