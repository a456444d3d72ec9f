"""What a line of the inbox says, for pages, mail and API alike."""

from flask_babel import gettext as _

from bulletins import labels
from notifications.kinds import DIGEST, MAIL, NONE, SITE
from notifications.models import Notification


def sentence(line: Notification) -> str:
    """Who did what, without the title of what it was done to."""
    who = line.actor.display_name if line.actor is not None else _("Somebody")
    one = _one(line.post.kind) if line.post is not None else ""
    under = line.post.parent.kind if line.post is not None and line.post.parent_id else ""
    return {
        "answer": lambda: _("%(who)s answered your question", who=who),
        "comment": lambda: _("%(who)s commented on %(what)s", who=who, what=_yours(under)),
        "mention": lambda: _("%(who)s mentioned you in %(what)s", who=who, what=one),
        "accepted": lambda: _("%(who)s accepted your answer", who=who),
        "edit": lambda: _edit(line, who, one),
        "flag": lambda: _flag(line),
        "watched": lambda: _watched(line, who, under),
        "tag": lambda: _("New under a tag you watch: %(what)s by %(who)s", who=who, what=one),
        "product": lambda: _product(line, who, one),
        "moderated": lambda: _moderated(line, who),
        "urgent": lambda: _queue(line, who, one),
        "queue": lambda: _queue(line, who, one),
        "feedback": lambda: _("A reader says what would make this article better"),
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


def _edit(line: Notification, who: str, one: str) -> str:
    return {
        "suggestion.approved": _("%(who)s approved your edit of %(what)s", who=who, what=one),
        "suggestion.rejected": _("%(who)s rejected your edit of %(what)s", who=who, what=one),
    }.get(line.event, _("%(who)s suggests an edit of %(what)s", who=who, what=_yours(line.post.kind)))


def _flag(line: Notification) -> str:
    if line.data.get("outcome") == "helpful":
        return _("A moderator looked at the post you flagged and acted on it. Thank you.")
    return _("A moderator looked at the post you flagged and decided that it stays.")


def _queue(line: Notification, who: str, one: str) -> str:
    if line.event == "appeal.made":
        return _("%(who)s asks for %(what)s that was removed", who=who, what=one)
    if line.event.endswith(".created"):
        return _("%(who)s is new: %(what)s waits for approval", who=who, what=one)
    return _("%(who)s flagged %(what)s: %(why)s", who=who, what=one, why=_reason(line))


def _reason(line: Notification) -> str:
    reason = line.data.get("reason", "")
    return {
        "spam": _("spam or advertising"),
        "rude": _("rude or abusive"),
        "harmful": _("dangerous advice or harmful code"),
        "wrong-place": _("does not belong here"),
        "duplicate": _("says what another post says"),
        "secret": _("holds a secret"),
        "off-topic": _("off topic"),
        "needs-details": _("needs details"),
        "too-broad": _("too broad"),
        "opinion": _("opinion-based"),
        "other": _("something else"),
    }.get(reason, reason)


def _moderated(line: Notification, who: str) -> str:
    if line.event == "user.unsuspended":
        return _("%(who)s ended your suspension", who=who)
    if line.event in ("report.hidden", "report.shown"):
        return (
            _("%(who)s hid your deployment report", who=who)
            if line.event == "report.hidden"
            else _("%(who)s showed your deployment report again", who=who)
        )
    yours = _yours(line.post.kind)
    if line.event == "appeal.decided":
        return (
            _("%(who)s restored %(what)s, as you asked", who=who, what=yours)
            if line.data.get("outcome") == "approved"
            else _("%(who)s refused to restore %(what)s", who=who, what=yours)
        )
    said = {
        "deleted": _("%(who)s removed %(what)s", who=who, what=yours),
        "undeleted": _("%(who)s restored %(what)s", who=who, what=yours),
        "held": _("Flags of members hide %(what)s until a moderator has decided", what=yours),
        "released": _("%(who)s decided that %(what)s is shown again", who=who, what=yours),
        "redacted": _("%(who)s masked a text in %(what)s", who=who, what=yours),
        "revised": _("%(who)s edited %(what)s", who=who, what=yours),
        "closed": _("%(who)s closed %(what)s", who=who, what=yours),
        "reopened": _("%(who)s reopened %(what)s", who=who, what=yours),
        "published": _("%(who)s published %(what)s", who=who, what=yours),
        "unpublished": _("%(who)s took %(what)s back to a draft", who=who, what=yours),
        "withdrawn": _("%(who)s took %(what)s back to a draft", who=who, what=yours),
        "verified": _("%(who)s changed what is verified of %(what)s", who=who, what=yours),
        "lock": _("%(who)s locked %(what)s", who=who, what=yours),
        "unlock": _("%(who)s unlocked %(what)s", who=who, what=yours),
    }[line.event.rpartition(".")[2]]
    reason = _reason(line)
    return _("%(what)s (%(why)s)", what=said, why=reason) if reason else said


def _watched(line: Notification, who: str, under: str) -> str:
    if line.event == "bulletin.risk_raised":
        return _("The risk has changed in a bulletin you watch: %(why)s", why=_why(line))
    if line.event == "bulletin.withdrawn":
        return _("A bulletin you watch was withdrawn")
    if line.event == "bulletin.shield_changed":
        return _("A mitigation was added to a bulletin you watch that has no fix yet")
    if line.event.endswith(".revised"):
        return _("An article you watch was changed")
    if line.post is not None and line.post.kind == "answer":
        return _("%(who)s answered a question you watch", who=who)
    return _("%(who)s commented on %(what)s you watch", who=who, what=_one(under))


def _product(line: Notification, who: str, one: str) -> str:
    if line.event == "bulletin.risk_raised":
        return _("The risk has changed in a bulletin about a product you watch: %(why)s", why=_why(line))
    if line.event == "bulletin.published" and line.post is None:
        return _("New security bulletins about a product you watch")
    if line.post is not None:
        return _("New about a product you watch: %(what)s by %(who)s", who=who, what=one)
    if line.event == "release.dates_changed":
        return _("Support dates have changed")
    if line.event == "release.ended":
        return _("Security support ends today (%(day)s)", day=line.data["ends"])
    return _("Security support ends on %(day)s", day=line.data["ends"])


def _why(line: Notification) -> str:
    return ", ".join(labels.risk_reason(name) for name in line.data["reasons"])


def title(line: Notification) -> str:
    """What it is about."""
    if line.post is not None:
        return line.post.heading
    if line.event == "user.unsuspended":
        return _("Your account")
    named = line.data.get("reference") or line.data.get("release")
    return named or (line.product.name if line.product else _("Your flags"))


def kind(name: str) -> str:
    """A kind of news, for the settings."""
    return {
        "answer": _("Answers to my questions"),
        "comment": _("Comments on what I wrote"),
        "mention": _("Someone mentions me"),
        "accepted": _("My answer is accepted"),
        "edit": _("Suggested edits: outcomes of mine, reviews waiting for me"),
        "flag": _("Outcome of my flags"),
        "watched": _("News in threads I watch or take part in"),
        "moderated": _("What moderators and others do with my posts, and why"),
        "urgent": _("Urgent flags: dangerous advice, secrets"),
        "queue": _("Flags, requests and first posts that wait for a moderator"),
        "feedback": _("What readers say would make articles better"),
        "tag": _("New questions and articles under tags I watch"),
        "product": _("Products I watch or run: support that ends, new questions and articles"),
    }[name]


def delivery(name: str) -> str:
    """A way to be told."""
    return {
        SITE: _("on the site"),
        MAIL: _("mail at once"),
        DIGEST: _("in a daily mail"),
        NONE: _("not at all"),
    }[name]
