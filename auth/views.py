"""Pages of accounts: register, confirm, log in and out, reset a password; profiles."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_required

from auth import actions, chart, passwords, policy, queries, schemas, sessions, usernames
from auth.security_log import actions as security_log
from core import mail
from core.db import db, reading
from core.limits import limit
from core.page_cache import kept
from core.paging import PAGE_SIZE
from core.web import Form, Invalid, get_or_404, require, safe_next

bp = Blueprint("auth", __name__)


@dataclass(frozen=True)
class Section:
    """A tab of the profile page: `page(user, viewer, after, size)` gives posts, newest first."""

    name: str
    label: str
    page: Callable


sections: list[Section] = []  # rooms above add theirs
NEWEST = 5


@bp.before_request
def mark_private() -> None:
    """Pages about one's own account are kept by no cache."""
    g.private_page = request.endpoint not in ("auth.profile", "auth.users")


@bp.route("/register", methods=["GET", "POST"])
def register():
    """Make an account; the answer does not tell whether the address is known."""
    mode = current_app.config["REDOUBT_REGISTRATION"]
    if mode != "open":
        return render_template("auth/closed.html", mode=mode), 403
    form = Form(schemas.RegisterSchema)
    target = safe_next(request.values.get("next"))
    if request.method == "POST" and form.validate():
        data = form.data
        if why := usernames.fault(data["username"]):
            form.fail("username", why)
        if why := passwords.fault(data["password"], data["username"], data["email"]):
            form.fail("password", why)
        if not form.errors:
            password_hash = passwords.hash_password(data["password"])
            limit("register", request.remote_addr, 10, 3600)
            if queries.looks_like(data["username"]):
                form.fail("username", _("This name is taken, or too like another member's."))
            elif known := queries.by_email(data["email"]):
                limit("mail", known.email, *actions.MAILS_TO_ONE)
                mail.queue(known.email, "already", subject=_("You already have an account"), user=known)
            else:
                user = actions.make_user(data["username"], email=data["email"],
                                         password_hash=password_hash)
                security_log.record("registered", user=user)
                actions.send_link(user, "confirm", "confirm", _("Confirm your address"))
            db.session.commit()
            if not form.errors:
                session["after_log_in"] = target
                return render_template("auth/check_mail.html", email=data["email"])
    return render_template("auth/register.html", form=form, next=target), 422 if form.errors else 200


@bp.route("/confirm/<token>", methods=["GET", "POST"])
@sessions.even_suspended
def confirm(token: str):
    """The mailed link shows a button; only pressing it confirms, for scanners follow links."""
    link = get_or_404(queries.email_token(token, "confirm"))
    if request.method == "POST":
        require(actions.use_link(link), _("Another account uses this address by now."))
        db.session.commit()
        flash(_("Your address is confirmed. You can log in now."))
        return redirect(url_for("auth.login", next=safe_next(session.pop("after_log_in", None))))
    return render_template("auth/confirm.html", user=link.user)


@bp.route("/login", methods=["GET", "POST"])
@sessions.even_suspended
def login():
    """Log in with a handle or an address."""
    form = Form(schemas.LoginSchema)
    target = safe_next(request.values.get("next"))
    if request.method == "POST" and form.validate():
        name = form.data["username"].lower()
        with reading():
            user = queries.by_login(name)
        _limit_guesses(user.username if user else name)
        db.session.commit()
        if not passwords.verify(user.password_hash if user else None, form.data["password"]):
            form.fail("password", _("The name and the password do not fit together."))
            security_log.record("login_failed", user=user, actor=None)
            db.session.commit()
        elif user.confirmed_at is None:
            form.fail("username", _("Confirm your address first: the link is in your mail."))
        else:
            actions.rehash(user, form.data["password"])
            token = actions.open_session(user, user_agent=request.user_agent.string)
            security_log.record("login", user=user)
            db.session.commit()
            sessions.enter(token)
            return sessions.remember_device(redirect(target), user.username)
    return render_template("auth/login.html", form=form, next=target), 422 if form.errors else 200


