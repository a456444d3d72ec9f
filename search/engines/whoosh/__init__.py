"""The index in files: Whoosh's segments, written and read by code of our own; the embedded default."""
