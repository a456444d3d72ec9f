"""What redaction masks of flags, decisions and appeals."""

from core import redaction
from moderation.appeals.models import Appeal
from moderation.models import Decision, Flag

redaction.register_text(Flag, "note", "answer", about=lambda texts: Flag.post_id.in_(texts.post_ids))
redaction.register_text(Decision, "note", about=lambda texts: Decision.post_id.in_(texts.post_ids))
redaction.register_text(Appeal, "text", "answer", about=lambda texts: Appeal.post_id.in_(texts.post_ids))
redaction.register_without_text(Flag, "reason", "outcome")
redaction.register_without_text(Decision, "action", "reason")
redaction.register_without_text(Appeal, "state", "outcome")
