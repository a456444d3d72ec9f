"""Questions and answers in the API."""

from auth import tokens
from core.api.api import WRITE, ApiBlueprint, listing, page_of
from core.database import versions
from core.database.db import db
from core.database.paging import Page
from core.database.versions import tagged
from core.web.access import get_or_404, require
from core.web.forms import Invalid
from forum import actions, policy, queries, schemas
from forum.models import Answer, Question
from posts import actions as posts
from posts import api as post_api
from posts import policy as post_policy
from posts import queries as post_queries

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
def list_questions(wanted: dict):
    """Public questions in one of the orders, with one tag or all."""
    sort, after, reader = wanted["sort"], wanted.get("after"), tokens.reader()
    if "tag" not in wanted:
        return listing(queries.questions(sort, reader, after), question_item)
    tag = post_queries.tag_named(wanted["tag"])
    return listing(
        queries.questions_tagged(tag, sort, reader, after) if tag else Page([], None), question_item
    )


@bp.post("/questions")
@tokens.bearer(WRITE)
@bp.arguments(schemas.QuestionSchema)
@bp.response(201, schemas.QuestionItem)
def ask_question(data: dict):
    """Ask a question; a newcomer's first may wait for approval (status pending)."""
    user = tokens.reader()
    require(policy.can_ask(user))
    posts.limit_posting(user)
    made = actions.ask(
        data["title"], data["body"], data["tags"], by=user, status=post_queries.first_status(user)
    )
    db.session.commit()
    return tagged(made, question_item(made))


@bp.get("/questions/<int:question_id>")
@bp.response(200, schemas.QuestionPageItem)
def get_question(question_id: int):
    """A question with its first answers."""
    question, reader = _question(question_id), tokens.reader()
    canonical = queries.duplicate_of(question, reader)
    return tagged(
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
def edit_question(data: dict, question_id: int):
    """Change what is sent, keep the rest; what it was is kept as a revision."""
    question, user = _question(question_id), tokens.reader()
    require(post_policy.can_edit(user, question))
    posts.revise(
        question,
        data.get("body", question.rendered),
        by=user,
        title=data.get("title"),
        tags=data.get("tags"),
        summary=data.get("summary", ""),
        expected=versions.expected_by_header(),
    )
    db.session.commit()
    return tagged(question, question_item(question))


@bp.post("/questions/<int:question_id>/close")
@tokens.bearer(WRITE)
@bp.arguments(schemas.CloseSchema)
@bp.response(200, schemas.QuestionItem)
def close_question(data: dict, question_id: int):
    """Close a question to new answers."""
    question, user, canonical = _question(question_id), tokens.reader(), None
    require(policy.can_close(user, question))
    versions.require_header(question)
    if data["reason"] == "duplicate":
        canonical = queries.canonical_question(data["duplicate_of"], question, user)
        if canonical is None:
            raise Invalid({"duplicate_of": str(schemas.NO_CANONICAL)})
    actions.close(question, data["reason"], by=user, note=data["note"], duplicate_of=canonical)
    db.session.commit()
    return tagged(question, question_item(question))


@bp.post("/questions/<int:question_id>/reopen")
@tokens.bearer(WRITE)
@bp.response(200, schemas.QuestionItem)
def reopen_question(question_id: int):
    """Open a closed question again."""
    question, user = _question(question_id), tokens.reader()
    require(policy.can_close(user, question))
    versions.require_header(question)
    actions.reopen(question, by=user)
    db.session.commit()
    return tagged(question, question_item(question))


@bp.get("/questions/<int:question_id>/answers")
@bp.arguments(schemas.AnswerQuery, location="query")
@bp.response(200, page_of(schemas.AnswerItem))
def list_answers(wanted: dict, question_id: int):
    """Answers of a question: the accepted one first, then by score; or as they came."""
    page = queries.answers(_question(question_id), tokens.reader(), wanted.get("after"), wanted["sort"])
    return listing(page, answer_item)


@bp.post("/questions/<int:question_id>/answers")
@tokens.bearer(WRITE)
@bp.arguments(schemas.AnswerSchema)
@bp.response(201, schemas.AnswerItem)
def answer_question(data: dict, question_id: int):
    """Answer a question; a newcomer's first post may wait for approval."""
    question, user = _question(question_id), tokens.reader()
    require(policy.can_answer(user, question))
    posts.limit_posting(user)
    made = actions.answer(question, data["body"], by=user, status=post_queries.first_status(user))
    db.session.commit()
    return tagged(made, answer_item(made))


@bp.get("/answers/<int:answer_id>")
@bp.response(200, schemas.AnswerItem)
def get_answer(answer_id: int):
    """One answer."""
    answer = _answer(answer_id)
    return tagged(answer, answer_item(answer))


@bp.patch("/answers/<int:answer_id>")
@tokens.bearer(WRITE)
@bp.arguments(schemas.EditAnswerSchema)
@bp.response(200, schemas.AnswerItem)
def edit_answer(data: dict, answer_id: int):
    """Change an answer; what it was is kept as a revision."""
    answer, user = _answer(answer_id), tokens.reader()
    require(post_policy.can_edit(user, answer))
    posts.revise(
        answer, data["body"], by=user, summary=data["summary"], expected=versions.expected_by_header()
    )
    db.session.commit()
    return tagged(answer, answer_item(answer))


@bp.post("/answers/<int:answer_id>/accept")
@tokens.bearer(WRITE)
@bp.response(200, schemas.AnswerItem)
def accept_answer(answer_id: int):
    """Accept an answer in place of any other (the asker)."""
    answer, user = _answer(answer_id), tokens.reader()
    require(policy.can_accept(user, answer.parent, answer))
    versions.require_header(answer)
    actions.accept(answer, by=user)
    db.session.commit()
    return tagged(answer, answer_item(answer))


@bp.post("/answers/<int:answer_id>/unaccept")
@tokens.bearer(WRITE)
@bp.response(200, schemas.AnswerItem)
def unaccept_answer(answer_id: int):
    """Take the acceptance back (the asker)."""
    answer, user = _answer(answer_id), tokens.reader()
    require(policy.can_accept(user, answer.parent, answer))
    versions.require_header(answer)
    actions.unaccept(answer, by=user)
    db.session.commit()
    return tagged(answer, answer_item(answer))
