"""Tests of core/formats."""
