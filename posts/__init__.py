"""Posts of all kinds: comments, votes, tags, revisions, suggested edits."""

from flask import Flask, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth.models import User
from core.api.api import register_api
from core.database.db import db
from core.database.versions import Stale
from core.jobs import stored_markup
from core.mail.mail import site_url
from core.markup.markup import excerpt
from core.web.error_responses import error_response
from core.web.lazy_text import lazy_gettext
from posts import (  # noqa: F401  (these modules register their contents on import)
    api,
    conditions,
    export_account,
    feeds,
    invalidation,
    kinds,
    schemas,
    tasks,
    views,
    voting,
)
from posts.attachments import api as attachment_api  # noqa: F401
from posts.attachments import checks as attachment_checks  # noqa: F401
from posts.attachments import export_account as attachment_export  # noqa: F401
from posts.attachments import redaction as attachment_redaction  # noqa: F401
from posts.attachments import store
from posts.attachments import tasks as attachment_tasks  # noqa: F401
from posts.attachments import views as attachment_views
from posts.erasure import handlers as erasure_handlers  # noqa: F401
from posts.models import Comment, Post, Tag
from posts.revisions import api as revision_api  # noqa: F401
from posts.revisions import conflict_pages, editables
from posts.revisions import handlers as revision_handlers  # noqa: F401
from posts.suggestions import views as suggestion_views  # noqa: F401
from posts.tags import api as tag_api  # noqa: F401


def _comment_path(comment: Comment) -> str:
    page = comment.parent.url.partition("#")[0] if comment.parent else ""
    return f"{page}#comment-{comment.id}"


def _comment_edit_path(comment: Comment) -> str:
    return url_for("posts.edit_comment", post_id=comment.id)


def _vote_refused(refusal: voting.VoteRefused) -> ResponseReturnValue:
    return error_response(403, _("Forbidden"), str(refusal))


def _profile(user: User, number: int) -> dict[str, str] | None:
    """The form values of a profile; only the current version is stored."""
    if number != user.revision_count:
        return None
    return {name: getattr(user, name) for name in ("display_name", "location", "website", "about")}


def init_app(app: Flask) -> None:
    """Register kind, editables and error handlers; attach pages, feeds and API."""
    app.jinja_env.filters["excerpt"] = excerpt
    app.jinja_env.globals["site_url"] = site_url
    kinds.register_kind(
        kinds.Kind(
            "comment",
            "comment",
            _comment_path,
            _comment_edit_path,
            searchable=False,
            limits=schemas.COMMENT_LIMITS,
        )
    )
    editables.register_editable(
        Comment,
        editables.for_posts(editables.Field("body", lazy_gettext("Comment"), "text", is_required=True)),
    )
    editables.register_editable(
        Tag,
        editables.for_fact_revisions(
            (editables.Field("excerpt", lazy_gettext("When to use it"), "text", is_required=True),),
            load=lambda tag: db.session.get(Tag, tag.id, populate_existing=True),
            current_values=lambda tag: {"excerpt": tag.excerpt},
            path=lambda tag: tag.path,
        ),
    )
    editables.register_editable(
        User,
        editables.Editable(
            (
                editables.Field("display_name", lazy_gettext("Display name"), is_required=True),
                editables.Field("location", lazy_gettext("Location")),
                editables.Field("website", lazy_gettext("Website")),
                editables.Field("about", lazy_gettext("About you"), "text"),
            ),
            lambda user: db.session.get(User, user.id, populate_existing=True),
            _profile,
            lambda user: user.profile_url,
            lambda user: editables.LastEdit(user, None),
        ),
    )
    app.register_error_handler(Stale, conflict_pages.answer)
    app.register_blueprint(views.bp)
    app.register_blueprint(feeds.bp)
    store.init_app(app)
    app.register_blueprint(attachment_views.bp)
    app.register_error_handler(voting.VoteRefused, _vote_refused)
    register_api(api.bp)
    stored_markup.register_markdown(Post, "body", "body_html")
