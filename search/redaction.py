"""Columns of search without text of users; the index itself is updated by handlers.py."""

from core import redaction
from search.models import ActiveIndex

redaction.register_without_text(ActiveIndex, "name", "lengths", "averages")
