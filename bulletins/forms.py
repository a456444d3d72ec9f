"""From what a form or a program sent to what actions take, and a bulletin back into a form."""

from dataclasses import replace

from flask_babel import gettext as _

from advisories.advisory import Advisory, Note
from advisories.codec import load
from bulletins import actions, drafting, queries, rows
from bulletins.drafting import BadLine, Lines
from bulletins.mitigations import actions as mitigation_actions
from bulletins.models import Bulletin, Mitigation
from bulletins.schemas import ARTICLE, BULLETIN_LIMITS, REFERENCE
from core.database.db import db
from core.database.versions import Expected
from core.web.forms import Invalid
from posts import actions as posts
from posts.models import Post
from posts.revisions import history
from posts.revisions.history import State
from posts.text_limits import check_edit

LISTS = ("vulnerabilities", "affected", "remedies")
STEP = ("text", "command", "check", "undo")
ISSUE = ("update", "url", "details")


def create(data: dict, *, by) -> Bulletin:
    """Begin a bulletin with checked data of BulletinSchema. Raises Invalid."""
    blank = Advisory(format="csaf", tracking_id="", title=data["title"], publisher="")
    bulletin = actions.create(_parts(blank, data), by=by, is_out_of_band=data["is_out_of_band"])
    _beside(bulletin, data, by)
    return bulletin


def update(bulletin: Bulletin, data: dict, *, by, expected: Expected = None) -> None:
    """Bring a bulletin to checked data, of which any part may be missing. Raises Invalid, versions.Stale."""
    check_edit(bulletin, BULLETIN_LIMITS, title=data.get("title"), is_imported=bool(bulletin.imported))
    was = posts.begin_edit(bulletin, expected)
    parts = _parts(rows.to_advisory(bulletin, with_ours=False), data)
    _beside(bulletin, data, by)
    actions.edit(
        bulletin,
        parts,
        by=by,
        change=data.get("change", ""),
        is_out_of_band=data.get("is_out_of_band"),
        was=was,
    )


def form_values(bulletin: Bulletin) -> dict[str, object]:
    """A bulletin as its form shows it."""
    return form_values_at(history.present(bulletin)) | {"is_out_of_band": bulletin.is_out_of_band}


def form_values_at(state: State) -> dict[str, str]:
    """What its form showed of a bulletin at one of its revisions."""
    found = {"title": state.title, "body": state.body}
    if state.facts is None:
        return found
    said = load(Advisory, state.facts["advisory"])
    lines = drafting.lines_of(said)
    issues = [
        " | ".join((each["update"], each["url"], each["details"].replace("\n", "\\n")))
        for each in state.facts["known_issues"]
    ]
    return found | {
        "severity": said.severity,
        "is_out_of_band": "1" if state.facts["is_out_of_band"] else "",
        "known_issues": "\n".join(issues),
        "supersedes": "\n".join(state.facts["supersedes"]),
        **{name: "\n".join(getattr(lines, name)) for name in LISTS},
    }


def compared_values(state: State) -> dict[str, str]:
    """values_of() with the mitigations, for a page that compares two revisions."""
    rows_of = (state.facts or {}).get("mitigations", ())
    shield = [
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
        for row in rows_of
    ]
    return form_values_at(state) | {"mitigations": "\n".join(shield)}


def mitigation_facts(data: dict) -> dict:
    """Checked data of MitigationSchema as mitigation_actions.FACTS. Raises Invalid."""
    facts = {name: data[name] for name in ("layer", "kind", "text", "blocks", "side_effects", "url")}
    steps = [dict(zip(STEP, _cells(line, 4), strict=True)) for line in data["steps"]]
    number = int(ARTICLE.match(data["article"])[1]) if data["article"] else None
    if (
        number is not None
        and db.session.scalar(
            db.select(Post.id).where(Post.id == number, Post.kind == "article", Post.is_public)
        )
        is None
    ):
        raise Invalid({"article": [_("There is no public article with this number.")]})
    return {**facts, "steps": steps, "article_id": number}


def mitigation_values(mitigation: Mitigation) -> dict[str, object]:
    """A mitigation as its form shows it."""
    return mitigation_values_of(mitigation_actions.facts_of(mitigation))


def mitigation_values_of(facts: dict) -> dict[str, str]:
    """What its form showed of mitigation_actions.facts_of() a mitigation."""
    steps = [" | ".join(step.get(name, "") for name in STEP).rstrip(" |") for step in facts["steps"]]
    return {
        **{name: facts[name] for name in ("layer", "kind", "text", "blocks", "side_effects", "url")},
        "steps": "\n".join(steps),
        "article": str(facts["article_id"] or ""),
    }


def mitigation_values_at(mitigation: Mitigation, number: int) -> dict[str, str] | None:
    """What its form showed at a version, which the revisions of its bulletin keep."""
    if number == mitigation.revision_count:
        return mitigation_values(mitigation)
    kept = queries.mitigation_facts(mitigation, number)
    return kept and mitigation_values_of(kept)


def _parts(advisory: Advisory, data: dict) -> dict:
    """The fields of Advisory that the data change."""
    parts = {name: data[name] for name in ("title", "severity") if name in data}
    if "title" in parts and advisory.title.startswith(parts["title"]) and len(advisory.title) > rows.TITLE:
        parts["title"] = advisory.title  # the form shows its beginning
    if "body" in data:
        parts["notes"] = _notes(advisory, data["body"].source if data["body"] else "")
    known = drafting.lines_of(advisory)
    lines = Lines(*(tuple(data.get(name, getattr(known, name))) for name in LISTS))
    try:
        return parts | drafting.apply(advisory, lines)
    except BadLine as error:
        field = next(name for name in LISTS if error.line in getattr(lines, name))
        said = error.why or _("This line cannot be read: %(line)s", line=error.line[:100])
        raise Invalid({field: [said]}) from error


def _notes(advisory: Advisory, text: str) -> list[Note]:
    notes, place = list(advisory.notes), rows.body_note(advisory)
    if place is None:
        return [Note("summary", text), *notes] if text else notes
    if not text:
        return notes[:place] + notes[place + 1 :]
    notes[place] = replace(notes[place], text=text)
    return notes


def _beside(bulletin: Bulletin, data: dict, by) -> None:
    """What no document says: known issues written here, and which bulletins it supersedes."""
    if "known_issues" in data:
        issues = [dict(zip(ISSUE, _cells(line, 3), strict=True)) for line in data["known_issues"]]
        if any(
            not issue["details"] or (issue["url"] and not issue["url"].startswith("http")) for issue in issues
        ):
            raise Invalid({"known_issues": [_("Say what goes wrong: update | link | what goes wrong")]})
        mitigation_actions.set_issues(bulletin, issues, by=by)
    if "supersedes" in data:
        wanted = {line.upper() for line in data["supersedes"]}
        others = queries.by_references(wanted) if all(map(REFERENCE.match, wanted)) else []
        if len(others) < len(wanted):
            raise Invalid({"supersedes": [_("There is no such bulletin.")]})
        actions.supersede(bulletin, others)


def _cells(line: str, number: int) -> list[str]:
    cells = [cell.strip().replace("\\n", "\n") for cell in line.split("|", number - 1)]
    return cells + [""] * (number - len(cells))
