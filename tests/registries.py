"""Other entries in a registry of an app, for one test."""


def replace(app, monkeypatch, name: str, entries: dict) -> None:
    """Let the registry `name` of `app` have these entries alone until the test ends."""
    monkeypatch.setitem(app.extensions.setdefault("registries", {}), name, entries)
