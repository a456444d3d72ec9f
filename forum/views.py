"""Pages of the forum: lists, ask, the question page, accept, close."""

from flask import Blueprint, flash, jsonify, redirect, render_template, request
from flask_babel import gettext as _
from flask_login import login_required

from auth.current_user import current_user, me
from core.cache.page_cache import cached_for_visitors
from core.database.db import db
from core.web.access import get_or_404, require
from core.web.forms import Form
from forum import actions, policy, queries, schemas
from forum.structured_data import qa_page
from posts import actions as post_actions
from posts import policy as post_policy
from posts import queries as post_queries
from posts.suggestions import queries as suggestion_queries
from search.queries import similar

bp = Blueprint("forum", __name__)


def requested_sort() -> str:
    """The order the reader asks for; the newest first when it is none of ours."""
    wanted = request.args.get("sort", "newest")
    return wanted if wanted in queries.SORTS else "newest"


@bp.get("/questions")
@cached_for_visitors
def questions():
    """Questions: newest, active, unanswered, most voted."""
    sort = requested_sort()
    return render_template(
        "forum/questions.html",
        sort=sort,
        sorts=list(queries.SORTS),
        page=queries.questions(sort, current_user, request.args.get("after")),
    )


@bp.route("/questions/ask", methods=["GET", "POST"])
@login_required
def ask():
    """Ask: the first press shows a preview and similar questions, the second posts."""
    form, preview, alike = Form(schemas.QuestionSchema), None, []
    if request.method == "GET":
        form.values = {
            "title": request.args.get("title", "")[:150],
            "tags": request.args.get("tags", "")[:200],
        }
    elif form.validate():
        require(policy.can_ask(me()), _("Confirm your email address first. Suspended members can only read."))
        if form.values.get("action") == "preview":
            preview = form.data["body"]
            alike = similar(form.data["title"], preview.source, user=current_user)
        else:
            post_actions.limit_posting(me())
            with form.catching():
                question = actions.ask(
                    form.data["title"],
                    form.data["body"],
                    form.data["tags"],
                    by=me(),
                    status=post_queries.first_status(me()),
                )
                db.session.commit()
                if not question.is_public:
                    flash(
                        _(
                            "Thank you. A moderator reviews first posts; yours will appear once it is "
                            "approved."
                        )
                    )
                return redirect(question.url)
    return render_template(
        "forum/ask.html", form=form, preview=preview, alike=alike
    ), 422 if form.errors else 200


@bp.get("/questions/similar")
def similar_questions():
    """Questions like the title being typed, for the ask page's script."""
    rows = similar(request.args.get("title", "")[:150], "", user=current_user)
    return jsonify(items=[{"title": q.title, "url": q.url, "answers": q.answer_count} for q in rows])


@bp.get("/questions/<int:question_id>")
def question_by_id(question_id: int):
    """The address without its words leads to the one with them."""
    return redirect(get_or_404(queries.get_question(question_id, current_user)).url, 301)


@bp.route("/questions/<int:question_id>/<slug>", methods=["GET", "POST"])
@cached_for_visitors
def question(question_id: int, slug: str):
    """A question with its answers; POST adds an answer."""
    form = Form(schemas.AnswerSchema)
    valid = request.method == "POST" and form.validate()
    question = get_or_404(queries.get_question(question_id, current_user))
    if request.method == "GET" and slug != (question.slug or "-"):
        return redirect(question.url, 301)
    preview = None
    if request.method == "POST":
        require(policy.can_answer(current_user, question), _why_no_answer(question))
    if valid and form.values.get("action") == "preview":
        preview = form.data["body"]
    elif valid:
        post_actions.limit_posting(me())
        answer = actions.answer(question, form.data["body"], by=me(), status=post_queries.first_status(me()))
        db.session.commit()
        return redirect(answer.url)
    return _question_page(question, form, preview), 422 if form.errors else 200


def _why_no_answer(question) -> str:
    if question.closed_at:
        return _("This question was closed, so it takes no more answers.")
    return _("You cannot answer this question now.")


def close_words() -> dict[str, str]:
    """What each reason to close a question says to people."""
    return {
        "duplicate": _("duplicate"),
        "off-topic": _("off topic"),
        "needs-details": _("needs details"),
        "too-broad": _("too broad"),
        "opinion": _("opinion-based"),
        "imported": _("closed on the original site"),
    }


def _linked(question, page):
    """The answer that the address asks for, unless this page of the thread shows it anyway."""
    answer_id = request.args.get("answer", type=int)
    if answer_id is None or any(answer.id == answer_id for answer in page):
        return None
    return queries.answer_to(question, answer_id, current_user)


