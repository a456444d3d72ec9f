"""What the help says of reputation: every number of it is read from the tables that award it."""

from flask_babel import gettext as _

from auth.reputation import POINTS


def rewards() -> list[tuple[str, str]]:
    """(what happened, the points that it gives or takes), for the help."""
    said = {
        ("question_up", "answer_up", "article_up"): _("Your question, answer or article is upvoted"),
        ("question_down", "answer_down", "article_down"): _("Your question, answer or article is downvoted"),
        ("answer_downvoted",): _("You downvote an answer"),
        ("answer_accepted",): _("Someone else accepts your answer"),
        ("accepted_an_answer",): _("You accept someone else's answer"),
        ("edit_accepted",): _("Your suggested edit is approved"),
        ("report_helpful",): _("A member marks your deployment report as helpful"),
        ("article_published",): _("Your article is published for the first time"),
        ("spam_removed",): _("A moderator deletes your post as spam"),
    }
    found = []
    for kinds, text in said.items():
        for points in sorted({POINTS[kind] for kind in kinds}, reverse=True):
            found.append((text, f"{points:+d}".replace("-", "\N{MINUS SIGN}")))
    return found
