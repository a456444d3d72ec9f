"""Pages of tags: the list, a tag with its questions, descriptions and their history; suggestions."""

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_required

from auth.current_user import current_user, me
from auth.privileges import Privilege, threshold
from core.cache.dependencies import depends_on
from core.cache.page_cache import cached_for_visitors
from core.database import versions
from core.database.db import db
from core.web.access import get_or_404, require
from core.web.forms import Form
from forum import queries
from forum.views import bp, requested_sort
from posts import policy
from posts.models import FactRevision
from posts.revisions import diffs, fact_revisions
from posts.tags import actions
from posts.tags import queries as tag_queries
from posts.tags.queries import tag_named
from posts.tags.schemas import NewTagSchema, TagSchema, is_tag, tag_name

MAX_SUGGESTIONS = 8


@bp.get("/tags")
@cached_for_visitors
def tags() -> ResponseReturnValue:
    """Tags by number of posts; `?q=` filters by name."""
    return _tags_page(Form(NewTagSchema))


@bp.post("/tags")
@login_required
def make_tag() -> ResponseReturnValue:
    """Create a tag that no post has yet."""
    form = Form(NewTagSchema)
    valid = form.validate()
    require(policy.can_describe_tags(me()), _why_not_describe())
    if valid and tag_named(form.data["name"]):
        form.fail("name", _("This tag already exists."))
    elif valid:
        actions.describe(form.data["name"], form.data["excerpt"], by=me())
        db.session.commit()
        flash(_("Tag %(name)s created.", name=form.data["name"]))
        return redirect(url_for("forum.tags"))
    return _tags_page(form), 422


def _tags_page(form: Form) -> str:
    depends_on(lists=["kind:question"])
    like = request.args.get("q", "").strip()[:40]
    page = tag_queries.tags(request.args.get("after"), like=like)
    can_describe = policy.can_describe_tags(current_user)
    is_new = can_describe and not page.items and is_tag(tag_name(like))
    return render_template(
        "forum/tags.html",
        page=page,
        q=like,
        new=tag_name(like) if is_new else "",
        form=form,
        can_describe=can_describe,
    )


def _why_not_describe() -> str:
    return _("You need %(n)s reputation to edit tag descriptions.", n=threshold(Privilege.EDIT_ANY))


@bp.get("/tags.json")
def suggest_tags() -> ResponseReturnValue:
    """The most used tags whose name contains the text being typed, as JSON."""
    like = request.args.get("q", "").strip()[:40]
    found = tag_queries.tags(size=MAX_SUGGESTIONS, like=like) if like else []
    return jsonify(items=[{"text": tag.name, "kind": f"{tag.post_count:,}"} for tag in found])


@bp.get("/tags/<name>")
@cached_for_visitors
def tag(name: str) -> ResponseReturnValue:
    """Questions with one tag."""
    tag = get_or_404(tag_named(name))
    depends_on(lists=["kind:question"])
    sort = requested_sort()
    return render_template(
        "forum/tag.html",
        tag=tag,
        sort=sort,
        page=queries.questions_tagged(tag, sort, current_user, request.args.get("after")),
        url=url_for("forum.tag", name=tag.name),
        can_describe=policy.can_describe_tags(current_user),
    )


@bp.route("/tags/<name>/edit", methods=["GET", "POST"])
@login_required
def edit_tag(name: str) -> ResponseReturnValue:
    """Edit the description of a tag; a new name becomes a tag."""
    name = tag_name(name)
    form = Form(TagSchema)
    valid = form.validate_on_submit()
    get_or_404(is_tag(name) or None)
    require(policy.can_describe_tags(me()), _why_not_describe())
    if valid:
        actions.describe(name, form.data["excerpt"], by=me(), expected=form.expected)
        db.session.commit()
        return redirect(url_for("forum.tag", name=name))
    known = tag_named(name)
    if request.method == "GET" and known is not None:
        form.values = {"excerpt": known.excerpt}
    return form.page("forum/tag_edit.html", name=name, tag=known)


@bp.get("/tags/<name>/history")
def tag_history(name: str) -> ResponseReturnValue:
    """The revisions of the description of a tag, the newest first."""
    tag = get_or_404(tag_named(name))
    page = fact_revisions.page(tag, request.args.get("after"))
    older = fact_revisions.get(tag, page.items[-1].number - 1) if page.items else None
    return render_template(
        "forum/tag_history.html",
        tag=tag,
        page=page,
        rows=_differences([*page, *([older] if older else [])]),
        can_restore=policy.can_describe_tags(current_user),
    )


def _excerpt(revision: FactRevision | None) -> str:
    return (revision.facts or {}).get("excerpt", "") if revision is not None else ""


def _differences(revisions: list[FactRevision]) -> dict[int, list]:
    """The changes of each revision to the one before it, by number."""
    before = {revision.number + 1: revision for revision in revisions}
    return {
        revision.number: diffs.side_by_side(
            _excerpt(before.get(revision.number)),
            _excerpt(revision),
        )
        for revision in revisions
    }


@bp.post("/tags/<name>/history/<int:number>/restore")
@login_required
def restore_tag(name: str, number: int) -> ResponseReturnValue:
    """Restore an old description."""
    tag = get_or_404(tag_named(name))
    require(policy.can_describe_tags(me()))
    wanted = get_or_404(fact_revisions.get(tag, number))
    require(wanted.redacted_at is None)
    actions.describe(
        tag.name,
        wanted.facts["excerpt"],
        by=me(),
        expected=versions.expected_by_form(),
        summary=f"Restored revision {number}",
    )
    db.session.commit()
    return redirect(url_for("forum.tag_history", name=tag.name))
