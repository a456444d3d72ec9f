"""Writes about people: accounts, sessions, mailed links, tokens. Nothing here commits."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from flask_babel import gettext as _
from sqlalchemy import delete, select, update

from auth import passwords, queries, reputation, reserved_names, tokens, usernames
from auth.models import ApiToken, EmailToken, Session, User
from auth.security_log import actions as security_log
from auth.sessions import LIFETIME
from core import events, mail, versions
from core.db import db, lock_rows, utcnow
from core.limits import limit
from core.markup import Rendered
from core.versions import Expected
from core.web import Invalid

TRIES = 200  # numbered handles that are looked up at a time
LINK_LIFETIME = {"confirm": timedelta(days=3), "reset": timedelta(hours=2),
                 "claim": timedelta(days=14)}
MAILS_TO_ONE = (5, 3600)  # to one address in an hour, whoever asks for them


def make_user(username: str, *, email: str | None = None, display_name: str | None = None,
              password_hash: str | None = None, role: str = "member", confirmed: bool = False,
              created_at: datetime | None = None, imported_from: str | None = None,
              external_id: str | None = None) -> User:
    """Make an account with the first line of its ledger."""
    now = created_at or utcnow()
    user = User(username=username, username_key=usernames.key(username),
                email=email.lower() if email else None, display_name=display_name or username,
                password_hash=password_hash, role=role, created_at=now,
                confirmed_at=now if confirmed else None,
                imported_from=imported_from, external_id=external_id)
    db.session.add(user)
    db.session.flush()
    reputation.award(user.id, "registered", cause=f"registration:{user.id}", day=now.date())
    events.record("user.created", subject=user)
    return user


def free_usernames(wanted: Iterable[str]) -> list[str]:
    """For each wanted name a handle near it that nobody has or could mistake for another's."""
    bases = [usernames.OTHERWISE if reserved_names.is_reserved(base) else base
             for base in map(usernames.wish, wanted)]
    taken = _taken(bases)
    given: list[str] = []
    for base in bases:
        number, candidates = 1, [base]
        while not (free := next((name for name in candidates if not usernames.fault(name)
                                 and usernames.key(name) not in taken), None)):
            candidates = [f"{base}-{n}" for n in range(number + 1, number + 1 + TRIES)]
            number += TRIES
            taken |= _taken(candidates)
        given.append(free)
        taken.add(usernames.key(free))
    return given


def _taken(candidates: list[str]) -> set[str]:
    keys = [usernames.key(name) for name in candidates]
    return set(db.session.scalars(select(User.username_key).where(User.username_key.in_(keys))))


def open_session(user: User, *, user_agent: str = "") -> str:
    """Log a member in on one device; returns the token for its cookie."""
    token, now = tokens.new(), utcnow()
    db.session.add(Session(token_hash=tokens.digest(token), user_id=user.id,
                           user_agent=user_agent[:200], expires_at=now + LIFETIME))
    user.last_seen_at = now
    return token


def close_session(session: Session) -> None:
    """End one session; its cookie is dead everywhere."""
    db.session.execute(delete(Session).where(Session.id == session.id))


def close_sessions(user: User, *, but: Session | None = None) -> None:
    """End all sessions of a member, except perhaps the one in use."""
    keep = but.id if but else 0
    db.session.execute(delete(Session).where(Session.user_id == user.id, Session.id != keep))


def send_link(user: User, purpose: str, template: str, subject: str, *, to: str | None = None) -> None:
    """Mail a link that works once, to the member's address or to the one it shall confirm.

    An older link of the same purpose stops working. Raises TooMany after MAILS_TO_ONE.
    """
    to = to or user.email
    limit("mail", to, *MAILS_TO_ONE)
    db.session.execute(delete(EmailToken).where(EmailToken.user_id == user.id,
                                                EmailToken.purpose == purpose))
    token = tokens.new()
    db.session.add(EmailToken(token_hash=tokens.digest(token), user_id=user.id, purpose=purpose,
                              email=to, expires_at=utcnow() + LINK_LIFETIME[purpose]))
    mail.queue(to, template, subject=subject, user=user, token=token)


