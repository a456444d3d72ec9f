"""Writes on accounts, sessions, mailed links and API tokens. Nothing here commits."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta

from flask_babel import gettext as _
from sqlalchemy import delete, select, update

from auth import links, notices, queries, reputation, tokens
from auth.address_changes.models import AddressChange
from auth.models import ApiToken, Session, User
from auth.names import reserved_names, usernames
from auth.passwords import login_attempts, passwords
from auth.security_log import actions as security_log
from auth.sessions import LIFETIME
from core.database import versions
from core.database.db import changed_rows, db, lock_rows, utcnow
from core.database.models import OutgoingMail
from core.database.versions import Expected
from core.jobs import events
from core.limits.rate_limits import limit
from core.mail import mail
from core.markup.markup import Rendered
from core.registry import Registry
from core.web.forms import Invalid

CANDIDATES_PER_QUERY = 200  # numbered usernames that are looked up at a time
MAX_MAILS_PER_ADDRESS = 5  # of one purpose within MAILS_WINDOW_SECONDS
MAILS_WINDOW_SECONDS = 3600
_on_secure: Registry[Callable[[User], None], str] = Registry("on_secure")  # name by function


def register_on_secure(function: Callable[[User], None]) -> Callable[[User], None]:
    """Decorator: run `function(user)` in the transaction that secures an account.

    For packages that hand out secret addresses: the function revokes those of the member. It must not commit.
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
    """Create an account and its first ledger entry; `created_at` is in UTC, by default now."""
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


def available_usernames(wanted: Iterable[str]) -> list[str]:
    """For each wanted name a valid username close to it that no account has or resembles."""
    bases = [
        usernames.FALLBACK if reserved_names.is_reserved(base) else base
        for base in map(usernames.suggest, wanted)
    ]
    taken = _taken_keys(bases)
    chosen: list[str] = []
    for base in bases:
        candidates = [base]
        last_number = 1
        while (username := _first_available(candidates, taken)) is None:
            first_number = last_number + 1
            last_number += CANDIDATES_PER_QUERY
            candidates = [f"{base}-{number}" for number in range(first_number, last_number + 1)]
            taken |= _taken_keys(candidates)
        chosen.append(username)
        taken.add(usernames.key(username))
    return chosen


def _first_available(candidates: list[str], taken: set[str]) -> str | None:
    for name in candidates:
        if not usernames.error(name) and usernames.key(name) not in taken:
            return name
    return None


def _taken_keys(candidates: list[str]) -> set[str]:
    keys = [usernames.key(name) for name in candidates]
    return set(db.session.scalars(select(User.username_key).where(User.username_key.in_(keys))))


def open_session(user: User, *, user_agent: str = "") -> str:
    """Start a session of a member who gave the password; returns the token for the cookie."""
    token = tokens.new()
    now = utcnow()
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
    """End one session; every copy of its cookie becomes invalid."""
    db.session.execute(delete(Session).where(Session.id == session.id))


def close_sessions(user: User, *, keep: Session | None = None, by: User | None = None) -> None:
    """End all sessions of a member except `keep`; `by` is the user who requested it, None if unknown."""
    kept_id = keep.id if keep else 0
    ended = changed_rows(delete(Session).where(Session.user_id == user.id, Session.id != kept_id))
    if ended:
        security_log.record("sessions_ended", user=user, actor=by, sessions=ended)


def limit_mail(purpose: str, email: str) -> None:
    """Count a requested mail; raises TooMany after MAX_MAILS_PER_ADDRESS.

    Each purpose has its own limit: requests for other mails cannot block a reset link. Call it before
    looking up whether an account has the address, so that the answer does not depend on that.
    """
    limit(f"mail-{purpose}", email, MAX_MAILS_PER_ADDRESS, MAILS_WINDOW_SECONDS)


def send_link(user: User, purpose: str, template: str, subject: str, *, to: str | None = None) -> None:
    """Mail a one-time link to `to`, by default the account's address; ValueError when there is none."""
    to = to or user.email
    if not to:
        raise ValueError("no address to mail to")
    token = links.issue(user.id, purpose, to)
    mail.queue(to, template, subject=subject, user=user, token=token, has_secret=True)


def send_reset(email: str) -> None:
    """Mail a link to set a new password to the account of an address, if there is one.

    Without an account the same statements run and leave no row, so that timing does not tell whether the
    address is known. Raises TooMany.
    """
    limit_mail(links.RESET, email)
    user = queries.by_email(email)
    security_log.record("password_reset_asked", user=user, actor=None)
    token = links.issue(user.id if user else 0, links.RESET, email)
    key = tokens.new()
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
    """Revoke every credential of an account that an intruder may hold.

    Ends sessions (except `keep`), pending changes of the address, mailed links, API tokens (unless
    `keep_tokens`), remembered devices, lockouts, and the secret addresses of other packages
    (register_on_secure). `forget_password` also removes the password: a mailed link must set another. The
    former address can still undo a recent change of address, unless `end_undo` (docs/decisions/0516). `by` is
    the user who requested it; None when unknown, as for a mailed link.
    """
    links.lock_account(user.id)
    security_log.record("account_secured", user=user, actor=by)
    close_sessions(user, keep=keep, by=by)
    links.revoke_all(user)
    changes = AddressChange.user_id == user.id
    if not end_undo:
        changes &= AddressChange.done_at.is_(None)
    db.session.execute(delete(AddressChange).where(changes))
    if not keep_tokens:
        _revoke_tokens(user, by=by)
    user.device_generation += 1
    if forget_password:
        user.password_hash = None
    for revoke in _on_secure:
        revoke(user)
    login_attempts.clear_limits(user)


