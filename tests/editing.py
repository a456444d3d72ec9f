"""Everything that can be edited, in pages and in the API: the table behind test_lost_updates.py.

A route that edits and is not in it fails there, and so does a model without a form.
"""

from dataclasses import dataclass

from auth.models import User
from bulletins.models import Bulletin, Mitigation
from forum.models import Answer, Question
from kb.models import Article
from posts.models import Comment, Tag
from products.models import Product, Release


@dataclass(frozen=True)
class Form:
    """A form that edits: `text` is a field of several lines, `line` one of a single line (or none)."""

    model: type
    endpoint: str
    text: str
    line: str = ""
    who: tuple = ("moderator", "admin")


FORMS = {
    "question": Form(Question, "forum.edit_question", "body", "title"),
    "answer": Form(Answer, "forum.edit_answer", "body"),
    "comment": Form(Comment, "posts.edit_comment", "body"),
    "article": Form(Article, "kb.edit", "body", "summary"),
    "bulletin": Form(Bulletin, "bulletins.edit", "body", "title"),
    "mitigation": Form(Mitigation, "bulletins.edit_mitigation", "text", "url"),
    "product": Form(Product, "products.edit_product", "description", "vendor"),
    "release": Form(Release, "products.edit_release", "", "latest"),
    "tag": Form(Tag, "forum.edit_tag", "excerpt"),
    "profile": Form(User, "auth.settings_profile", "about", "location", ("moderator", "moderator")),
}
# endpoint that reads a thing (its ETag), endpoint that changes it, what to send
API = {
    "question": (
        "api_questions.get_question",
        "api_questions.edit_question",
        {"title": "Which update is it {}?"},
    ),
    "answer": (
        "api_questions.get_answer",
        "api_questions.edit_answer",
        {"body": "An answer {} that is long enough to be one."},
    ),
    "comment": ("", "api_posts.edit_comment", {"body": "A comment {} that is long enough to be one."}),
    "article": ("api_articles.get_article", "api_articles.edit_article", {"summary": "Summary {}"}),
    "bulletin": (
        "api_bulletins.get_bulletin",
        "api_bulletins.edit_bulletin",
        {"title": "Widget runs code {}"},
    ),
    "mitigation": ("", "api_bulletins.put_mitigation", {"layer": "host", "text": "Turn it off {}."}),
    "product": ("api_products.get_product", "api_products.edit_product", {"vendor": "Vendor {}"}),
    "release": ("", "api_products.put_release", {"latest": "1.{}"}),
    "tag": ("api_posts.get_tag", "api_posts.describe_tag", {"excerpt": "Use it for printers, case {}."}),
}
# Changes of one's own settings in the API, each of which names all it sets, and a document that replaces
# another as a whole, whoever sent that: there is no text to lose.
NO_EDIT = {
    "api_inventory.put_document",
    "api_inventory.put_membership",
    "api_inventory.rename_inventory",  # one short name: the last one wins
    "api_inbox.choose",
    "api_inbox.watch_post",
    "api_inbox.watch_tag",
    "api_inbox.watch_product",
    "api_alerts.switch_alerts",
}
