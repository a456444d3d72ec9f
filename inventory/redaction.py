"""What redaction leaves alone in inventories."""

from core import redaction
from inventory.models import CalendarAddress

redaction.register_without_text(CalendarAddress, "handle")
