"""Converts the input of forms and of the API to fields of mitigations, and mitigations to form values."""

from flask_babel import gettext as _
from sqlalchemy import select

from bulletins.drafting.lines import split_cells
from bulletins.mitigations import actions, queries
from bulletins.models import Mitigation
from bulletins.schemas import ARTICLE
from core.database.db import db
from core.web.forms import Invalid
from posts.models import Post

STEP_CELLS = ("text", "command", "check", "undo")


def facts_from(data: dict, mitigation: Mitigation | None = None) -> dict:
    """Validated data of MitigationSchema as MITIGATION_FIELDS, for `mitigation` or a new one. Raises Invalid.

    Mitigations of documents need no text: theirs is not changed.
    """
    if not data["text"] and (mitigation is None or mitigation.is_ours):
        raise Invalid({"text": [_("Describe what to do.")]})
    facts = {name: data[name] for name in ("layer", "kind", "text", "blocks", "side_effects", "url")}
    steps = [
        dict(zip(STEP_CELLS, split_cells(line, 4, with_newlines=True), strict=True)) for line in data["steps"]
    ]
    return {**facts, "steps": steps, "article_id": _article_id(data["article"])}


def _article_id(reference: str) -> int | None:
    """The id of the public article with this number or address; None for an empty reference."""
    match = ARTICLE.match(reference)
    if match is None or match[1] is None:
        return None
    article_id = int(match[1])
    is_public = select(Post.id).where(Post.id == article_id, Post.kind == "article", Post.is_public)
    if db.session.scalar(is_public) is None:
        raise Invalid({"article": [_("There is no public article with this number.")]})
    return article_id


def form_values(mitigation: Mitigation) -> dict[str, str]:
    """The form values of a mitigation."""
    return _form_values(actions.facts_of(mitigation))


def _form_values(facts: dict) -> dict[str, str]:
    steps = [" | ".join(step.get(name, "") for name in STEP_CELLS).rstrip(" |") for step in facts["steps"]]
    return {
        **{name: facts[name] for name in ("layer", "kind", "text", "blocks", "side_effects", "url")},
        "steps": "\n".join(steps),
        "article": str(facts["article_id"] or ""),
    }


def form_values_at(mitigation: Mitigation, number: int) -> dict[str, str] | None:
    """The form values at one of its versions, from the revisions of its bulletin; None if unknown."""
    if number == mitigation.revision_count:
        return form_values(mitigation)
    facts = queries.facts_at_version(mitigation, number)
    return None if facts is None else _form_values(facts)
