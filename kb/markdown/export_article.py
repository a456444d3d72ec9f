"""An article as a Markdown file with front matter, as `flask import articles` reads it."""

import frontmatter

from core.mail.mail import site_url
from kb.models import Article


def export(article: Article) -> str:
    """The content of the file."""
    facts = {
        "title": article.title,
        "layer": article.layer,
        "summary": article.summary,
        "tags": [tag.name for tag in article.tags],
        "applies_to": article.applies_to,
        "author": article.byline,
        "source": site_url() + article.url,
        "updated": (article.edited_at or article.created_at).date().isoformat(),
    }
    if article.verified_on:
        facts |= {
            "verified_on": article.verified_on.isoformat(),
            "verified_build": article.verified_build,
            "verified_by": article.verified_by_name,
            "verified_revision": article.verified_revision,
            "changed_since_verified": article.changed_since_verified,
        }
    if article.license:
        facts["license"] = article.license
    return frontmatter.dumps(frontmatter.Post(article.body, **facts)) + "\n"
