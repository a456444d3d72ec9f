"""Health checks (`flask doctor` and /admin): the registry and the checks of core."""
