"""What redaction leaves alone in search: the index follows the posts (handlers.py)."""

from core import redaction
from search.models import IndexInUse

redaction.register_without_text(IndexInUse, "name", "lengths", "averages")