def use_link(link: EmailToken) -> bool:
    """Consume a mailed link: the address it went to becomes the member's and is confirmed.

    False when another account has taken that address meanwhile.
    """
    user = link.user
    db.session.delete(link)
    if user.email != link.email:
        if db.session.scalar(select(User.id).where(User.email == link.email)):
            return False
        _replace_email(user, link.email)
    if user.confirmed_at is None:
        user.confirmed_at = utcnow()
        security_log.record("confirmed", user=user)
        events.record("user.confirmed", subject=user)
    return True


def _replace_email(user: User, email: str) -> None:
    """Links to the old address die with it, and it is told."""
    db.session.execute(delete(EmailToken).where(EmailToken.user_id == user.id))
    mail.queue(user.email, "email_changed", subject=_("Your address was changed"), user=user, email=email)
    user.email = email
    security_log.record("email_changed", user=user)


def set_password(user: User, password_hash: str, *, keep: Session | None = None) -> None:
    """Change the password; every other session and every reset link ends."""
    user.password_hash = password_hash
    security_log.record("password_changed", user=user)
    close_sessions(user, but=keep)
    db.session.execute(delete(EmailToken).where(EmailToken.user_id == user.id,
                                                EmailToken.purpose.in_(("reset", "claim"))))


def set_email(user: User, email: str) -> None:
    """Ask the new address to confirm itself; until it does, the old one stays."""
    send_link(user, "confirm", "confirm", _("Confirm your address"), to=email.lower())


def attach_email(user: User, email: str) -> None:
    """Give an imported person an address; the claim link lets them set a password."""
    user.email = email.lower()
    db.session.flush()
    send_link(user, "claim", "claim", _("Your account is waiting"))


def edit_profile(user: User, *, display_name: str, location: str, website: str,
                 about: Rendered, expected: Expected = None) -> None:
    """Change what the profile page shows.

    Raises Invalid when the name is another's or the site's own, versions.Stale when the profile is at none of
    the `expected` versions.
    """
    lock_rows(User, [user.id])
    db.session.refresh(user, ["revision_count"])
    versions.require(user, expected)
    user.revision_count += 1
    if display_name != user.display_name:
        _check_name(display_name, user)
    user.display_name, user.location, user.website = display_name, location, website
    user.about, user.about_html = about.source, about.html
    events.record("user.revised", subject=user)


def _check_name(name: str, user: User) -> None:
    reserved = reserved_names.is_reserved(name) and not user.is_moderator
    if reserved or queries.imitated(name, by=user):
        raise Invalid({"display_name": [_("This name could be mistaken for somebody else's.")]})


def make_token(user: User, name: str, scope: str, *, last_day: date | None = None) -> str:
    """A new API token, returned once; good through `last_day` (UTC), or until it is revoked."""
    token = tokens.new()
    expires = last_day and datetime.combine(last_day + timedelta(days=1), time(), tzinfo=UTC)
    db.session.add(ApiToken(token_hash=tokens.digest(token), user_id=user.id, name=name, scope=scope,
                            expires_at=expires))
    security_log.record("token_made", user=user, scope=scope)
    return token


def revoke_token(user: User, token_id: int) -> None:
    """End an API token at once."""
    gone = db.session.execute(delete(ApiToken).where(ApiToken.id == token_id, ApiToken.user_id == user.id))
    if gone.rowcount:
        security_log.record("token_revoked", user=user)


def set_role(user: User, role: str, *, by: User | None) -> None:
    """Appoint a member to a role, or end it; `by` is None in the shell. It holds from the next request on."""
    db.session.flush()
    db.session.refresh(user, ["role"], with_for_update=True)  # one after the other: one change is one event
    if user.role != role:
        security_log.record("role_changed", user=user, actor=by, before=user.role, after=role)
        user.role = role
        events.record("user.revised", subject=user, actor=by)


def suspend(user: User, until: datetime, reason: str, *, by: User | None = None) -> None:
    """Let a member only read until then."""
    user.suspended_until, user.suspension_reason = until, reason
    security_log.record("suspended", user=user, actor=by, days=(until - utcnow()).days + 1)


def lift_suspension(user: User, *, by: User | None = None) -> None:
    """End a suspension early."""
    user.suspended_until, user.suspension_reason = None, ""
    security_log.record("suspension_lifted", user=user, actor=by)


def rehash(user: User, password: str) -> None:
    """Renew a hash made with older parameters (called with the password that just fitted)."""
    if passwords.is_outdated(user.password_hash):
        db.session.execute(update(User).where(User.id == user.id)
                           .values(password_hash=passwords.hash_password(password)))
