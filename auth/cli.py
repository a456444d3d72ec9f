"""Accounts from the shell: `flask user …`, `flask token …`, `flask reputation verify`."""

import sys

import click
from flask.cli import AppGroup
from flask_babel import gettext as _
from flask_babel import ngettext

from auth import actions, notices, queries, reputation, tokens
from auth.address_changes import actions as address_actions
from auth.models import ROLES, User
from auth.names import usernames
from auth.passwords import passwords
from auth.security_log import actions as security_log
from core.database.db import db, read_snapshot
from core.mail import message
from core.web.forms import Invalid

user_group = AppGroup("user", help="Accounts.")
token_group = AppGroup("token", help="API tokens.")
reputation_group = AppGroup("reputation", help="Reputation.")


def _user(name: str) -> User:
    """The account with this username; ClickException when there is none."""
    user = queries.account_by_username(name)
    if user is None:
        raise click.ClickException(_("No member is called %(name)s.", name=name))
    return user


def _say(sentence: str, password: str) -> None:
    """Print what was done, and the password if this command made one."""
    click.echo(f"{sentence} {_('Password: %(password)s', password=password)}" if password else sentence)


def _password(from_stdin: bool, *known: str) -> str:
    """The password from standard input, or a random one; ClickException when it is refused."""
    password = sys.stdin.readline().rstrip("\n") if from_stdin else tokens.new()
    if why := passwords.error(password, *known):
        raise click.ClickException(why)
    return password


@user_group.command("create")
@click.argument("name")
@click.option("--email", required=True)
@click.option("--role", type=click.Choice(ROLES), default="member")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create(name: str, email: str, role: str, password_stdin: bool) -> None:
    """Create a confirmed account. Without a password, a random one is set and printed."""
    if why := usernames.error(name):
        raise click.ClickException(why)
    try:
        email = message.normalize_address(email, any_host=True)
    except message.BadAddress as error:
        raise click.ClickException(f"{email}: {error}") from error
    if queries.similar_account(name) or queries.by_email(email):
        raise click.ClickException(_("The username or email address is taken."))
    password = _password(password_stdin, name, email)
    user = actions.make_user(
        name, email=email, role=role, confirmed=True, password_hash=passwords.hash_password(password)
    )
    security_log.record("registered", user=user, role=role)
    security_log.record("shell_act", user=user, command="user-create")
    db.session.commit()
    _say(_("Created %(role)s %(name)s.", role=role, name=name), "" if password_stdin else password)


@user_group.command("promote")
@click.argument("name")
@click.argument("role", type=click.Choice(ROLES))
def promote(name: str, role: str) -> None:
    """Change the role of a member."""
    user = _user(name)
    actions.set_role(user, role, by=None)
    security_log.record("shell_act", user=user, command="user-promote")
    db.session.commit()
    click.echo(_("%(name)s is now %(role)s.", name=name, role=role))


@user_group.command("password")
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def set_password(name: str, password_stdin: bool) -> None:
    """Set a new password and log out all sessions. Without a password, a random one is set and printed."""
    user = _user(name)
    password = _password(password_stdin, *user.own_words)
    actions.set_password(user, passwords.hash_password(password))
    security_log.record("shell_act", user=user, command="user-password")
    db.session.commit()
    _say(_("Password of %(name)s changed.", name=name), "" if password_stdin else password)


@user_group.command("secure")
@click.argument("name")
@click.option("--email", help="The member's email address, if it differs from the one in the account.")
@click.option("--end-undo", is_flag=True, help="Former email addresses can no longer undo their change.")
def secure(name: str, email: str | None, end_undo: bool) -> None:
    """Log out all sessions, revoke tokens and password, and email the member a link to set a new one."""
    user = _user(name)
    try:
        email = email and message.normalize_address(email, any_host=True)
        address_actions.recover(user, email=email, end_undo=end_undo)
    except message.BadAddress as error:
        raise click.ClickException(f"{email}: {error}") from error
    except Invalid as error:
        raise click.ClickException(" ".join(error.errors["email"])) from error
    security_log.record("shell_act", user=user, command="user-secure")
    db.session.commit()
    if user.email is None:
        click.echo(
            _("%(name)s is secured. The account has no email address, so no link was sent.", name=name)
        )
    else:
        click.echo(
            _(
                "%(name)s is secured. A link to set a new password was sent to %(email)s.",
                name=name,
                email=user.email,
            )
        )


@token_group.command("create")
@click.argument("name")
@click.option("--scope", type=click.Choice(["read", "write"]), default="read")
def create_token(name: str, scope: str) -> None:
    """Create an API token for a member and print it."""
    user = _user(name)
    token = actions.make_token(user, "shell", scope)
    notices.token_made(user, "shell", scope)
    security_log.record("shell_act", user=user, command="token-create")
    db.session.commit()
    click.echo(token)


@reputation_group.command("verify")
def verify() -> None:
    """Recompute all reputation from the votes and compare. The exit status is 1 if anything differs."""
    with read_snapshot():
        faults = reputation.verify()
    for fault in faults:
        click.echo(fault)
    click.echo(ngettext("%(num)s difference", "%(num)s differences", len(faults)))
    sys.exit(1 if faults else 0)
