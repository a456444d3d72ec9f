"""Converts the input of forms and of the API to arguments of actions, and bulletins to form values."""

from dataclasses import replace

from flask_babel import gettext as _

from advisories.advisory import Advisory, Note
from advisories.codec import load
from auth.models import User
from bulletins import actions, queries, rows
from bulletins.drafting import changes
from bulletins.drafting.lines import BadLine, Lines, lines_of, split_cells
from bulletins.mitigations import actions as mitigation_actions
from bulletins.models import Bulletin
from bulletins.schemas import BULLETIN_LIMITS, REFERENCE
from core.database.versions import Expected
from core.web.forms import Invalid
from posts import actions as posts
from posts.revisions import history
from posts.revisions.history import State
from posts.text_limits import check_edit

LINE_FIELDS = ("vulnerabilities", "affected", "remedies")
ISSUE_CELLS = ("update", "url", "details")


def create(data: dict, *, by: User) -> Bulletin:
    """Create a bulletin from validated data of BulletinSchema. Raises Invalid, TooMany."""
    blank = Advisory(format="csaf", tracking_id="", title=data["title"], publisher="")
    bulletin = actions.create(_parts(blank, data), by=by, is_out_of_band=data["is_out_of_band"])
    _set_local_facts(bulletin, data, by)
    return bulletin


def update(bulletin: Bulletin, data: dict, *, by: User, expected: Expected = None) -> None:
    """Change a bulletin to validated data; missing fields stay. Raises Invalid, versions.Stale."""
    check_edit(bulletin, BULLETIN_LIMITS, title=data.get("title"), is_imported=bool(bulletin.imported))
    was = posts.begin_edit(bulletin, expected)
    parts = _parts(rows.to_advisory(bulletin, with_local=False), data)
    _set_local_facts(bulletin, data, by)
    actions.edit(
        bulletin,
        parts,
        by=by,
        change=data.get("change", ""),
        is_out_of_band=data.get("is_out_of_band"),
        was=was,
    )


def form_values(bulletin: Bulletin) -> dict[str, object]:
    """The form values of a bulletin."""
    return {**form_values_at(history.current(bulletin)), "is_out_of_band": bulletin.is_out_of_band}


def form_values_at(state: State) -> dict[str, str]:
    """The form values of a bulletin at one of its revisions."""
    found = {"title": state.title, "body": state.body}
    if state.facts is None:
        return found
    advisory = load(Advisory, state.facts["advisory"])
    lines = lines_of(advisory)
    issues = [
        " | ".join((each["update"], each["url"], each["details"].replace("\n", "\\n")))
        for each in state.facts["known_issues"]
    ]
    return found | {
        "severity": advisory.severity,
        "is_out_of_band": "1" if state.facts["is_out_of_band"] else "",
        "known_issues": "\n".join(issues),
        "supersedes": "\n".join(state.facts["supersedes"]),
        **{name: "\n".join(getattr(lines, name)) for name in LINE_FIELDS},
    }


def compared_values(state: State) -> dict[str, str]:
    """form_values_at() with the mitigations, for the comparison of two revisions."""
    facts = (state.facts or {}).get("mitigations", ())
    mitigations = [
        " | ".join(
            filter(
                None,
                (
                    row["layer"],
                    row["kind"],
                    row["text"],
                    row["blocks"],
                    row["side_effects"],
                    *(str(step) for step in row["steps"]),
                ),
            )
        )
        for row in facts
    ]
    return form_values_at(state) | {"mitigations": "\n".join(mitigations)}


def _parts(advisory: Advisory, data: dict) -> dict:
    """The fields of Advisory that the data change. Raises Invalid."""
    parts = {name: data[name] for name in ("title", "severity") if name in data}
    if (
        "title" in parts
        and advisory.title.startswith(parts["title"])
        and len(advisory.title) > rows.MAX_TITLE_CHARACTERS
    ):
        parts["title"] = advisory.title  # the form shows only its beginning
    if "body" in data:
        parts["notes"] = _notes(advisory, data["body"].source if data["body"] else "")
    known = lines_of(advisory)
    lines = Lines(*(tuple(data.get(name, getattr(known, name))) for name in LINE_FIELDS))
    try:
        return parts | changes.apply_lines(advisory, lines)
    except BadLine as error:
        field = next(name for name in LINE_FIELDS if error.line in getattr(lines, name))
        message = error.reason or _("Cannot read this line: %(line)s", line=error.line[:100])
        raise Invalid({field: [message]}) from error


def _notes(advisory: Advisory, text: str) -> list[Note]:
    notes = list(advisory.notes)
    place = rows.body_note(advisory)
    if place is None:
        return [Note("summary", text), *notes] if text else notes
    if not text:
        return notes[:place] + notes[place + 1 :]
    notes[place] = replace(notes[place], text=text)
    return notes


def _set_local_facts(bulletin: Bulletin, data: dict, by: User) -> None:
    """Set what is not part of the document: known issues, and the superseded bulletins."""
    if "known_issues" in data:
        issues = [
            dict(zip(ISSUE_CELLS, split_cells(line, 3, with_newlines=True), strict=True))
            for line in data["known_issues"]
        ]
        if any(
            not issue["details"] or (issue["url"] and not issue["url"].startswith("http")) for issue in issues
        ):
            raise Invalid({"known_issues": [_("Describe the issue: update | link | known issue")]})
        mitigation_actions.set_issues(bulletin, issues, by=by)
    if "supersedes" in data:
        wanted = {line.upper() for line in data["supersedes"]}
        others = queries.by_references(wanted) if all(map(REFERENCE.match, wanted)) else []
        if len(others) < len(wanted):
            raise Invalid({"supersedes": [_("This bulletin does not exist.")]})
        actions.supersede(bulletin, others)
