"""The columns of articles and their feedback that redaction masks."""

from core import redaction
from kb.models import Article, ArticleFeedback
from posts.redaction import record_redacted

redaction.register_text(
    Article,
    "summary",
    "applies_to",
    "verified_build",
    changed=record_redacted,
    about=lambda texts: Article.id.in_(texts.post_ids),
)
redaction.register_text(
    ArticleFeedback, "note", about=lambda texts: ArticleFeedback.article_id.in_(texts.post_ids)
)
redaction.register_without_text(
    Article, "layer", "verified_by_name", "verified_digest", "import_digest", "import_state"
)
