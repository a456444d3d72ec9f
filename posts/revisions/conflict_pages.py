"""Responses to edit conflicts (Stale): 412 for programs, a page with both texts (409) for browsers.

One page for all editables. It shows the current version beside the submitted one, and a form with every
submitted field, merged where the changes do not overlap.
"""

from dataclasses import dataclass

from flask import make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.database import versions
from core.database.db import db, read_only
from core.database.versions import Stale, Versioned
from core.web.error_answers import error_answer, wants_json
from posts.revisions import diffs, editables, merging
from posts.revisions.editables import Editable, Field, Values

INTERNAL_FIELDS = ("csrf_token", "action", versions.FIELD)
SEPARATORS = {"words": " ", "lines": "\n"}  # of sets, by kind of field
MAX_OTHER_CHARACTERS = 10_000  # of form fields that are no fields of the object, such as a reason
HIDDEN_FIELDS = ("draft", "form_account")  # sent again, not shown


@dataclass(frozen=True)
class Row:
    """One field: the current value (`theirs`), the submitted one (`mine`) and the proposed one.

    `state` is same, mine, theirs, merged or conflict. `both` combines the two values of a conflict.
    """

    field: Field
    theirs: str
    mine: str
    proposed: str
    both: str
    state: str

    @property
    def changes(self) -> list[diffs.Row]:
        """The current value beside the submitted one, line by line."""
        if self.field.kind in ("choice", "flag"):
            return diffs.side_by_side(_shown(self.field, self.theirs), _shown(self.field, self.mine))
        return diffs.side_by_side(self.theirs, self.mine)


def _shown(field: Field, value: str) -> str:
    if field.kind == "flag":
        return _("yes") if value else _("no")
    return next((str(label) for key, label in field.choices if key == value), value)


def answer(stale: Stale) -> ResponseReturnValue:
    """Error handler of Stale."""
    db.session.rollback()
    if wants_json():
        response = make_response(
            error_answer(
                412,
                _("Edit conflict"),
                _(
                    "This was changed after the version you named. "
                    "Read it again and apply your change to the current version."
                ),
            )
        )
        response.headers.update(versions.current_tag(stale))
        return response
    if stale.thing is None:
        return error_answer(409, _("Edit conflict"), _("The item you edited no longer exists."))
    with read_only():
        page = _page(stale, stale.thing)
    db.session.rollback()
    return page, 409


def _page(stale: Stale, edited: Versioned) -> str:
    spec = editables.of(edited)
    thing = spec.load(edited)
    now = spec.values_at(thing, thing.revision_count) or {}
    base = _base(spec, thing, stale)
    typed = {
        name: value.replace("\r\n", "\n")
        for name, value in request.form.items()
        if name not in INTERNAL_FIELDS
    }
    fields = [field for field in spec.fields if field.name in typed or _is_unticked(field, spec, typed)]
    rows = [_row(field, now.get(field.name, ""), typed.get(field.name, ""), base) for field in fields]
    named = {field.name for field in fields}
    others = {
        name: value
        for name, value in typed.items()
        if name not in named and len(value) <= MAX_OTHER_CHARACTERS
    }
    return render_template(
        "posts/conflict.html",
        thing=thing,
        path=spec.path(thing),
        last=spec.last_edit(thing),
        rows=rows,
        conflicts=[row for row in rows if row.state == "conflict"],
        has_mine=any(row.proposed != row.mine for row in rows),
        others=others,
        shown_others={name: value for name, value in others.items() if value and name not in HIDDEN_FIELDS},
        since=[] if rows else _since(spec, base, now),
        sent_to=request.full_path,
    )


def _is_unticked(field: Field, spec: Editable, typed: dict) -> bool:
    """Whether this is an unchecked checkbox of the submitted form, which browsers do not send."""
    return field.kind == "flag" and any(other.name in typed for other in spec.fields)


def _base(spec: Editable, thing: Versioned, stale: Stale) -> Values | None:
    """The form values of the version from which the edit was made; None when unknown."""
    numbers = [
        number
        for each in stale.expected or ()
        if (number := versions.number_of(each, thing)) is not None and number < thing.revision_count
    ]
    return spec.values_at(thing, max(numbers)) if numbers else None


def _row(field: Field, theirs: str, mine: str, base: Values | None) -> Row:
    was = None if base is None or field.name not in base else _normalize(field, base[field.name])
    now = _normalize(field, theirs)
    typed = _normalize(field, mine)
    if now == typed:
        return Row(field, now, typed, typed, typed, "same")
    if was is None:
        both = f"{now}\n\n{typed}" if field.kind in ("text", "lines") and now and typed else typed or now
        return Row(field, now, typed, typed, both, "conflict")
    if was in (now, typed):
        changed = typed if was == now else now
        return Row(field, now, typed, changed, changed, "mine" if was == now else "theirs")
    if field.kind in SEPARATORS:
        merged = merging.merge_sets(was, typed, now, SEPARATORS[field.kind])
        return Row(field, now, typed, merged, merged, "merged")
    if field.kind == "text":
        merged = merging.merge(was, typed, now)
        if merged.is_clean:
            return Row(field, now, typed, merged.text, merged.text, "merged")
        return Row(field, now, typed, typed, merged.text, "conflict")
    return Row(field, now, typed, typed, typed, "conflict")


def _normalize(field: Field, value: str) -> str:
    """A value without insignificant differences."""
    if field.kind == "flag":
        return "1" if value.lower() in ("1", "true", "on", "yes") else ""
    if field.kind == "words":
        return " ".join(sorted(set(value.replace(",", " ").lower().split())))
    if field.kind == "lines":
        return "\n".join(sorted({line.strip() for line in value.splitlines() if line.strip()}))
    return value.replace("\r\n", "\n").strip() if field.kind == "text" else " ".join(value.split())


def _since(spec: Editable, base: Values | None, now: Values) -> list[tuple[Field, list[diffs.Row]]]:
    """The changes since `base`, for a form without fields of the object, such as restoring a revision."""
    if base is None:
        return []
    return [
        (field, diffs.side_by_side(base.get(field.name, ""), now.get(field.name, "")))
        for field in spec.fields
        if base.get(field.name, "") != now.get(field.name, "")
    ]
