"""A workaround for a bug of Python 3.11 that crashes web processes in SQLAlchemy's InstanceState objects.

Setting an attribute that the first objects of a class did not have moves an object's attributes into a dict.
The garbage collector may run during that move. If it then collects the mapped object of an InstanceState,
that state sets the same attribute on itself: its attributes are moved twice, and freed while in use. So the
first InstanceState of the process gets those attributes here. See docs/decisions/0450.
"""

from flask import Flask
from sqlalchemy.orm import Session

from core.database.models import Event


def init_app(app: Flask) -> None:
    """Create the first InstanceState. Call it before any object is loaded."""
    with Session() as session:
        first = Event()
        session.add(first)
        session.expunge(first)