def _question_page(question, form: Form, preview) -> str:
    """Everything the page shows, in a fixed number of queries whatever the number of answers."""
    wanted = request.args.get("answers", "best")
    order = wanted if wanted in queries.ANSWER_SORTS else "best"
    page = queries.answers(question, current_user, request.args.get("after"), order)
    linked = _linked(question, page)
    posts = [question, *([linked] if linked else []), *page]
    ids = [post.id for post in posts]
    return render_template(
        "forum/question.html",
        question=question,
        page=page,
        linked=linked,
        form=form,
        preview=preview,
        order=order,
        orders=list(queries.ANSWER_SORTS),
        words=close_words(),
        comments=post_queries.comments_of(ids, current_user),
        my_votes=post_queries.votes_of(current_user, ids),
        edits=post_queries.last_edits(posts),
        proposals=suggestion_queries.open_on(posts, current_user),
        duplicate_of=queries.duplicate_of(question, current_user),
        related=similar(question.title, "", user=current_user, but=question.id),
        structured_data=qa_page(question, posts[1:]) if question.is_public else None,
        can=post_policy,
        may=policy,
    )


@bp.route("/questions/<int:question_id>/edit", methods=["GET", "POST"])
@login_required
def edit_question(question_id: int):
    """Change a question; what it was is kept."""
    form = Form(schemas.EditQuestionSchema)
    valid = request.method == "POST" and form.validate()
    question = get_or_404(queries.get_question(question_id, current_user))
    require(post_policy.can_edit(me(), question))
    if valid and form.values.get("action") != "preview":
        with form.catching():
            post_actions.revise(
                question,
                form.data["body"],
                by=me(),
                title=form.data["title"],
                tags=form.data["tags"],
                summary=form.data["summary"],
                expected=form.expected,
            )
            db.session.commit()
            return redirect(question.url)
    if request.method == "GET":
        form.values = {
            "title": question.title,
            "body": question.body,
            "tags": " ".join(tag.name for tag in question.tags),
        }
    return render_template(
        "forum/edit.html", form=form, post=question, preview=form.data.get("body")
    ), 422 if form.errors else 200


@bp.route("/answers/<int:answer_id>/edit", methods=["GET", "POST"])
@login_required
def edit_answer(answer_id: int):
    """Change an answer; what it was is kept."""
    form = Form(schemas.EditAnswerSchema)
    valid = request.method == "POST" and form.validate()
    answer = get_or_404(queries.get_answer(answer_id, current_user))
    require(post_policy.can_edit(me(), answer))
    if valid and form.values.get("action") != "preview":
        with form.catching():
            post_actions.revise(
                answer, form.data["body"], by=me(), summary=form.data["summary"], expected=form.expected
            )
            db.session.commit()
            return redirect(answer.url)
    if request.method == "GET":
        form.values = {"body": answer.body}
    return render_template(
        "forum/edit.html", form=form, post=answer, preview=form.data.get("body")
    ), 422 if form.errors else 200


@bp.post("/answers/<int:answer_id>/accept")
@login_required
def accept(answer_id: int):
    """The asker accepts an answer."""
    answer = get_or_404(queries.get_answer(answer_id, current_user))
    require(
        policy.can_accept(current_user, answer.parent, answer),
        _("Only the person who asked can accept an answer."),
    )
    actions.accept(answer, by=me())
    db.session.commit()
    return redirect(answer.url)


@bp.post("/answers/<int:answer_id>/unaccept")
@login_required
def unaccept(answer_id: int):
    """The asker takes the acceptance back."""
    answer = get_or_404(queries.get_answer(answer_id, current_user))
    require(
        policy.can_accept(current_user, answer.parent, answer),
        _("Only the person who asked can accept an answer."),
    )
    actions.unaccept(answer, by=me())
    db.session.commit()
    return redirect(answer.url)


@bp.route("/questions/<int:question_id>/close", methods=["GET", "POST"])
@login_required
def close(question_id: int):
    """Close a question with a reason; a duplicate names the canonical question."""
    form = Form(schemas.CloseSchema, reason="duplicate")
    valid = request.method == "POST" and form.validate()
    question = get_or_404(queries.get_question(question_id, current_user))
    require(policy.can_close(me(), question))
    if valid:
        canonical = None
        if form.data["reason"] == "duplicate":
            canonical = queries.canonical_question(form.data["duplicate_of"], question, current_user)
            if canonical is None:
                form.fail("duplicate_of", schemas.NO_CANONICAL)
        if not form.errors:
            actions.close(
                question, form.data["reason"], by=me(), note=form.data["note"], duplicate_of=canonical
            )
            db.session.commit()
            return redirect(question.url)
    return render_template(
        "forum/close.html",
        form=form,
        question=question,
        reasons=[(reason, close_words()[reason]) for reason in actions.CLOSE_REASONS],
    ), 422 if form.errors else 200


@bp.post("/questions/<int:question_id>/reopen")
@login_required
def reopen(question_id: int):
    """Open a closed question again."""
    question = get_or_404(queries.get_question(question_id, current_user))
    require(policy.can_close(me(), question))
    actions.reopen(question, by=me())
    db.session.commit()
    return redirect(question.url)
