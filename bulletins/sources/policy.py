"""Permissions on sources."""

from auth.models import User, Visitor


def can_administer(user: User | Visitor) -> bool:
    """Administrators add sources and switch them on: the site fetches what they name."""
    return user.is_admin
