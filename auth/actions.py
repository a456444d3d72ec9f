"""Writes about people: accounts, sessions, mailed links, tokens. Nothing here commits."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta

from flask_babel import gettext as _
from sqlalchemy import delete, select, update

from auth import links, notices, queries, reputation, tokens
from auth.address_changes.models import AddressChange
from auth.models import ApiToken, Session, User
from auth.names import reserved_names, usernames
from auth.passwords import guesses, passwords
from auth.security_log import actions as security_log
from auth.sessions import LIFETIME
from core.database import versions
from core.database.db import db, lock_rows, utcnow
from core.database.models import OutgoingMail
from core.database.versions import Expected
from core.jobs import events
from core.limits.rate_limits import limit
from core.mail import mail
from core.markup.markup import Rendered
from core.registry import Registry
from core.web.forms import Invalid

TRIES = 200  # numbered handles that are looked up at a time
MAILS_TO_ONE = (5, 3600)  # of one purpose to one address in an hour, whoever asks for them
_on_secure: Registry[Callable[[User], None], str] = Registry("on_secure")  # name by function


def register_on_secure(function: Callable[[User], None]) -> Callable[[User], None]:
    """Decorator: run `function(user)` in the transaction that secures an account.

    For packages above that hand out secret addresses: it ends those of the member. It must not commit.
    """
    _on_secure.add(function, function.__qualname__)
    return function


def make_user(
    username: str,
    *,
    email: str | None = None,
    display_name: str | None = None,
    password_hash: str | None = None,
    role: str = "member",
    confirmed: bool = False,
    created_at: datetime | None = None,
    imported_from: str | None = None,
    external_id: str | None = None,
) -> User:
    """Make an account with the first line of its ledger."""
    now = created_at or utcnow()
    user = User(
        username=username,
        username_key=usernames.key(username),
        email=email.lower() if email else None,
        display_name=display_name or username,
        password_hash=password_hash,
        role=role,
        created_at=now,
        confirmed_at=now if confirmed else None,
        imported_from=imported_from,
        external_id=external_id,
    )
    db.session.add(user)
    db.session.flush()
    reputation.award(user.id, "registered", cause=f"registration:{user.id}", day=now.date())
    events.record("user.created", subject=user)
    return user


def free_usernames(wanted: Iterable[str]) -> list[str]:
    """For each wanted name a handle near it that nobody has or could mistake for another's."""
    bases = [
        usernames.OTHERWISE if reserved_names.is_reserved(base) else base
        for base in map(usernames.wish, wanted)
    ]
    taken = _taken(bases)
    given: list[str] = []
    for base in bases:
        number, candidates = 1, [base]
        while not (
            free := next(
                (
                    name
                    for name in candidates
                    if not usernames.fault(name) and usernames.key(name) not in taken
                ),
                None,
            )
        ):
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
    """Log a member in on one device, with the password; returns the token for its cookie."""
    token, now = tokens.new(), utcnow()
    db.session.add(
        Session(
            token_hash=tokens.digest(token),
            user_id=user.id,
            proved_at=now,
            user_agent=user_agent[:200],
            expires_at=now + LIFETIME,
        )
    )
    user.last_seen_at = now
    return token


def close_session(session: Session) -> None:
    """End one session; its cookie is dead everywhere."""
    db.session.execute(delete(Session).where(Session.id == session.id))


def close_sessions(user: User, *, but: Session | None = None, by: User | None = None) -> None:
    """End all sessions of a member, except perhaps the one in use; `by` is who asked for it, if known."""
    keep = but.id if but else 0
    ended = db.session.execute(delete(Session).where(Session.user_id == user.id, Session.id != keep))
    if ended.rowcount:
        security_log.record("sessions_ended", user=user, actor=by, sessions=ended.rowcount)


def limit_mails(purpose: str, email: str) -> None:
    """Count a mail that somebody asks for; raises TooMany after MAILS_TO_ONE.

    Each purpose has a budget of its own, so that nobody keeps a reset link away by asking for other mails.
    To be called before it is looked up whether anybody has the address.
    """
    limit(f"mail-{purpose}", email, *MAILS_TO_ONE)


def send_link(user: User, purpose: str, template: str, subject: str, *, to: str | None = None) -> None:
    """Mail a link that works once, to the member's address or to the one it shall confirm."""
    to = to or user.email
    token = links.issue(user.id, purpose, to)
    mail.queue(to, template, subject=subject, user=user, token=token, has_secret=True)


