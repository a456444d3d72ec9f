"""What the help says of reputation: every number of it is read from the tables that award it."""

from flask_babel import gettext as _

from auth.reputation import POINTS


def rewards() -> list[tuple[str, str]]:
    """(what happened, the points that it gives or takes), for the help."""
    said = {
        ("question_up", "answer_up", "article_up"): _("your question, answer or article is voted up"),
        ("question_down", "answer_down", "article_down"): _("it is voted down"),
        ("answer_downvoted",): _("you vote an answer down"),
        ("answer_accepted",): _("your answer is accepted by somebody else"),
        ("accepted_an_answer",): _("you accept an answer of somebody else"),
        ("edit_accepted",): _("an edit that you suggested is accepted"),
        ("report_helpful",): _("a member says that your deployment report helped"),
        ("article_published",): _("your article is published for the first time"),
        ("spam_removed",): _("a moderator removes what you wrote as spam"),
    }
    found = []
    for kinds, text in said.items():
        for points in sorted({POINTS[kind] for kind in kinds}, reverse=True):
            found.append((text, f"{points:+d}".replace("-", "\N{MINUS SIGN}")))
    return found
