"""Who may do what to an account."""


def can_see_email(user, account) -> bool:
    """Addresses are shown to their owners and administrators."""
    return user.id is not None and (user.id == account.id or user.is_admin)


def can_suspend(user, account) -> bool:
    """Moderators suspend members, administrators also moderators; nobody oneself."""
    if not user.is_moderator or user.is_suspended or user.id == account.id:
        return False
    return user.is_admin or not account.is_moderator


def can_attach_email(user, account) -> bool:
    """Moderators give imported people, who have none, an address."""
    return user.is_moderator and account.imported_from is not None and account.password_hash is None
