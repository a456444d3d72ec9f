"""Reputation in the help; the numbers are those by which it is awarded."""

from flask_babel import gettext as _

from auth.reputation import POINTS


def rewards() -> list[tuple[str, str]]:
    """Rows of the help: what happened, and its points with their sign."""
    texts = {
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
    rows = []
    for kinds, text in texts.items():
        for points in sorted({POINTS[kind] for kind in kinds}, reverse=True):
            rows.append((text, f"{points:+d}".replace("-", "\N{MINUS SIGN}")))
    return rows
