"""The tests mirror the packages; fixtures for all are in conftest.py."""