def _limit_guesses(username: str) -> None:
    """Ten guesses in five minutes from a device the member has used; fifty an hour from all others."""
    if device := sessions.known_device(username):
        limit("login-device", device, 10, 300)
    else:
        limit("login", username, 50, 3600)
        limit("login-pair", f"{username}|{request.remote_addr}", 10, 300)
        limit("login-host", request.remote_addr, 100, 3600)


@bp.post("/logout")
@sessions.even_suspended
@login_required
def logout():
    """End this session in the database, then empty the cookie."""
    actions.close_session(current_user.session)
    security_log.record("logout", user=current_user.id)
    db.session.commit()
    sessions.leave()
    return redirect("/")


@bp.route("/reset", methods=["GET", "POST"])
@sessions.even_suspended
def forgot():
    """Ask for a reset link (or a new confirmation); the same answer for every address."""
    form = Form(schemas.EmailSchema)
    if request.method == "POST" and form.validate():
        limit("reset", form.data["email"], 5, 3600)
        limit("reset-host", request.remote_addr, 20, 3600)
        user = queries.by_email(form.data["email"])
        if user is not None and user.confirmed_at is None and user.password_hash:
            actions.send_link(user, "confirm", "confirm", _("Confirm your address"))
        elif user is not None:
            actions.send_link(user, "reset", "reset", _("Reset your password"))
            security_log.record("password_reset_asked", user=user, actor=None)
        db.session.commit()
        return render_template("auth/check_mail.html", email=form.data["email"])
    return render_template("auth/forgot.html", form=form), 422 if form.errors else 200


@bp.route("/reset/<token>", methods=["GET", "POST"], defaults={"purpose": "reset"})
@bp.route("/claim/<token>", methods=["GET", "POST"], defaults={"purpose": "claim"})
@sessions.even_suspended
def new_password(token: str, purpose: str):
    """Set a password through a mailed link; all sessions of the account end."""
    with reading():
        link = queries.email_token(token, purpose)
        user = get_or_404(link).user
    form = Form(schemas.PasswordSchema)
    if request.method == "POST" and form.validate():
        if why := passwords.fault(form.data["password"], *user.own_words):
            form.fail("password", why)
        else:
            password_hash = passwords.hash_password(form.data["password"])
            actions.use_link(get_or_404(queries.email_token(token, purpose)))
            actions.set_password(user, password_hash)
            security_log.record("password_reset", user=user, actor=None)
            db.session.commit()
            flash(_("Your password is set. Log in with it."))
            return redirect(url_for("auth.login"))
    return render_template("auth/new_password.html", form=form, user=user), 422 if form.errors else 200


@bp.get("/users")
@kept
def users():
    """Members by reputation."""
    return render_template("auth/users.html", page=queries.members(request.args.get("after")))


@bp.get("/users/<username>")
@kept
def profile(username: str):
    """One member: what they say of themselves, the newest of each kind, and a tab for each."""
    user = get_or_404(queries.by_username(username))
    tab, after = request.args.get("tab", ""), request.args.get("after")
    chosen = next((section for section in sections if section.name == tab), None)
    if chosen is None and tab != "reputation":
        shown = [(section, section.page(user, current_user, None, NEWEST)) for section in sections]
    else:
        shown = [(chosen, chosen.page(user, current_user, after, PAGE_SIZE))] if chosen else []
    return render_template(
        "auth/profile.html", user=user, tab=tab, sections=sections, chosen=chosen, shown=shown,
        history=queries.reputation_history(user, after) if tab == "reputation" else None,
        chart=None if chosen else chart.line(queries.reputation_by_day(user)),
        can_attach=policy.can_attach_email(current_user, user),
        can_erase=policy.can_erase(current_user, user))


@bp.post("/users/<username>/attach-email")
@login_required
def attach_email(username: str):
    """A moderator gives an imported person the address that may claim the account."""
    data = Form(schemas.EmailSchema)
    user = get_or_404(queries.by_username(username))
    require(policy.can_attach_email(current_user, user))
    if not data.validate() or queries.by_email(data.data["email"]):
        raise Invalid({"email": [_("Write an address that no account uses yet.")]})
    actions.attach_email(user, data.data["email"])
    security_log.record("claim_sent", user=user, actor=current_user.id)
    db.session.commit()
    flash(_("The claim link is on its way."))
    return redirect(user.profile_url)
