"""A member's attachments in the data export: what they are, and where they can be downloaded."""

from auth.erasure.export_account import columns, register_export_part
from auth.models import User
from core.mail.mail import site_url
from posts.attachments import actions, queries


@register_export_part("attachments")
def _attachments(user: User) -> list[dict]:
    return [
        columns(each, exclude={"thumbnail_digest"}) | {"url": site_url() + actions.path_of(each)}
        for each in queries.of_author(user)
    ]
