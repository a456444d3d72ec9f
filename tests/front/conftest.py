"""What the tests of the doctor and of its page share."""

import pytest

from core import doctor


@pytest.fixture
def found(monkeypatch):
    """found(*findings): nothing else is looked at."""
    def only(*findings):
        def examination():
            """Test."""
            yield from findings

        monkeypatch.setattr(doctor, "_declared", [(doctor.HERE, examination)])

    return only
