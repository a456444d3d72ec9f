"""Sections of the profile page: questions, answers and articles of a member."""

from auth.models import User, Visitor
from auth.profile_sections import ProfileSection, register_profile_section
from core.database import paging
from core.web.lazy_text import lazy_gettext as _
from posts import queries


def _section(name: str, label: str, kind: str) -> ProfileSection:
    def page(user: User, viewer: User | Visitor, after: paging.PageStart, size: int) -> paging.Page:
        return queries.by_author(user, [kind], viewer, after, size)

    return ProfileSection(name, label, page)


register_profile_section(_section("questions", _("Questions"), "question"))
register_profile_section(_section("answers", _("Answers"), "answer"))
register_profile_section(_section("articles", _("Articles"), "article"))
