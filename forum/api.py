"""Questions and answers in the API."""

from auth import tokens
from core.api.api import WRITE, ApiBlueprint, listing, page_of, saved
from core.database import versions
from core.database.paging import Page
from core.database.versions import with_etag
from core.web.access import get_or_404
from forum import actions, policy, queries, schemas
from forum.models import Answer, Question
from posts import actions as posts
from posts import api as post_api
from posts import policy as post_policy
from posts.tags.queries import tag_named

bp = ApiBlueprint("questions", __name__, description="Questions and answers")


def question_item(question: Question) -> dict:
    """A question as JSON."""
    return {
        **post_api.item(question),
        "answer_count": question.answer_count,
        "accepted_answer_id": question.accepted_answer_id,
        "closed_at": question.closed_at,
        "close_reason": question.close_reason,
        "close_note": question.close_note,
    }


def answer_item(answer: Answer) -> dict:
    """An answer as JSON."""
    return {**post_api.item(answer), "is_accepted": answer.accepted}


def _question(question_id: int) -> Question:
    return get_or_404(queries.get_question(question_id, tokens.reader()))


def _answer(answer_id: int) -> Answer:
    return get_or_404(queries.get_answer(answer_id, tokens.reader()))


@bp.get("/questions")
@bp.arguments(schemas.QuestionQuery, location="query")
@bp.response(200, page_of(schemas.QuestionItem))
def list_questions(wanted: dict) -> dict:
    """Public questions, optionally with one tag."""
    sort = wanted["sort"]
    after = wanted.get("after")
    reader = tokens.reader()
    if "tag" not in wanted:
        return listing(queries.questions(sort, reader, after), question_item)
    tag = tag_named(wanted["tag"])
    return listing(
        queries.questions_tagged(tag, sort, reader, after) if tag else Page([], None), question_item
    )


@bp.post("/questions")
@tokens.bearer(WRITE)
@bp.arguments(schemas.QuestionSchema)
@bp.response(201, schemas.QuestionItem)
def ask_question(data: dict) -> dict:
    """Ask a question. A new member's first post may need approval (status pending)."""
    question = actions.ask(data["title"], data["body"], data["tags"], by=tokens.member())
    return saved(question, question_item)


@bp.get("/questions/<int:question_id>")
@bp.response(200, schemas.QuestionPageItem)
def get_question(question_id: int) -> dict:
    """A question with its first answers."""
    question = _question(question_id)
    reader = tokens.reader()
    canonical = queries.duplicate_of(question, reader)
    return with_etag(
        question,
        {
            **question_item(question),
            "duplicate_of": canonical and post_api.item(canonical),
            "answers": listing(queries.answers(question, reader), answer_item),
        },
    )


@bp.patch("/questions/<int:question_id>")
@tokens.bearer(WRITE)
@bp.arguments(schemas.EditQuestionSchema(partial=True))
@bp.response(200, schemas.QuestionItem)
def edit_question(data: dict, question_id: int) -> dict:
    """Edit the fields that are sent. The old version is kept as a revision."""
    question = _question(question_id)
    user = tokens.permitted(post_policy.can_edit, question)
    posts.revise(
        question,
        data.get("body", question.rendered),
        by=user,
        title=data.get("title"),
        tags=data.get("tags"),
        summary=data.get("summary", ""),
        expected=versions.expected_by_header(),
    )
    return saved(question, question_item)


@bp.post("/questions/<int:question_id>/close")
@tokens.bearer(WRITE)
@bp.arguments(schemas.CloseSchema)
@bp.response(200, schemas.QuestionItem)
def close_question(data: dict, question_id: int) -> dict:
    """Close a question to new answers."""
    question = _question(question_id)
    user = tokens.permitted(policy.can_close, question)
    versions.require_header(question)
    actions.close(question, data["reason"], by=user, note=data["note"], duplicate_of=data["duplicate_of"])
    return saved(question, question_item)


@bp.post("/questions/<int:question_id>/reopen")
@tokens.bearer(WRITE)
@bp.response(200, schemas.QuestionItem)
def reopen_question(question_id: int) -> dict:
    """Reopen a closed question."""
    question = _question(question_id)
    user = tokens.permitted(policy.can_close, question)
    versions.require_header(question)
    actions.reopen(question, by=user)
    return saved(question, question_item)


@bp.get("/questions/<int:question_id>/answers")
@bp.arguments(schemas.AnswerQuery, location="query")
@bp.response(200, page_of(schemas.AnswerItem))
def list_answers(wanted: dict, question_id: int) -> dict:
    """Answers to a question: accepted first, then by score; or by time."""
    page = queries.answers(_question(question_id), tokens.reader(), wanted.get("after"), wanted["sort"])
    return listing(page, answer_item)


@bp.post("/questions/<int:question_id>/answers")
@tokens.bearer(WRITE)
@bp.arguments(schemas.AnswerSchema)
@bp.response(201, schemas.AnswerItem)
def answer_question(data: dict, question_id: int) -> dict:
    """Answer a question. A new member's first post may need approval."""
    answer = actions.answer(_question(question_id), data["body"], by=tokens.member())
    return saved(answer, answer_item)


@bp.get("/answers/<int:answer_id>")
@bp.response(200, schemas.AnswerItem)
def get_answer(answer_id: int) -> dict:
    """One answer."""
    answer = _answer(answer_id)
    return with_etag(answer, answer_item(answer))


@bp.patch("/answers/<int:answer_id>")
@tokens.bearer(WRITE)
@bp.arguments(schemas.EditAnswerSchema)
@bp.response(200, schemas.AnswerItem)
def edit_answer(data: dict, answer_id: int) -> dict:
    """Edit an answer. The old text is kept as a revision."""
    answer = _answer(answer_id)
    user = tokens.permitted(post_policy.can_edit, answer)
    posts.revise(
        answer, data["body"], by=user, summary=data["summary"], expected=versions.expected_by_header()
    )
    return saved(answer, answer_item)


@bp.post("/answers/<int:answer_id>/accept")
@tokens.bearer(WRITE)
@bp.response(200, schemas.AnswerItem)
def accept_answer(answer_id: int) -> dict:
    """Accept an answer instead of any other (asker only)."""
    answer = _answer(answer_id)
    user = tokens.permitted(policy.can_accept, answer.thread, answer)
    versions.require_header(answer)
    actions.accept(answer, by=user)
    return saved(answer, answer_item)


@bp.post("/answers/<int:answer_id>/unaccept")
@tokens.bearer(WRITE)
@bp.response(200, schemas.AnswerItem)
def unaccept_answer(answer_id: int) -> dict:
    """Unaccept an answer (asker only)."""
    answer = _answer(answer_id)
    user = tokens.permitted(policy.can_accept, answer.thread, answer)
    versions.require_header(answer)
    actions.unaccept(answer, by=user)
    return saved(answer, answer_item)
