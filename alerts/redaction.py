"""What redaction leaves alone in alerts."""

from alerts.models import AlertNews, Subscription
from core import redaction

redaction.register_without_text(Subscription, "handle", "email", "scope", "minimum", "cadence")
redaction.register_without_text(AlertNews, "cause", "reasons")
