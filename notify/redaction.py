"""What redaction masks of inboxes."""

from core import redaction
from notify.alert_models import AlertNews, Subscription
from notify.models import Choice, Notification, StoppedAddress

redaction.register(Notification, "data", about=lambda texts: Notification.post_id.in_(texts.post_ids))
redaction.register_without_text(Notification, "cause", "kind", "event")
redaction.register_without_text(Choice, "kind", "delivery")
redaction.register_without_text(StoppedAddress, "address")
redaction.register_without_text(Subscription, "handle", "email", "scope", "minimum", "cadence")
redaction.register_without_text(AlertNews, "cause", "reasons")
