"""Compares the versions that people have with the ranges of advisories. Pure, but for models and actions."""
