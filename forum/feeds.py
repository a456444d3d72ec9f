"""Atom feeds of the forum: questions, questions with a tag, answers to a question."""

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _

from auth.models import Visitor
from core.cache.dependencies import depends_on
from core.cache.page_cache import cached_for_visitors
from core.formats import feeds
from core.web.access import get_or_404
from forum import queries
from forum.views import requested_sort
from posts.feeds import FEED_SIZE, entry
from posts.tags.queries import tag_named

bp = Blueprint("forum_feeds", __name__)


def _query() -> str:
    return f"?sort={requested_sort()}" if "sort" in request.args else ""


@bp.get("/questions.atom")
@cached_for_visitors
def questions() -> Response:
    """Questions in one of the SORTS."""
    depends_on(lists=["kind:question"])
    page = queries.questions(requested_sort(), Visitor(), size=FEED_SIZE)
    return feeds.atom(_("Questions"), url_for("forum.questions"), [entry(q) for q in page], _query())


@bp.get("/tags/<name>.atom")
@cached_for_visitors
def tag(name: str) -> Response:
    """Questions with one tag."""
    tag = get_or_404(tag_named(name))
    depends_on(lists=["kind:question"])
    page = queries.questions_tagged(tag, requested_sort(), Visitor(), size=FEED_SIZE)
    return feeds.atom(
        _("Questions tagged %(name)s", name=tag.name), tag.path, [entry(q) for q in page], _query()
    )


@bp.get("/questions/<int:question_id>.atom")
@cached_for_visitors
def answers(question_id: int) -> Response:
    """The answers to a question, the newest first."""
    question = get_or_404(queries.get_question(question_id, Visitor()))
    depends_on(f"thread:{question.id}")
    found = queries.newest_answers(question, Visitor(), FEED_SIZE)
    return feeds.atom(
        _("Answers: %(title)s", title=question.title),
        url_for("forum.question_by_id", question_id=question.id),
        [entry(each) for each in found],
    )
