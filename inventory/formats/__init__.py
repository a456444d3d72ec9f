"""Readers of documents that list what is installed: SBOMs, package lists, tables. Pure; input is untrusted.

`recognise.read()` is the entry point: it unpacks, recognises the format by content, and returns the
components. Every refusal says which formats are accepted, and how to make one.
"""
