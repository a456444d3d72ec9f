"""Pages of the forum: lists of questions, a question, asking, answering, accepting, closing."""

from dataclasses import replace

from flask import Blueprint, flash, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_required

from auth.current_user import current_user, me
from auth.reader import reader
from core.cache import shared_pages
from core.cache.dependencies import depends_on
from core.cache.page_cache import cached_for_visitors
from core.cache.shared_pages import SharedPage, Template
from core.database.db import db
from core.web.access import get_or_404, require
from core.web.forms import Form
from forum import actions, labels, policy, queries, schemas, thread_page
from forum.models import Answer
from posts import actions as post_actions
from posts import page_rows
from posts import policy as post_policy
from posts import queries as post_queries
from posts.attachments.forms import AttachingForm
from posts.models import Post
from search.similar_queries import similar

bp = Blueprint("forum", __name__)


def requested_sort() -> str:
    """The sort order in the query string; "newest" for an unknown one."""
    sort = request.args.get("sort", "newest")
    return sort if sort in queries.SORTS else "newest"


@bp.get("/questions")
@cached_for_visitors
def questions() -> ResponseReturnValue:
    """Questions in one of the SORTS."""
    depends_on(lists=["kind:question"])
    sort = requested_sort()
    return render_template(
        "forum/questions.html",
        sort=sort,
        page=queries.questions(sort, current_user, request.args.get("after")),
    )


