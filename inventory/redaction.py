"""Columns of the inventory without text of users."""

from core import redaction
from inventory.models import CalendarAddress

redaction.register_without_text(CalendarAddress, "handle")