def send_reset(email: str) -> None:
    """Mail a link to set a new password to the account of an address, if there is one.

    The same statements run where there is none; no row of them stays. Raises TooMany.
    """
    limit_mails(links.RESET, email)
    user = queries.by_email(email)
    security_log.record("password_reset_asked", user=user, actor=None)
    token, key = links.issue(user.id if user else 0, links.RESET, email), tokens.new()
    mail.queue(
        email,
        "reset",
        subject=_("Reset your password"),
        key=key,
        token=token,
        has_secret=True,
        user=user or User(username="nobody", display_name="nobody"),
    )
    db.session.flush()
    db.session.execute(
        delete(OutgoingMail).where(
            OutgoingMail.key == key, ~select(User.id).where(User.email == email).exists()
        )
    )


def secure_account(
    user: User,
    *,
    keep: Session | None = None,
    keep_tokens: bool = False,
    forget_password: bool = False,
    end_undo: bool = False,
    by: User | None = None,
) -> None:
    """End every way into an account that somebody may have opened for themselves.

    Sessions (but `keep`), pending changes of the address, mailed links, API tokens (unless `keep_tokens`),
    remembered devices, lock-outs and the secret addresses of other packages (on_secure) end.
    `forget_password`: the password does not work any more either, and a mailed link must set another. A
    change of the address that was made in the last days can still be undone by who has the former one,
    unless `end_undo` (docs/decisions/0516). `by` is who asked, if known: whoever opens a mailed link is not.
    """
    links.hold_account(user.id)
    security_log.record("account_secured", user=user, actor=by)
    close_sessions(user, but=keep, by=by)
    links.end_all(user)
    ended = AddressChange.user_id == user.id
    db.session.execute(
        delete(AddressChange).where(ended if end_undo else ended & AddressChange.done_at.is_(None))
    )
    if not keep_tokens:
        _revoke_tokens(user, by=by)
    user.device_generation += 1
    if forget_password:
        user.password_hash = None
    for end_addresses in _on_secure:
        end_addresses(user)
    guesses.lift_lock_out(user)


def _revoke_tokens(user: User, *, by: User | None) -> None:
    revoked = db.session.execute(delete(ApiToken).where(ApiToken.user_id == user.id))
    if revoked.rowcount:
        security_log.record("token_revoked", user=user, actor=by, tokens=revoked.rowcount)


def set_password(
    user: User,
    password_hash: str,
    *,
    keep: Session | None = None,
    keep_tokens: bool = False,
    by: User | None = None,
) -> None:
    """Change the password and secure the account; the session in use may stay, tokens if they are wanted."""
    secure_account(user, keep=keep, keep_tokens=keep_tokens, by=by)
    user.password_hash = password_hash
    security_log.record("password_changed", user=user, actor=by)
    notices.password_changed(user)


def attach_email(user: User, email: str) -> None:
    """Give an imported person an address; the claim link lets them set a password. Raises TooMany."""
    limit_mails(links.CLAIM, email.lower())
    links.end_all(user)
    user.email = email.lower()
    db.session.flush()
    send_link(user, links.CLAIM, "claim", _("Your account is ready to claim"))


def edit_profile(
    user: User, *, display_name: str, location: str, website: str, about: Rendered, expected: Expected = None
) -> None:
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
    user.about, user.about_html, user.markup_version = about.source, about.html, about.version
    events.record("user.revised", subject=user)


def _check_name(name: str, user: User) -> None:
    reserved = reserved_names.is_reserved(name) and not user.is_moderator
    if reserved or queries.imitated(name, by=user):
        raise Invalid({"display_name": [_("This name is too similar to another member's.")]})


def make_token(user: User, name: str, scope: str, *, last_day: date | None = None) -> str:
    """A new API token, returned once; good through `last_day` (UTC), or until it is revoked."""
    token = tokens.new()
    expires = last_day and datetime.combine(last_day + timedelta(days=1), time(), tzinfo=UTC)
    db.session.add(
        ApiToken(token_hash=tokens.digest(token), user_id=user.id, name=name, scope=scope, expires_at=expires)
    )
    security_log.record("token_made", user=user, scope=scope)
    return token


def revoke_token(user: User, token_id: int) -> ApiToken | None:
    """End an API token at once; returns it, or None when there is no such token of this member."""
    token = db.session.scalar(select(ApiToken).where(ApiToken.id == token_id, ApiToken.user_id == user.id))
    if token is None:
        return None
    gone = db.session.execute(
        delete(ApiToken).where(ApiToken.id == token_id).execution_options(synchronize_session=False)
    ).rowcount
    if gone:
        security_log.record("token_revoked", user=user)
    return token if gone else None


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
        db.session.execute(
            update(User).where(User.id == user.id).values(password_hash=passwords.hash_password(password))
        )
