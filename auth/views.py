"""Pages of accounts: register, confirm, log in and out, reset a password; profiles."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_required

from auth import actions, chart, links, notices, policy, queries, schemas, sessions
from auth.address_changes import actions as address_actions
from auth.address_changes import queries as address_queries
from auth.current_user import current_user
from auth.models import EmailToken, User
from auth.names import usernames
from auth.passwords import guesses, passwords
from auth.registration import actions as registration_actions
from auth.security_log import actions as security_log
from core.cache.page_cache import cached_for_visitors
from core.database.db import db, read_transaction
from core.database.paging import PAGE_SIZE
from core.limits.rate_limits import client_address, forget, limit
from core.registry import Registry
from core.web.access import get_or_404, require, safe_next
from core.web.forms import Form, Invalid

bp = Blueprint("auth", __name__)


@dataclass(frozen=True)
class Section:
    """A tab of the profile page: `page(user, viewer, after, size)` gives posts, newest first."""

    name: str
    label: str
    page: Callable


_sections: Registry[str, Section] = Registry("profile_sections")  # by name
NEWEST = 5


def register_profile_section(section: Section) -> None:
    """Add a section to the pages of profiles."""
    _sections.add(section.name, section)


@bp.before_request
def mark_private() -> None:
    """Pages about one's own account are kept by no cache."""
    g.private_page = request.endpoint not in ("auth.profile", "auth.users")


@bp.route("/register", methods=["GET", "POST"])
def register() -> ResponseReturnValue:
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
            limit("register", client_address(), 10, 3600)
            db.session.commit()
            with form.catching():
                registration_actions.register(
                    data["username"], data["email"], password_hash, browser=sessions.registering_browser()
                )
                db.session.commit()
                session["after_log_in"] = target
                return render_template("auth/check_mail.html", email=data["email"])
    return render_template("auth/register.html", form=form, next=target), 422 if form.errors else 200


@bp.route("/confirm/<token>", methods=["GET", "POST"])
@sessions.even_suspended
def confirm(token: str) -> ResponseReturnValue:
    """The mailed link shows a button; only pressing it confirms, for scanners follow links.

    A registration that another browser sent needs its password too: else somebody could register an
    address that is not theirs, and wait until its owner presses the button.
    """
    with read_transaction():
        link = queries.email_token(token, links.CONFIRM)
        if link is None:
            get_or_404(address_queries.to_confirm(token))
    form = Form(schemas.NothingSchema)
    asks = link is not None and link.password_hash is not None and not sessions.has_registered(link)
    if request.method == "POST" and not (asks and _is_wrong_password(link, form)):
        with form.catching():
            require(
                _confirm(token, is_registration=link is not None),
                _("Another account already uses this address."),
            )
            db.session.commit()
            flash(_("Your email address is confirmed. You can log in."))
            return redirect(url_for("auth.login", next=safe_next(session.pop("after_log_in", None))))
    return render_template(
        "auth/confirm.html", form=form, asks=asks, name=link and link.username
    ), 422 if form.errors else 200


def _confirm(token: str, *, is_registration: bool) -> bool:
    if not is_registration:
        return address_actions.confirm(token)
    return registration_actions.confirm(*get_or_404(links.take(token, links.CONFIRM)))


def _is_wrong_password(link: EmailToken, form: Form) -> bool:
    """Whether the password of the registration was not given; then the form says so."""
    limit("confirm", link.id, 10, 300)
    db.session.commit()
    if not passwords.verify(link.password_hash, request.form.get("password", "")[:1000]):
        form.fail("password", _("This is not the password that was chosen when the address was registered."))
    return bool(form.errors)


@bp.route("/login", methods=["GET", "POST"])
@sessions.even_suspended
def login() -> ResponseReturnValue:
    """Log in with a handle or an address."""
    form = Form(schemas.LoginSchema)
    target = safe_next(request.values.get("next"))
    if request.method == "POST" and form.validate():
        name, host = form.data["username"].lower(), client_address()
        with read_transaction():
            user = queries.by_login(name)
        name, device = user.username if user else name, sessions.known_device(user)
        guesses.limit_tries(name, device=device, host=host)
        failures = guesses.count_try(user, is_known_device=device is not None)
        if guesses.is_last(failures):
            notices.locked_out(user)
            security_log.record("locked_out", user=user, actor=None)
        db.session.commit()
        stored = user.password_hash if user else None
        fits = passwords.verify(stored, form.data["password"])
        if not fits or failures is None:
            form.fail(
                "password",
                _(
                    "The name and the password do not fit together. After many failed "
                    "log-ins only a reset of the password lets you in."
                ),
            )
            security_log.record("login_failed", user=user, actor=None)
            db.session.commit()
        elif user.confirmed_at is None:
            form.fail("username", _("Confirm your address first: the link is in your mail."))
        else:
            return _enter(user, target, stored=stored, device=device, host=host)
    return render_template("auth/login.html", form=form, next=target), 422 if form.errors else 200


