"""Tests of core/checks."""
