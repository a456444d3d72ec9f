"""Background work: recorded events, the worker, scheduled tasks and claims on rows."""