def _revoke_tokens(user: User, *, by: User | None) -> None:
    revoked = changed_rows(delete(ApiToken).where(ApiToken.user_id == user.id))
    if revoked:
        security_log.record("token_revoked", user=user, actor=by, tokens=revoked)


def set_password(
    user: User,
    password_hash: str,
    *,
    keep: Session | None = None,
    keep_tokens: bool = False,
    by: User | None = None,
) -> None:
    """Secure the account (see secure_account) and set a new password; the owner gets a mail about it."""
    secure_account(user, keep=keep, keep_tokens=keep_tokens, by=by)
    user.password_hash = password_hash
    security_log.record("password_changed", user=user, actor=by)
    notices.password_changed(user)


def attach_email(user: User, email: str) -> None:
    """Set the address of an imported account and mail it a link to claim it. Raises TooMany."""
    limit_mail(links.CLAIM, email.lower())
    links.revoke_all(user)
    user.email = email.lower()
    db.session.flush()
    send_link(user, links.CLAIM, "claim", _("Your account is ready to claim"))


def edit_profile(
    user: User, *, display_name: str, location: str, website: str, about: Rendered, expected: Expected = None
) -> None:
    """Change the public profile.

    Raises Invalid when the name is reserved or resembles another account's, versions.Stale when the current
    version is none of `expected`.
    """
    lock_rows(User, [user.id])
    db.session.refresh(user, ["revision_count"])
    versions.require(user, expected)
    user.revision_count += 1
    if display_name != user.display_name:
        _check_name(display_name, user)
    user.display_name = display_name
    user.location = location
    user.website = website
    user.about = about.source
    user.about_html = about.html
    user.markup_version = about.version
    events.record("user.revised", subject=user)


def _check_name(name: str, user: User) -> None:
    reserved = reserved_names.is_reserved(name) and not user.is_moderator
    if reserved or queries.similar_account(name, other_than=user):
        raise Invalid({"display_name": [_("This name is too similar to another member's.")]})


def make_token(user: User, name: str, scope: str, *, last_day: date | None = None) -> str:
    """Create an API token and return it; valid through `last_day` (UTC), None: until it is revoked."""
    token = tokens.new()
    expires = last_day and datetime.combine(last_day + timedelta(days=1), time(), tzinfo=UTC)
    db.session.add(
        ApiToken(token_hash=tokens.digest(token), user_id=user.id, name=name, scope=scope, expires_at=expires)
    )
    security_log.record("token_made", user=user, scope=scope)
    return token


def revoke_token(user: User, token_id: int) -> ApiToken | None:
    """Delete an API token; returns it, or None when this member has no such token."""
    token = db.session.scalar(select(ApiToken).where(ApiToken.id == token_id, ApiToken.user_id == user.id))
    if token is None:
        return None
    if not changed_rows(delete(ApiToken).where(ApiToken.id == token_id)):
        return None
    security_log.record("token_revoked", user=user)
    return token


def set_role(user: User, role: str, *, by: User | None) -> None:
    """Set the role of a member, effective from the next request; `by` is None in the shell."""
    db.session.flush()
    db.session.refresh(user, ["role"], with_for_update=True)  # serialized: one event per change
    if user.role != role:
        security_log.record("role_changed", user=user, actor=by, before=user.role, after=role)
        user.role = role
        events.record("user.revised", subject=user, actor=by)


def suspend(user: User, until: datetime, reason: str, *, by: User | None = None) -> None:
    """Make an account read-only until the time `until`; `by` is None in the shell."""
    user.suspended_until = until
    user.suspension_reason = reason
    security_log.record("suspended", user=user, actor=by, days=(until - utcnow()).days + 1)


def unsuspend(user: User, *, by: User | None = None) -> None:
    """End a suspension early."""
    user.suspended_until = None
    user.suspension_reason = ""
    security_log.record("suspension_lifted", user=user, actor=by)


def rehash(user: User, password: str) -> None:
    """Replace a hash that was made with weaker parameters; `password` has just been verified."""
    if user.password_hash is not None and passwords.is_outdated(user.password_hash):
        db.session.execute(
            update(User).where(User.id == user.id).values(password_hash=passwords.hash_password(password))
        )
