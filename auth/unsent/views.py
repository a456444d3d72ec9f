"""Log in to send a form; the page with the form afterwards; what a form of another account is answered."""

from flask import Blueprint, Flask, Response, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_required
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import Forbidden, HTTPException, NotFound

from auth import schemas
from auth.current_user import current_user
from auth.sessions import login_manager
from auth.unsent import actions, marks, queries
from core.database.db import SAFE_METHODS, db
from core.limits.rate_limits import TooMany
from core.web.access import get_or_404
from core.web.database_errors import database_error_answer
from core.web.error_answers import error_answer, http_error_answer, problem, wants_json
from core.web.forms import Form
from core.web.sent_forms import SentForm, page_before, register_owner_check, sent_form

bp = Blueprint("unsent", __name__)


@bp.before_request
def mark_private() -> None:
    """No cache keeps what somebody typed."""
    g.private_page = True


@bp.get("/unsent/<token>")
@login_required
def unsent(token: str) -> ResponseReturnValue:
    """A form that arrived when nobody was logged in, for its account to send."""
    form = get_or_404(queries.by_token(token, current_user))
    return render_template("auth/unsent.html", sent=form)


@login_manager.unauthorized_handler
def ask_to_log_in() -> ResponseReturnValue:
    """People log in and come back, with what they typed; programs get 401."""
    if wants_json():
        return problem(401, "Unauthorized", "Log in first.")
    if request.method in SAFE_METHODS:
        return redirect(url_for("auth.login", next=request.full_path.rstrip("?")))
    form = sent_form()
    if form is None or not form.has_text:
        return redirect(url_for("auth.login", next=page_before()))
    return _log_in_to_send(form)


def _log_in_to_send(form: SentForm) -> Response:
    """401: a page to log in, which also shows the text. Its account finds it in a form afterwards."""
    db.session.rollback()
    owner_id = _owner_id()
    try:
        address = _keep(form, owner_id) if owner_id is not None else ""
    except DBAPIError as error:
        return make_response(database_error_answer(error))
    page = render_template(
        "auth/log_in_to_send.html",
        form=Form(schemas.LoginSchema),
        sent=form,
        is_kept=bool(address),
        next=address or page_before(),
    )
    return _private(page, 401)


def _keep(form: SentForm, owner_id: int) -> str:
    """The address where the account finds the form; '' when it may keep no more."""
    try:
        token = actions.keep(form, owner_id)
    except TooMany:
        db.session.rollback()
        return ""
    db.session.commit()
    return url_for("unsent.unsent", token=token)


def _private(page: str, status: int) -> Response:
    answer = make_response(page, status)
    answer.cache_control.no_store = True
    return answer


def _owner_id() -> int | None:
    return marks.owner_id(request.form.get(marks.FIELD, ""))


def _is_foreign() -> bool:
    """Whether this form was made for another account than the one that is logged in."""
    return current_user.is_authenticated and _owner_id() not in (None, current_user.id)


def _on_expired_form(error: CSRFError) -> ResponseReturnValue:
    """The token of a form belongs to a session: log in again, or send it again with a new token."""
    title = _("This form has expired")
    if wants_json():
        return error_answer(400, title, _("Reload the page and send it again."))
    form = sent_form(ask_owner=False)
    if form is not None and form.has_text:
        if _is_foreign():
            return _of_another_account(form)
        if not current_user.is_authenticated and _owner_id() is not None:
            return _log_in_to_send(form)
    return error_answer(
        400,
        title,
        _(
            "You logged in or out after the page was opened, or it was open for "
            "very long. Nothing was saved yet: send it again."
        ),
    )


def _of_another_account(form: SentForm) -> Response:
    """The text is kept for the account that typed it, and not shown to this one."""
    address = _keep(form, _owner_id())
    return make_response(render_template("auth/unsent_of_another.html", address=address), 400)


def _on_refusal(error: HTTPException) -> ResponseReturnValue:
    """403 and 404 of a form whose session has ended are answered by asking to log in."""
    if request.method not in SAFE_METHODS and not wants_json() and not current_user.is_authenticated:
        form = sent_form(ask_owner=False)
        if form is not None and form.has_text and _owner_id() is not None:
            return _log_in_to_send(form)
    return http_error_answer(error)


def init_app(app: Flask) -> None:
    """Answer for expired forms, and for forms of people who are not logged in any more."""
    app.register_blueprint(bp)
    app.jinja_env.globals["form_account"] = marks.form_account
    app.register_error_handler(CSRFError, _on_expired_form)
    app.register_error_handler(Forbidden, _on_refusal)
    app.register_error_handler(NotFound, _on_refusal)
    register_owner_check(app, _is_foreign)
