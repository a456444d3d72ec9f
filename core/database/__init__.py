"""The database: engine, models, schema, replicas, paging and versions of rows."""
