"""Answers to forms without a session: log in first, then submit the stored form."""

from flask import Blueprint, Flask, Response, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_required
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import Forbidden, HTTPException, NotFound

from auth import schemas
from auth.current_user import current_user, me
from auth.sessions import login_manager
from auth.unsent import actions, form_accounts, queries
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
    """Keep pages with typed text out of caches."""
    g.private_page = True


@bp.get("/unsent/<token>")
@login_required
def unsent(token: str) -> ResponseReturnValue:
    """A stored form, for its account to submit."""
    form = get_or_404(queries.by_token(token, me()))
    return render_template("auth/unsent.html", sent=form)


@login_manager.unauthorized_handler
def ask_to_log_in() -> ResponseReturnValue:
    """Redirect browsers to the login page and store what was typed; 401 for programs."""
    if wants_json():
        return problem(401, _("Unauthorized"), _("Log in first."))
    if request.method in SAFE_METHODS:
        return redirect(url_for("auth.login", next=request.full_path.rstrip("?")))
    form = sent_form()
    if form is None or not form.has_text:
        return redirect(url_for("auth.login", next=page_before()))
    return _log_in_to_send(form)


def _log_in_to_send(form: SentForm) -> Response:
    """401: the login page with the submitted text, which is stored for its account."""
    db.session.rollback()
    owner_id = _owner_id()
    try:
        path = _store(form, owner_id) if owner_id is not None else ""
    except DBAPIError as error:
        return make_response(database_error_answer(error))
    page = render_template(
        "auth/log_in_to_send.html",
        form=Form(schemas.LoginSchema),
        sent=form,
        is_kept=bool(path),
        next=path or page_before(),
    )
    return _private(page, 401)


def _store(form: SentForm, owner_id: int) -> str:
    """Store a form and commit; returns its path, "" when the account has reached the limit."""
    try:
        token = actions.store(form, owner_id)
    except TooMany:
        db.session.rollback()
        return ""
    db.session.commit()
    return url_for("unsent.unsent", token=token)


def _private(page: str, status: int) -> Response:
    response = make_response(page, status)
    response.cache_control.no_store = True
    return response


def _owner_id() -> int | None:
    return form_accounts.owner_id(request.form.get(form_accounts.FIELD, ""))


def _is_of_another_account() -> bool:
    """Whether this form was rendered for another account than the one that is logged in."""
    return current_user.is_authenticated and _owner_id() not in (None, current_user.id)


def _on_expired_form(error: CSRFError) -> ResponseReturnValue:
    """Answer a form with an expired CSRF token: log in, or submit it again with a new token."""
    title = _("This form has expired")
    if wants_json():
        return error_answer(400, title, _("Reload the page and send it again."))
    form = sent_form(ask_owner=False)
    if form is not None and form.has_text:
        owner_id = _owner_id()
        if owner_id is not None and _is_of_another_account():
            return _of_another_account(form, owner_id)
        if not current_user.is_authenticated and owner_id is not None:
            return _log_in_to_send(form)
    return error_answer(
        400,
        title,
        _(
            "You logged in or out after opening this page, or it was open for a "
            "long time. Nothing was saved. Send it again."
        ),
    )


def _of_another_account(form: SentForm, owner_id: int) -> Response:
    """Store the form for the account that typed it, without showing it to this one."""
    path = _store(form, owner_id)
    return make_response(render_template("auth/unsent_of_another.html", address=path), 400)


def _on_refusal(error: HTTPException) -> ResponseReturnValue:
    """Answer 403 and 404 of a form whose session has ended with the login page."""
    if request.method not in SAFE_METHODS and not wants_json() and not current_user.is_authenticated:
        form = sent_form(ask_owner=False)
        if form is not None and form.has_text and _owner_id() is not None:
            return _log_in_to_send(form)
    return http_error_answer(error)


def init_app(app: Flask) -> None:
    """Register the page, the form field and the error handlers."""
    app.register_blueprint(bp)
    app.jinja_env.globals["form_account"] = form_accounts.form_account
    app.register_error_handler(CSRFError, _on_expired_form)
    app.register_error_handler(Forbidden, _on_refusal)
    app.register_error_handler(NotFound, _on_refusal)
    register_owner_check(app, _is_of_another_account)
