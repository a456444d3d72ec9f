"""What redaction masks of inboxes."""

from core import redaction
from core.database.models import StoppedAddress
from notifications.models import Choice, Notification

redaction.register_text(Notification, "data", about=lambda texts: Notification.post_id.in_(texts.post_ids))
redaction.register_without_text(Notification, "cause", "kind", "event")
redaction.register_without_text(Choice, "kind", "delivery")
redaction.register_without_text(StoppedAddress, "address")
