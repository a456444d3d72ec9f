"""The forum: questions and answers."""

from flask import Flask, url_for

from core.api.api import register_api
from core.cli import import_group
from core.jobs.events import register_invalidation
from core.web.lazy_text import lazy_gettext as _
from forum import (  # noqa: F401  (handlers, exports and more views register themselves on import)
    actions,
    api,
    cli,
    conditions,
    erasure_handlers,
    export_account,
    feeds,
    redaction,
    schemas,
    tag_views,
    views,
)
from forum.models import Answer, Question
from forum.paths import answer_path, question_path
from posts import kinds
from posts.invalidation import pages_of
from posts.revisions import editables
from posts.revisions.editables import Field
from posts.revisions.history import State

register_invalidation(
    "question.created", "answer.created", "answer.revised", "answer.accepted", "answer.unaccepted"
)(pages_of)


def _question_edit_path(question: Question) -> str:
    return url_for("forum.edit_question", question_id=question.id)


def _answer_edit_path(answer: Answer) -> str:
    return url_for("forum.edit_answer", answer_id=answer.id)


def _answer_path(answer: Answer) -> str:
    return answer_path(answer.id, answer.thread)


def _question_values(state: State) -> dict[str, str]:
    return {"title": state.title, "body": state.body, "tags": " ".join(state.tags)}


def init_app(app: Flask) -> None:
    """Register the kinds of post, their editable fields and the entry points."""
    kinds.register_kind(
        kinds.Kind(
            "question",
            "question",
            question_path,
            _question_edit_path,
            edit_schema=schemas.EditQuestionSchema,
            form_values=_question_values,
            limits=schemas.QUESTION_LIMITS,
        )
    )
    kinds.register_kind(
        kinds.Kind(
            "answer",
            "answer",
            _answer_path,
            _answer_edit_path,
            edit_schema=schemas.EditAnswerSchema,
            limits=schemas.ANSWER_LIMITS,
            on_delete=actions.answer_deleted,
            on_restore=actions.answer_restored,
            concerned=actions.credited_members,
        )
    )
    editables.register_editable(
        Question,
        editables.for_posts(
            Field("title", _("Title"), is_required=True),
            Field("body", _("Text"), "text", is_required=True),
            Field("tags", _("Tags"), "words"),
        ),
    )
    editables.register_editable(
        Answer, editables.for_posts(Field("body", _("Text"), "text", is_required=True))
    )
    app.register_blueprint(views.bp)
    app.register_blueprint(feeds.bp)
    register_api(api.bp)
    import_group.add_command(cli.import_stackexchange)