@bp.route("/questions/ask", methods=["GET", "POST"])
@login_required
def ask() -> ResponseReturnValue:
    """Ask a question: a preview with similar questions first, then the post."""
    form = AttachingForm(schemas.QuestionSchema)
    preview = None
    similar_ones: list[Post] = []
    if request.method == "GET":
        form.values = {
            "title": request.args.get("title", "")[:150],
            "tags": request.args.get("tags", "")[:200],
        }
    elif form.validate():
        if form.values.get("action") == "preview":
            preview = form.data["body"]
            similar_ones = similar(form.data["title"], preview.source, user=current_user)
        else:
            with form.catching():
                question = actions.ask(
                    form.data["title"],
                    form.data["body"],
                    form.data["tags"],
                    by=me(),
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
    return form.page("forum/ask.html", preview=preview, similar_ones=similar_ones)


@bp.get("/questions/similar")
def similar_questions() -> ResponseReturnValue:
    """Questions similar to the title being typed, as JSON for the script of the ask page."""
    rows = similar(request.args.get("title", "")[:150], "", user=current_user)
    return jsonify(items=[{"title": q.title, "url": q.url, "answers": q.answer_count} for q in rows])


@bp.get("/questions/<int:question_id>")
def question_by_id(question_id: int) -> ResponseReturnValue:
    """Redirect to the URL with the slug."""
    return redirect(get_or_404(queries.get_question(question_id, current_user)).url, 301)


@bp.route("/questions/<int:question_id>/<slug>", methods=["GET", "POST"])
@cached_for_visitors
def question(question_id: int, slug: str) -> ResponseReturnValue:
    """A question with its answers; POST adds an answer."""
    if request.method == "POST":
        return _answer_question(question_id)
    order = request.args.get("answers", "best")
    asked = thread_page.Asked(
        question_id,
        page_rows.seen_by(current_user),
        order if order in thread_page.ANSWER_ORDERS else "best",
        request.args.get("after"),
        request.args.get("answer", type=int),
    )
    is_visitor = current_user.id is None  # whose pages @cached_for_visitors keeps
    page = shared_pages.find(asked, lambda: thread_page.template(asked), is_kept_whole=is_visitor)
    own = None
    if _has_hidden_posts(page):
        own = thread_page.template(replace(asked, seen=page_rows.OWN, user_id=current_user.id))
    found = get_or_404(own or page)
    question = found.facts.question
    if slug != (question.slug or "-"):
        return redirect(question.url, 301)
    _read_votes(found.facts)
    return found.fill() if isinstance(found, SharedPage) else render_template(found.name, **found.context)


def _read_votes(thread: thread_page.Thread) -> None:
    """Read the reader's own votes on the posts of a page."""
    reader().votes = post_queries.votes_of(current_user, [post.id for post in thread.posts])


def _has_hidden_posts(page: SharedPage | Template | None) -> bool:
    """Whether the reader may have hidden posts in a thread, beside what the shared page shows."""
    if current_user.id is None or current_user.is_moderator:
        return False
    return page is None or current_user.id in page.facts.hidden_authors


def _answer_question(question_id: int) -> ResponseReturnValue:
    """Post an answer, or show its preview or its errors."""
    form = AttachingForm(schemas.AnswerSchema)
    valid = form.validate_on_submit()
    question = get_or_404(queries.get_question(question_id, current_user))
    require(policy.can_answer(current_user, question), policy.why_no_answer(question))
    preview = None
    if valid and form.values.get("action") == "preview":
        preview = form.data["body"]
    elif valid:
        answer = actions.answer(question, form.data["body"], by=me())
        db.session.commit()
        return redirect(answer.url)
    seen = page_rows.STAFF if current_user.is_moderator else page_rows.OWN
    asked = thread_page.Asked(question_id, seen, user_id=current_user.id)
    template = get_or_404(thread_page.template(asked))
    _read_votes(template.facts)
    return form.page(template.name, **{**template.context, "form": form, "preview": preview})


@bp.route("/questions/<int:question_id>/edit", methods=["GET", "POST"])
@login_required
def edit_question(question_id: int) -> ResponseReturnValue:
    """Edit a question, as a new revision."""
    form = AttachingForm(schemas.EditQuestionSchema)
    valid = form.validate_on_submit()
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
    return form.page("forum/edit.html", post=question, preview=form.data.get("body"))


@bp.route("/answers/<int:answer_id>/edit", methods=["GET", "POST"])
@login_required
def edit_answer(answer_id: int) -> ResponseReturnValue:
    """Edit an answer, as a new revision."""
    form = AttachingForm(schemas.EditAnswerSchema)
    valid = form.validate_on_submit()
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
    return form.page("forum/edit.html", post=answer, preview=form.data.get("body"))


def _asked_answer(answer_id: int) -> Answer:
    """The answer, for the member who asked its question."""
    answer = get_or_404(queries.get_answer(answer_id, current_user))
    require(
        policy.can_accept(current_user, answer.thread, answer),
        _("Only the person who asked can accept an answer."),
    )
    return answer


@bp.post("/answers/<int:answer_id>/accept")
@login_required
def accept(answer_id: int) -> ResponseReturnValue:
    """Accept an answer."""
    answer = _asked_answer(answer_id)
    actions.accept(answer, by=me())
    db.session.commit()
    return redirect(answer.url)


@bp.post("/answers/<int:answer_id>/unaccept")
@login_required
def unaccept(answer_id: int) -> ResponseReturnValue:
    """Withdraw the acceptance of an answer."""
    answer = _asked_answer(answer_id)
    actions.unaccept(answer, by=me())
    db.session.commit()
    return redirect(answer.url)


@bp.route("/questions/<int:question_id>/close", methods=["GET", "POST"])
@login_required
def close(question_id: int) -> ResponseReturnValue:
    """Close a question with a reason; a duplicate names the canonical question."""
    form = Form(schemas.CloseSchema, reason="duplicate")
    valid = form.validate_on_submit()
    question = get_or_404(queries.get_question(question_id, current_user))
    require(policy.can_close(me(), question))
    if valid:
        with form.catching():
            actions.close(
                question,
                form.data["reason"],
                by=me(),
                note=form.data["note"],
                duplicate_of=form.data["duplicate_of"],
            )
            db.session.commit()
            return redirect(question.url)
    reasons = labels.close_reasons()
    return form.page(
        "forum/close.html",
        question=question,
        reasons=[(reason, reasons[reason]) for reason in actions.CLOSE_REASONS],
    )


@bp.post("/questions/<int:question_id>/reopen")
@login_required
def reopen(question_id: int) -> ResponseReturnValue:
    """Reopen a closed question."""
    question = get_or_404(queries.get_question(question_id, current_user))
    require(policy.can_close(me(), question))
    actions.reopen(question, by=me())
    db.session.commit()
    return redirect(question.url)
