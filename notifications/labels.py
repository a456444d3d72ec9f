"""Texts of notifications and of their preferences, for pages, mail and API."""

from flask_babel import gettext as _

from bulletins.labels import risk_reason
from notifications.kinds import DIGEST, MAIL, NONE, SITE
from notifications.models import Notification


def sentence(line: Notification) -> str:
    """The sentence of a line: the actor and the act, without the title of the subject."""
    who = line.actor.display_name if line.actor is not None else _("Someone")
    one = _one(line.post.kind) if line.post is not None else ""
    under = line.post.parent.kind if line.post is not None and line.post.parent is not None else ""
    return {
        "answer": lambda: _("%(who)s answered your question", who=who),
        "comment": lambda: _("%(who)s commented on %(what)s", who=who, what=_yours(under)),
        "mention": lambda: _("%(who)s mentioned you in %(what)s", who=who, what=one),
        "accepted": lambda: _("%(who)s accepted your answer", who=who),
        "edit": lambda: _edit(line, who, one, _yours_of(line)),
        "flag": lambda: _flag(line),
        "watched": lambda: _watched(line, who, under),
        "tag": lambda: _("New under a tag you follow: %(what)s by %(who)s", who=who, what=one),
        "product": lambda: _product(line, who, one),
        "moderated": lambda: _moderated(line, who),
        "urgent": lambda: _queue(line, who, one),
        "queue": lambda: _queue(line, who, one),
        "feedback": lambda: _("A reader left feedback on this article"),
    }[line.kind]()


def _one(kind: str) -> str:
    return {
        "question": _("a question"),
        "answer": _("an answer"),
        "comment": _("a comment"),
        "article": _("an article"),
        "bulletin": _("a bulletin"),
    }[kind]


def _yours(kind: str) -> str:
    return {
        "question": _("your question"),
        "answer": _("your answer"),
        "article": _("your article"),
        "bulletin": _("your bulletin"),
        "comment": _("your comment"),
    }[kind]


def _yours_of(line: Notification) -> str:
    return _yours(line.post.kind) if line.post is not None else ""


def _edit(line: Notification, who: str, one: str, yours: str) -> str:
    return {
        "suggestion.approved": _("%(who)s approved your edit of %(what)s", who=who, what=one),
        "suggestion.rejected": _("%(who)s rejected your edit of %(what)s", who=who, what=one),
    }.get(line.event, _("%(who)s suggested an edit of %(what)s", who=who, what=yours))


def _flag(line: Notification) -> str:
    if line.data.get("outcome") == "helpful":
        return _("A moderator reviewed the post you flagged and took action. Thank you.")
    return _("A moderator reviewed the post you flagged and dismissed the flag.")


def _queue(line: Notification, who: str, one: str) -> str:
    if line.event == "appeal.made":
        return _("%(who)s asks to restore %(what)s", who=who, what=one)
    if line.event.endswith(".created"):
        return _("First post by %(who)s to approve: %(what)s", who=who, what=one)
    return _("%(who)s flagged %(what)s: %(why)s", who=who, what=one, why=_reason(line))


def _reason(line: Notification) -> str:
    reason = line.data.get("reason", "")
    return {
        "spam": _("spam or advertising"),
        "rude": _("rude or abusive"),
        "harmful": _("dangerous advice or harmful code"),
        "wrong-place": _("off topic"),
        "duplicate": _("duplicate of another post"),
        "secret": _("contains a secret"),
        "off-topic": _("off topic"),
        "needs-details": _("needs details"),
        "too-broad": _("too broad"),
        "opinion": _("opinion-based"),
        "other": _("other"),
    }.get(reason, str(reason))


