"""What the tests of the doctor and of its page share."""

import pytest

from core.checks import health
from tests.registries import replace


@pytest.fixture
def found(app, monkeypatch):
    """found(*findings): nothing else is looked at."""

    def only(*findings):
        def examination():
            """Test."""
            yield from findings

        replace(app, monkeypatch, "health_checks", {examination: health.LOCAL})

    return only
