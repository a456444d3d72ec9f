"""The search engines: one interface, one engine in files, one in PostgreSQL tables."""