def _moderated(line: Notification, who: str) -> str:
    if line.event == "user.unsuspended":
        return _("%(who)s lifted your suspension", who=who)
    if line.event in ("report.hidden", "report.shown"):
        return (
            _("%(who)s hid your deployment report", who=who)
            if line.event == "report.hidden"
            else _("%(who)s unhid your deployment report", who=who)
        )
    yours = _yours_of(line)
    if line.event == "appeal.decided":
        return (
            _("%(who)s restored %(what)s, as you asked", who=who, what=yours)
            if line.data.get("outcome") == "approved"
            else _("%(who)s declined to restore %(what)s", who=who, what=yours)
        )
    text = {
        "deleted": _("%(who)s deleted %(what)s", who=who, what=yours),
        "undeleted": _("%(who)s restored %(what)s", who=who, what=yours),
        "held": _("Flags by members have hidden %(what)s until a moderator decides", what=yours),
        "released": _("%(who)s unhid %(what)s", who=who, what=yours),
        "redacted": _("%(who)s redacted text in %(what)s", who=who, what=yours),
        "revised": _("%(who)s edited %(what)s", who=who, what=yours),
        "closed": _("%(who)s closed %(what)s", who=who, what=yours),
        "reopened": _("%(who)s reopened %(what)s", who=who, what=yours),
        "published": _("%(who)s published %(what)s", who=who, what=yours),
        "unpublished": _("%(who)s unpublished %(what)s", who=who, what=yours),
        "withdrawn": _("%(who)s unpublished %(what)s", who=who, what=yours),
        "verified": _("%(who)s changed the verification of %(what)s", who=who, what=yours),
        "lock": _("%(who)s locked %(what)s", who=who, what=yours),
        "unlock": _("%(who)s unlocked %(what)s", who=who, what=yours),
    }[line.event.rpartition(".")[2]]
    reason = _reason(line)
    return _("%(what)s (%(why)s)", what=text, why=reason) if reason else text


def _watched(line: Notification, who: str, under: str) -> str:
    if line.event == "bulletin.risk_raised":
        return _("The risk has changed in a bulletin you follow: %(why)s", why=_why(line))
    if line.event == "bulletin.retracted":
        return _("The issuer withdrew a bulletin you follow")
    if line.event == "bulletin.withdrawn":
        return _("A bulletin you follow was withdrawn")
    if line.event == "bulletin.shield_changed":
        return _("A mitigation was added to a bulletin you follow that names no fix")
    if line.event.endswith(".revised"):
        return _("An article you follow was changed")
    if line.post is not None and line.post.kind == "answer":
        return _("%(who)s answered a question you follow", who=who)
    return _("%(who)s commented on %(what)s you follow", who=who, what=_one(under))


def _product(line: Notification, who: str, one: str) -> str:
    if line.event == "bulletin.risk_raised":
        return _("The risk has changed in a bulletin about a product you follow: %(why)s", why=_why(line))
    if line.event == "bulletin.retracted":
        return _("The issuer withdrew a bulletin about a product you follow")
    if line.event == "bulletin.published" and line.post is None:
        return _("New security bulletins about a product you follow")
    if line.post is not None:
        return _("New about a product you follow: %(what)s by %(who)s", who=who, what=one)
    if line.event == "release.dates_changed":
        return _("Support dates have changed")
    if line.event == "release.ended":
        return _("Security support ends today (%(day)s)", day=line.data["ends"])
    return _("Security support ends on %(day)s", day=line.data["ends"])


def _why(line: Notification) -> str:
    return ", ".join(risk_reason(name) for name in line.data["reasons"])


def title(line: Notification) -> str:
    """The title of the subject of a line."""
    if line.post is not None:
        return line.post.heading
    if line.event == "user.unsuspended":
        return _("Your account")
    named = line.data.get("reference") or line.data.get("release")
    return named or (line.product.name if line.product else _("Your flags"))


def kind(name: str) -> str:
    """The label of a kind of notification on the settings page."""
    return {
        "answer": _("Answers to my questions"),
        "comment": _("Comments on my posts"),
        "mention": _("Someone mentions me"),
        "accepted": _("My answer is accepted"),
        "edit": _("Suggested edits: outcomes of mine, reviews waiting for me"),
        "flag": _("Outcome of my flags"),
        "watched": _("Activity in threads I follow or take part in"),
        "moderated": _("Changes to my posts by moderators and others"),
        "urgent": _("Urgent flags: dangerous advice, secrets"),
        "queue": _("Flags, requests and first posts to review"),
        "feedback": _("Reader feedback on articles"),
        "tag": _("New questions and articles under tags I follow"),
        "product": _("My products and those I follow: end of support, new questions and articles"),
    }[name]


def delivery(name: str) -> str:
    """The label of a way of delivery."""
    return {
        SITE: _("on the site only"),
        MAIL: _("by email immediately"),
        DIGEST: _("in a daily digest"),
        NONE: _("off"),
    }[name]
