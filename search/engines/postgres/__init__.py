"""The index in tables of a PostgreSQL database: written in transactions, read by every host."""
