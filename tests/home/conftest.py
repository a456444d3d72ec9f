"""What the tests of the doctor and of its page share."""

import pytest

from core.checks import health


@pytest.fixture
def found(monkeypatch):
    """found(*findings): nothing else is looked at."""
    def only(*findings):
        def examination():
            """Test."""
            yield from findings

        monkeypatch.setattr(health, "_declared", [(health.HERE, examination)])

    return only
