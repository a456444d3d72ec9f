"""Tests of core/markup."""
