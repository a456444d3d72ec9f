"""The active index of the PostgreSQL engine, which creates and drops the tables of indexes itself."""

from sqlalchemy import JSON, BigInteger, CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database.db import db


class ActiveIndex(db.Model):
    """At most one row: the name of the active index and the totals that ranking needs.

    `generation` counts changes. `lengths` are the total terms of each text field; `averages` are the mean
    terms per document with which weights were computed when the index was built.
    """

    __tablename__ = "search_index"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(40))
    generation: Mapped[int] = mapped_column(BigInteger)
    size: Mapped[int]
    lengths: Mapped[dict] = mapped_column(JSON)
    averages: Mapped[dict] = mapped_column(JSON)
