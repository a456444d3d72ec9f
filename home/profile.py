"""What a profile page shows of the content rooms: questions, answers, articles."""

from auth import views
from core.web.lazy_text import lazy_gettext as _
from posts import queries


def _section(name: str, label: str, kind: str) -> views.Section:
    def page(user, viewer, after, size):
        return queries.by_author(user, [kind], viewer, after, size)

    return views.Section(name, label, page)


views.register_profile_section(_section("questions", _("Questions"), "question"))
views.register_profile_section(_section("answers", _("Answers"), "answer"))
views.register_profile_section(_section("articles", _("Articles"), "article"))
