"""Converts the input of forms and of the API to arguments of actions, and bulletins to form values."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import datetime, tzinfo

from flask import current_app
from flask_babel import gettext as _

from advisories.advisory import Advisory, Note
from advisories.codec import load
from auth.models import User
from bulletins import actions, queries, rows
from bulletins.drafting import changes
from bulletins.drafting.lines import BadLine, Lines, split_cells
from bulletins.mitigations import actions as mitigation_actions
from bulletins.models import Bulletin
from bulletins.schemas import BULLETIN_LIMITS, REFERENCE
from core.database.versions import Expected
from core.web.forms import Invalid
from posts import actions as posts
from posts.revisions import history
from posts.revisions.history import State
from posts.text_limits import check_edit

LINE_FIELDS = tuple(each.name for each in fields(Lines))
ISSUE_CELLS = ("update", "url", "details")
MAX_BAD_LINES = 10  # that are named in one answer


def site_zone() -> tzinfo:
    """The time zone in which forms take times: that of the patch day."""
    return current_app.config["REDOUBT_PATCH_DAY"].zone


def local_time(at: datetime | None) -> str:
    """A time (UTC) as `<input type="datetime-local">` takes it, in site_zone(); empty for None."""
    if at is None:
        return ""
    precision = "seconds" if at.second else "minutes"
    return at.astimezone(site_zone()).replace(tzinfo=None).isoformat(timespec=precision)


@contextmanager
def refusals(field: str) -> Iterator[None]:
    """Turn NotPossible, raised by an action in the block, into an error of `field`."""
    try:
        yield
    except actions.NotPossible as error:
        raise Invalid({field: [_("This is not possible: %(why)s.", why=str(error))]}) from error


def create(data: dict, *, by: User) -> Bulletin:
    """Create a bulletin from validated data of BulletinSchema. Raises Invalid, TooMany."""
    blank = Advisory(format="csaf", tracking_id="", title=data["title"], publisher="")
    if data.get("document_status") == actions.WITHDRAWN:
        raise Invalid({"document_status": [_("Only a public bulletin can be withdrawn.")]})
    bulletin = actions.create(_parts(blank, data), by=by, is_out_of_band=data["is_out_of_band"])
    _set_local_facts(bulletin, data, by)
    _set_schedule(bulletin, data, by)
    return bulletin


def update(bulletin: Bulletin, data: dict, *, by: User, expected: Expected = None) -> None:
    """Change a bulletin to validated data; missing fields stay. Raises Invalid, versions.Stale."""
    if why := actions.why_too_large(bulletin):
        raise Invalid({"_": [why]})
    check_edit(bulletin, BULLETIN_LIMITS, title=data.get("title"), is_imported=bool(bulletin.imported))
    was = posts.begin_edit(bulletin, expected)
    document = rows.to_advisory(bulletin, with_local=False)
    parts = _parts(document, data)
    with refusals("tlp"):
        actions.check_label(bulletin, parts.get("tlp", bulletin.tlp))
    withdrawal = _withdrawal(bulletin, data)
    if withdrawal and document.status == actions.WITHDRAWN:
        bulletin.withdrawn_reason = withdrawal
        withdrawal = ""
    elif "document_status" in data and not withdrawal:
        parts["status"] = data["document_status"]
    _set_local_facts(bulletin, data, by)
    actions.edit(
        bulletin,
        parts,
        by=by,
        change=data.get("change", ""),
        is_out_of_band=data.get("is_out_of_band"),
        was=was,
    )
    if withdrawal:
        with refusals("document_status"):
            actions.withdraw(bulletin, withdrawal, by=by)
    _set_schedule(bulletin, data, by)


def _withdrawal(bulletin: Bulletin, data: dict) -> str:
    """The reason for a withdrawal that the data ask for; empty when they ask for none."""
    if data.get("document_status") != actions.WITHDRAWN:
        return ""
    reason = data.get("withdrawn_reason", bulletin.withdrawn_reason)
    if not reason:
        raise Invalid({"withdrawn_reason": [_("Say why it is withdrawn.")]})
    return reason


def _set_schedule(bulletin: Bulletin, data: dict, by: User) -> None:
    """Set or remove the time of publication of a draft, unless it is what the form showed. Raises Invalid."""
    if "embargo_until" not in data:
        return
    at = data["embargo_until"]
    seen = data.get("embargo_seen")
    if local_time(at) in (local_time(bulletin.embargo_until), seen):
        return
    if at is None:
        actions.unschedule(bulletin)
        return
    with refusals("embargo_until"):
        scheduled = bulletin.embargo_until
        if scheduled is not None and local_time(scheduled) == seen:
            seen = scheduled.isoformat()
        actions.schedule(bulletin, at, by=by, seen=seen)


def form_values(bulletin: Bulletin) -> dict[str, object]:
    """The form values of a bulletin."""
    return {
        **form_values_at(history.current(bulletin)),
        "is_out_of_band": bulletin.is_out_of_band,
        "embargo_until": local_time(bulletin.embargo_until),
    }


def form_values_at(state: State) -> dict[str, str]:
    """The form values of a bulletin at one of its revisions."""
    found = {"title": state.title, "body": state.body}
    if state.facts is None:
        return found
    advisory = load(Advisory, state.facts["advisory"])
    lines = changes.lines_of(advisory)
    issues = [
        " | ".join((each["update"], each["url"], each["details"].replace("\n", "\\n")))
        for each in state.facts["known_issues"]
    ]
    return found | {
        "severity": advisory.severity,
        "tlp": advisory.tlp,
        "document_status": advisory.status,
        "withdrawn_reason": state.facts.get("withdrawn_reason", ""),
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
    parts = {name: data[name] for name in ("title", "severity", "tlp") if name in data}
    if (
        "title" in parts
        and advisory.title.startswith(parts["title"])
        and len(advisory.title) > rows.MAX_TITLE_CHARACTERS
    ):
        parts["title"] = advisory.title  # the form shows only its beginning
    if "body" in data:
        parts["notes"] = _notes(advisory, data["body"].source if data["body"] else "")
    known = changes.lines_of(advisory)
    lines = Lines(*(tuple(data.get(name, getattr(known, name))) for name in LINE_FIELDS))
    errors: dict[str, list[str]] = {}
    for _try in range(MAX_BAD_LINES):
        try:
            found = changes.apply_lines(advisory, lines)
            if not errors:
                return parts | found
            break
        except BadLine as error:
            field = _field_of(error.line, lines)
            errors.setdefault(field, []).append(_line_error(error.line, error.reason, field))
            if field in ("vulnerabilities", "affected"):  # what other lines refer to
                break
            others = tuple(line for line in getattr(lines, field) if line is not error.line)
            lines = replace(lines, **{field: others})
    raise Invalid(errors)


def _field_of(line: str, lines: Lines) -> str:
    """The list that a line is in."""
    for name in LINE_FIELDS:
        if any(each is line for each in getattr(lines, name)):
            return name
    return next(name for name in LINE_FIELDS if line in getattr(lines, name))


def _line_error(line: str, reason: str, field: str) -> str:
    """What is wrong with a line, with its number in the text that was typed."""
    reason = reason or _("Cannot read this: %(line)s. Write: %(shape)s", line=line[:100], shape=_shape(field))
    return _("Line %(number)s: %(reason)s", number=getattr(line, "number", "?"), reason=reason)


def _shape(field: str) -> str:
    """The cells of a line in a list."""
    return {
        "vulnerabilities": _("CVE | CVSS vector | title"),
        "affected": _("product | version | fixed build"),
        "remedies": _("kind | update | link | what to do"),
        "exploited": _("vulnerability | source | date | link | details"),
        "cwes": _("vulnerability | CWE"),
        "aliases": _("vulnerability | other name"),
        "references": _("link | text"),
        "threats": _("vulnerability | kind | date | description"),
        "stated_issues": _("vulnerability | update | link | known issue"),
        "acknowledgments": _("vulnerability | names | organization | for what | link"),
        "known_issues": _("update | link | known issue"),
    }[field]


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
        bad = [
            _line_error(line, _("Describe the issue: update | link | known issue"), "known_issues")
            for line, issue in zip(data["known_issues"], issues, strict=True)
            if not issue["details"] or (issue["url"] and not issue["url"].startswith("http"))
        ]
        if bad:
            raise Invalid({"known_issues": bad[:MAX_BAD_LINES]})
        mitigation_actions.set_issues(bulletin, issues, by=by)
    if "supersedes" in data:
        wanted = {line.upper() for line in data["supersedes"]}
        others = queries.by_references(wanted) if all(map(REFERENCE.match, wanted)) else []
        if len(others) < len(wanted):
            known = {other.reference for other in others}
            line = next(line for line in data["supersedes"] if line.upper() not in known)
            raise Invalid(
                {
                    "supersedes": [
                        _line_error(line, _("there is no bulletin %(name)s.", name=line[:40]), "supersedes")
                    ]
                }
            )
        actions.supersede(bulletin, others)
