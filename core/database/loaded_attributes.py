"""Keeps a fault of Python 3.11 away from SQLAlchemy's notes on loaded objects, which ended web processes.

An attribute that the first objects of a class did not have moves an object's attributes into a dict. The
garbage collector may run in the midst of that. When it then takes the loaded object that a note belongs to,
the note sets the same attribute of itself: its attributes are moved twice, and freed while in use. So the
first note of the process gets those attributes. See docs/decisions/0450.
"""

from flask import Flask
from sqlalchemy.orm import Session

from core.database.models import Event


def init_app(app: Flask) -> None:
    """To be called before anything is loaded."""
    with Session() as session:
        first = Event()
        session.add(first)
        session.expunge(first)
