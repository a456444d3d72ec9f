"""Pages of accounts: registration, confirmation, login, password reset, profiles."""

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.exceptions import Forbidden

from auth import actions, chart, links, notices, policy, queries, schemas, sessions
from auth.address_changes import actions as address_actions
from auth.address_changes import queries as address_queries
from auth.current_user import current_user, me
from auth.models import EmailToken, User
from auth.names import usernames
from auth.passwords import login_attempts, passwords
from auth.profile_sections import profile_sections
from auth.registration import actions as registration_actions
from auth.security_log import actions as security_log
from core.cache.dependencies import depends_on
from core.cache.page_cache import cached_for_visitors
from core.database.db import db, read_transaction
from core.database.paging import PAGE_SIZE
from core.limits.rate_limits import clear_attempts, client_address, limit
from core.web.access import get_or_404, require, safe_next
from core.web.forms import Form, Invalid

bp = Blueprint("auth", __name__)
NEWEST_PER_SECTION = 5


@bp.before_request
def mark_private() -> None:
    """Keep pages about one's own account out of caches."""
    g.private_page = request.endpoint not in ("auth.profile", "auth.users")


@bp.route("/register", methods=["GET", "POST"])
def register() -> ResponseReturnValue:
    """Create an account; the response does not reveal whether the address is known."""
    mode = current_app.config["REDOUBT_REGISTRATION"]
    if mode != "open":
        return render_template("auth/closed.html", mode=mode), 403
    form = Form(schemas.RegisterSchema)
    target = safe_next(request.values.get("next"))
    if form.validate_on_submit():
        data = form.data
        if error := usernames.error(data["username"]):
            form.fail("username", error)
        if error := passwords.error(data["password"], data["username"], data["email"]):
            form.fail("password", error)
        if not form.errors:
            password_hash = passwords.hash_password(data["password"])
            limit("register", client_address(), 10, 3600)
            db.session.commit()
            with form.catching():
                registration_actions.register(
                    data["username"], data["email"], password_hash, browser=sessions.registration_secret()
                )
                db.session.commit()
                session["after_log_in"] = target
                return render_template("auth/check_mail.html", email=data["email"])
    return form.page("auth/register.html", next=target)


@bp.route("/confirm/<token>", methods=["GET", "POST"])
@sessions.allow_suspended
def confirm(token: str) -> ResponseReturnValue:
    """Confirm an address through a mailed link; GET only shows a button, because mail scanners follow links.

    In another browser than the one that registered, the password is needed too: otherwise somebody could
    register another person's address and wait until its owner confirms it.
    """
    with read_transaction():
        link = queries.email_token(token, links.CONFIRM)
        if link is None:
            get_or_404(address_queries.to_confirm(token))
    form = Form(schemas.NothingSchema)
    needs_password = (
        link is not None and link.password_hash is not None and not sessions.is_registering_browser(link)
    )
    if request.method == "POST" and not (
        link is not None and needs_password and _is_wrong_password(link, form)
    ):
        with form.catching():
            require(
                _confirm(token, is_registration=link is not None),
                _("Another account already uses this address."),
            )
            db.session.commit()
            flash(_("Your email address is confirmed. You can log in."))
            return redirect(url_for("auth.login", next=safe_next(session.pop("after_log_in", None))))
    return form.page("auth/confirm.html", asks=needs_password, name=link and link.username)


def _confirm(token: str, *, is_registration: bool) -> bool:
    if not is_registration:
        return address_actions.confirm(token)
    return registration_actions.confirm(*get_or_404(links.consume(token, links.CONFIRM)))


def _is_wrong_password(link: EmailToken, form: Form) -> bool:
    """Whether the registration's password is wrong or missing; then adds an error to the form. Commits."""
    limit("confirm", link.id, 10, 300)
    db.session.commit()
    if not passwords.verify(link.password_hash, request.form.get("password", "")[:1000]):
        form.fail("password", _("This is not the password chosen when the account was created."))
    return bool(form.errors)


@bp.route("/login", methods=["GET", "POST"])
@sessions.allow_suspended
def login() -> ResponseReturnValue:
    """Log in with a username or an address."""
    form = Form(schemas.LoginSchema)
    target = safe_next(request.values.get("next"))
    if form.validate_on_submit():
        name = form.data["username"].lower()
        host = client_address()
        with read_transaction():
            user = queries.by_login(name)
        name = user.username if user else name
        device = sessions.known_device(user)
        login_attempts.limit_attempts(name, device=device, host=host)
        failures = login_attempts.count_attempt(user, is_known_device=device is not None)
        if user is not None and login_attempts.is_lockout(failures):
            notices.locked_out(user)
            security_log.record("locked_out", user=user, actor=None)
        db.session.commit()
        stored = user.password_hash if user else None
        is_correct = passwords.verify(stored, form.data["password"])
        if user is None or not is_correct or failures is None:
            form.fail(
                "password",
                _(
                    "Incorrect username or password. After many failed log-ins you have to "
                    "reset your password."
                ),
            )
            security_log.record("login_failed", user=user, actor=None)
            db.session.commit()
        elif user.confirmed_at is None:
            form.fail("username", _("Confirm your email address first. We emailed you the link."))
        else:
            return _log_in(user, target, stored=stored, device=device, host=host)
    return form.page("auth/login.html", next=target)


