"""The page that asks for confirmation of a destructive act and describes its effects."""

from collections.abc import Sequence

from flask import render_template


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
