"""Who may do what to an account."""

from flask_babel import gettext as _

from auth.models import User, Visitor


def why_read_only(user: User | Visitor) -> str:
    """Why a member who is not in good standing may only read: on top of every page, and where they write."""
    if not user.is_suspended:
        return _("Confirm your email address first: open the link in the message we sent you.")
    return _(
        "You can read but not post until %(when)s UTC. %(why)s",
        when=f"{user.suspended_until:%d %b %Y, %H:%M}",
        why=user.suspension_reason,
    ).strip()


def can_see_email(user: User | Visitor, account: User) -> bool:
    """Addresses are shown to their owners and administrators."""
    return user.id is not None and (user.id == account.id or user.is_admin)


def can_erase(user: User | Visitor, account: User) -> bool:
    """Administrators erase members and moderators; their own account they leave under Settings."""
    return user.is_admin and not account.is_appointed_admin and user.id != account.id


def can_secure(user: User | Visitor, account: User) -> bool:
    """Administrators secure the accounts of members and moderators; administrators' from the shell."""
    return can_erase(user, account)


def can_attach_email(user: User | Visitor, account: User) -> bool:
    """Moderators give imported people, who have none, an address; never those who have claimed theirs."""
    return (
        user.is_moderator
        and account.imported_from is not None
        and account.password_hash is None
        and account.confirmed_at is None
    )
