"""What readers may do with questions and answers: the conditions of templates (core.cache.marks)."""

from core.cache.marks import register_condition
from forum import policy

register_condition("answer", policy.can_answer)
register_condition("accept", lambda reader, answer: policy.can_accept(reader, answer.thread, answer))
register_condition("close", policy.can_close)
