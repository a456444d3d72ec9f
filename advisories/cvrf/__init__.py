"""CVRF 1.1 (XML): read."""
