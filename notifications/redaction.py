"""What redaction masks of inboxes."""

from alerts.models import AlertNews, Subscription
from core import redaction
from core.database.models import StoppedAddress
from notifications.models import Choice, Notification

redaction.register(Notification, "data", about=lambda texts: Notification.post_id.in_(texts.post_ids))
redaction.register_without_text(Notification, "cause", "kind", "event")
redaction.register_without_text(Choice, "kind", "delivery")
redaction.register_without_text(StoppedAddress, "address")
redaction.register_without_text(Subscription, "handle", "email", "scope", "minimum", "cadence")
redaction.register_without_text(AlertNews, "cause", "reasons")
