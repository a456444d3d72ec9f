"""The page that asks for confirmation of a destructive act and describes its effects."""

from collections.abc import Sequence

from flask import render_template
from flask_babel import gettext as _

from core.database import versions


def confirmation_page(
    title: str,
    effects: list[str],
    button: str,
    *,
    back: str,
    subject: str = "",
    subject_url: str = "",
    fields: Sequence[dict] = (),
    values: dict | None = None,
    errors: dict | None = None,
    hidden: dict | None = None,
) -> tuple[str, int]:
    """A page with a form that posts to its own address; the status is 422 when `errors` are shown.

    `effects` are sentences on what will happen; `back` is where "Cancel" leads, `subject_url` the page of the
    thing; `fields` have name, label, type (line, text or select), and where needed hint, options, required,
    rows, maxlength.
    """
    page = render_template(
        "confirm.html",
        title=title,
        effects=effects,
        button=button,
        back=back,
        subject=subject,
        subject_url=subject_url or back,
        fields=fields,
        values=values or {},
        errors=errors or {},
        hidden=hidden or {},
    )
    return page, 422 if errors else 200


def deletion_page(
    thing: versions.Versioned, title: str, effects: list[str], *, subject: str, subject_url: str, back: str
) -> tuple[str, int]:
    """The confirmation_page() of the deletion of `thing`; its form names the version that was shown."""
    return confirmation_page(
        title,
        effects,
        _("Delete"),
        back=back,
        subject=subject,
        subject_url=subject_url,
        hidden={versions.FIELD: thing.version},
    )
