"""Tests of core/database."""
