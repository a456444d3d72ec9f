"""Tests of core/observability."""
