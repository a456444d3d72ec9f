"""Packed and listed documents: gzip, zip, JSON arrays, JSON Lines. Lazy, bounded, independent of formats."""