def _log_in(
    user: User, target: str, *, stored: str | None, device: str | None, host: str | None
) -> ResponseReturnValue:
    """Start a session after the password matched the hash `stored`; Forbidden if it was changed since."""
    account = links.lock_account(user.id)
    if account is None or account.password_hash != stored:
        raise Forbidden(_("Your password was changed. Log in again."))
    if device is None and user.last_seen_at is not None:
        notices.new_device(user, request.user_agent.string[:200])
        security_log.record("new_device", user=user)
    login_attempts.reset_failures(user, failures=account.failed_logins)
    clear_attempts("login-pair", f"{user.username}|{host}")
    actions.rehash(user, request.form["password"])
    token = actions.open_session(user, user_agent=request.user_agent.string)
    security_log.record("login", user=user)
    db.session.commit()
    sessions.log_in(token)
    return sessions.remember_device(redirect(target), user)


@bp.post("/logout")
@sessions.allow_suspended
@login_required
def logout() -> ResponseReturnValue:
    """End this session and empty the cookie."""
    user = me()
    if user.session is not None:
        actions.close_session(user.session)
    security_log.record("logout", user=user)
    db.session.commit()
    sessions.log_out()
    return redirect(url_for("home.home"))


@bp.route("/reset", methods=["GET", "POST"])
@sessions.allow_suspended
def forgot() -> ResponseReturnValue:
    """Request a reset link; same response and same work for every address."""
    form = Form(schemas.EmailSchema)
    if form.validate_on_submit():
        limit("reset-host", client_address(), 20, 3600)
        actions.send_reset(form.data["email"])
        db.session.commit()
        return render_template("auth/check_mail.html", email=form.data["email"])
    return form.page("auth/forgot.html")


@bp.route("/reset/<token>", methods=["GET", "POST"], defaults={"purpose": "reset"})
@bp.route("/claim/<token>", methods=["GET", "POST"], defaults={"purpose": "claim"})
@sessions.allow_suspended
def new_password(token: str, purpose: str) -> ResponseReturnValue:
    """Set a password through a mailed link, which secures the account and confirms its address.

    The browser becomes a known device, so that failed logins from other devices do not lock it out.
    """
    with read_transaction():
        link = queries.email_token(token, purpose)
        user = get_or_404(link).user
    form = Form(schemas.PasswordSchema)
    if form.validate_on_submit():
        if error := passwords.error(form.data["password"], *user.own_words):
            form.fail("password", error)
        else:
            password_hash = passwords.hash_password(form.data["password"])
            link, user = get_or_404(links.consume(token, purpose))
            require(
                user.email == link.email, _("This link was sent to a former email address of the account.")
            )
            registration_actions.confirm_address(user)
            actions.set_password(user, password_hash)
            security_log.record(
                "claimed" if purpose == links.CLAIM else "password_reset", user=user, actor=None
            )
            db.session.commit()
            flash(_("Password set. You can log in with it now."))
            return sessions.remember_device(redirect(url_for("auth.login")), user)
    return form.page("auth/new_password.html", user=user)


@bp.get("/users")
@cached_for_visitors
def users() -> ResponseReturnValue:
    """List members by reputation."""
    depends_on(lists=["members"])
    return render_template("auth/users.html", page=queries.members(request.args.get("after")))


@bp.get("/users/<username>")
@cached_for_visitors
def profile(username: str) -> ResponseReturnValue:
    """Show a member's profile: the newest posts of each section, or one section or the ledger as a tab."""
    user = get_or_404(queries.by_username(username))
    depends_on(f"member:{user.id}")
    tab = request.args.get("tab", "")
    after = request.args.get("after")
    sections = list(profile_sections.values())
    chosen = profile_sections.get(tab)
    if chosen is None and tab != "reputation":
        shown = [
            (section, section.page(user, current_user, None, NEWEST_PER_SECTION)) for section in sections
        ]
    else:
        shown = [(chosen, chosen.page(user, current_user, after, PAGE_SIZE))] if chosen else []
    return render_template(
        "auth/profile.html",
        user=user,
        chosen=chosen,
        shown=shown,
        tabs=[
            ("", _("Overview")),
            *((section.name, section.label) for section in sections),
            ("reputation", _("Reputation")),
        ],
        history=queries.reputation_history(user, after) if tab == "reputation" else None,
        chart=None if chosen else chart.line(queries.reputation_by_day(user)),
        can_attach=policy.can_attach_email(current_user, user),
        can_erase=policy.can_erase(current_user, user),
        can_secure=policy.can_secure(current_user, user),
    )


@bp.post("/users/<username>/attach-email")
@login_required
def attach_email(username: str) -> ResponseReturnValue:
    """Set the address of an imported account and mail its claim link, as a moderator."""
    form = Form(schemas.EmailSchema)
    user = get_or_404(queries.by_username(username))
    require(policy.can_attach_email(current_user, user))
    if not form.validate() or not registration_actions.release_address(form.data["email"]):
        raise Invalid({"email": [_("Enter an address that no other account uses.")]})
    actions.attach_email(user, form.data["email"])
    security_log.record("claim_sent", user=user, actor=current_user.id)
    db.session.commit()
    flash(_("Claim link sent."))
    return redirect(user.profile_url)
