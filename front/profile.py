"""What a profile page shows of the content rooms: latest questions, answers, articles."""

from auth import views
from posts import queries


def _section(title: str, kind: str):
    def section(user, viewer):
        return title, queries.by_author(user, [kind], viewer, size=8).items

    return section


views.sections += [_section("Questions", "question"), _section("Answers", "answer"),
                   _section("Articles", "article")]
