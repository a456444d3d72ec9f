"""Which index in tables is in use. The index itself is no data of the site: engines make and drop it."""

from sqlalchemy import JSON, BigInteger, CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database.db import db


class IndexInUse(db.Model):
    """One row, or none while there is no index: its name, and what ranking must know of the whole.

    `generation` counts changes. `lengths` are the terms in each text of all documents together;
    `averages` those of one document by which words were weighed when the index was built.
    """

    __tablename__ = "search_index"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(40))
    generation: Mapped[int] = mapped_column(BigInteger)
    size: Mapped[int]
    lengths: Mapped[dict] = mapped_column(JSON)
    averages: Mapped[dict] = mapped_column(JSON)
