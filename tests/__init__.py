"""The tests mirror the rooms; fixtures for all are in conftest.py."""
