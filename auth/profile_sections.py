"""The tabs of the profile page. Packages whose posts members write register them."""

from collections.abc import Callable
from dataclasses import dataclass

from auth.models import User, Visitor
from core.database.paging import Page, PageStart
from core.registry import Registry


@dataclass(frozen=True)
class ProfileSection:
    """A tab of the profile page: `page(user, viewer, after, size)` returns posts, newest first."""

    name: str
    label: str
    page: Callable[[User, User | Visitor, PageStart, int], Page]


profile_sections: Registry[str, ProfileSection] = Registry("profile_sections")  # by name


def register_profile_section(section: ProfileSection) -> None:
    """Add a tab to the pages of profiles."""
    profile_sections.add(section.name, section)
