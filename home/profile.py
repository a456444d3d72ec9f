"""Sections of the profile page: questions, answers and articles of a member."""

from auth import views
from auth.models import User, Visitor
from core.database import paging
from core.web.lazy_text import lazy_gettext as _
from posts import queries


def _section(name: str, label: str, kind: str) -> views.Section:
    def page(user: User, viewer: User | Visitor, after: paging.PageStart, size: int) -> paging.Page:
        return queries.by_author(user, [kind], viewer, after, size)

    return views.Section(name, label, page)


views.register_profile_section(_section("questions", _("Questions"), "question"))
views.register_profile_section(_section("answers", _("Answers"), "answer"))
views.register_profile_section(_section("articles", _("Articles"), "article"))