def _enter(
    user: User, target: str, *, stored: str, device: str | None, host: str | None
) -> ResponseReturnValue:
    """Begin a session of somebody whose password fits what was stored, unless it was changed meanwhile."""
    held = links.hold_account(user.id)
    require(held is not None and held.password_hash == stored, _("The password was changed. Log in again."))
    if device is None and user.last_seen_at is not None:
        notices.new_device(user, request.user_agent.string[:200])
        security_log.record("new_device", user=user)
    guesses.start_anew(user, failures=held.failed_logins)
    forget("login-pair", f"{user.username}|{host}")
    actions.rehash(user, request.form["password"])
    token = actions.open_session(user, user_agent=request.user_agent.string)
    security_log.record("login", user=user)
    db.session.commit()
    sessions.enter(token)
    return sessions.remember_device(redirect(target), user)


@bp.post("/logout")
@sessions.even_suspended
@login_required
def logout() -> ResponseReturnValue:
    """End this session in the database, then empty the cookie."""
    actions.close_session(current_user.session)
    security_log.record("logout", user=current_user.id)
    db.session.commit()
    sessions.leave()
    return redirect("/")


@bp.route("/reset", methods=["GET", "POST"])
@sessions.even_suspended
def forgot() -> ResponseReturnValue:
    """Ask for a reset link; the same answer, and the same work, for every address."""
    form = Form(schemas.EmailSchema)
    if request.method == "POST" and form.validate():
        limit("reset-host", client_address(), 20, 3600)
        actions.send_reset(form.data["email"])
        db.session.commit()
        return render_template("auth/check_mail.html", email=form.data["email"])
    return render_template("auth/forgot.html", form=form), 422 if form.errors else 200


@bp.route("/reset/<token>", methods=["GET", "POST"], defaults={"purpose": "reset"})
@bp.route("/claim/<token>", methods=["GET", "POST"], defaults={"purpose": "claim"})
@sessions.even_suspended
def new_password(token: str, purpose: str) -> ResponseReturnValue:
    """Set a password through a mailed link: the account is secured, and its address is proved.

    The browser is a known device from now on: guesses from elsewhere do not keep it from logging in.
    """
    with read_transaction():
        link = queries.email_token(token, purpose)
        user = get_or_404(link).user
    form = Form(schemas.PasswordSchema)
    if request.method == "POST" and form.validate():
        if why := passwords.fault(form.data["password"], *user.own_words):
            form.fail("password", why)
        else:
            password_hash = passwords.hash_password(form.data["password"])
            link, user = get_or_404(links.take(token, purpose))
            require(user.email == link.email, _("This link was mailed to a former address of the account."))
            registration_actions.prove_address(user)
            actions.set_password(user, password_hash)
            security_log.record(
                "claimed" if purpose == links.CLAIM else "password_reset", user=user, actor=None
            )
            db.session.commit()
            flash(_("Your password is set. Log in with it."))
            return sessions.remember_device(redirect(url_for("auth.login")), user)
    return render_template("auth/new_password.html", form=form, user=user), 422 if form.errors else 200


@bp.get("/users")
@cached_for_visitors
def users() -> ResponseReturnValue:
    """Members by reputation."""
    return render_template("auth/users.html", page=queries.members(request.args.get("after")))


@bp.get("/users/<username>")
@cached_for_visitors
def profile(username: str) -> ResponseReturnValue:
    """One member: what they say of themselves, the newest of each kind, and a tab for each."""
    user = get_or_404(queries.by_username(username))
    tab, after = request.args.get("tab", ""), request.args.get("after")
    sections = list(_sections.values())
    chosen = _sections.get(tab)
    if chosen is None and tab != "reputation":
        shown = [(section, section.page(user, current_user, None, NEWEST)) for section in sections]
    else:
        shown = [(chosen, chosen.page(user, current_user, after, PAGE_SIZE))] if chosen else []
    return render_template(
        "auth/profile.html",
        user=user,
        tab=tab,
        sections=sections,
        chosen=chosen,
        shown=shown,
        history=queries.reputation_history(user, after) if tab == "reputation" else None,
        chart=None if chosen else chart.line(queries.reputation_by_day(user)),
        can_attach=policy.can_attach_email(current_user, user),
        can_erase=policy.can_erase(current_user, user),
        can_secure=policy.can_secure(current_user, user),
    )


@bp.post("/users/<username>/attach-email")
@login_required
def attach_email(username: str) -> ResponseReturnValue:
    """A moderator gives an imported person the address that may claim the account."""
    data = Form(schemas.EmailSchema)
    user = get_or_404(queries.by_username(username))
    require(policy.can_attach_email(current_user, user))
    if not data.validate() or not registration_actions.free_address(data.data["email"]):
        raise Invalid({"email": [_("Enter an address that no other account uses.")]})
    actions.attach_email(user, data.data["email"])
    security_log.record("claim_sent", user=user, actor=current_user.id)
    db.session.commit()
    flash(_("The claim link is on its way."))
    return redirect(user.profile_url)
