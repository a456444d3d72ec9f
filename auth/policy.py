"""Permissions on accounts."""

from flask_babel import gettext as _

from auth.models import User, Visitor


def why_read_only(user: User | Visitor) -> str:
    """The message for a member who is not in good standing: suspended or unconfirmed."""
    if not isinstance(user, User) or user.suspended_until is None or not user.is_suspended:
        return _("Confirm your email address first: open the link we emailed you.")
    return _(
        "You can read but not post until %(when)s UTC. %(why)s",
        when=f"{user.suspended_until:%d %b %Y, %H:%M}",
        why=user.suspension_reason,
    ).strip()


def can_erase(user: User | Visitor, account: User) -> bool:
    """Whether `user` may delete another's account: administrators, but not those of administrators."""
    return user.is_admin and not account.is_appointed_admin and user.id != account.id


def can_secure(user: User | Visitor, account: User) -> bool:
    """Whether `user` may secure another's account: as can_erase()."""
    return can_erase(user, account)


def can_attach_email(user: User | Visitor, account: User) -> bool:
    """Whether `user` may set the address of an account: moderators, of unclaimed imported accounts."""
    return (
        user.is_moderator
        and account.imported_from is not None
        and account.password_hash is None
        and account.confirmed_at is None
    )
