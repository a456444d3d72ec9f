"""Inboxes and outgoing mail for the tests, and rounds of the worker that send."""

import contextvars

import pytest
from sqlalchemy import select

from alerts import tasks as alert_tasks
from core.database.db import db
from core.database.models import OutgoingMail
from core.jobs import worker
from notifications import labels, queries, tasks


@pytest.fixture
def inbox(drain):
    """inbox(user) → the lines of the user's inbox, newest first, after all events were handled."""

    def read(user):
        drain()
        return [f"{labels.sentence(line)}: {labels.title(line)}" for line in queries.inbox(user)]

    return read


@pytest.fixture
def rounds(app, drain):
    """rounds() handles all events and runs the mail jobs until nothing is due."""

    def work():
        while worker.round_once(app, [tasks.mail_news, alert_tasks.mail_alerts]):
            pass

    def run():
        drain()
        contextvars.Context().run(work)
        db.session.expire_all()

    return run


@pytest.fixture
def mails(rounds):
    """mails(to=None) → queued mails after the rounds, in order; all, or those to one address."""

    def queued(to=None):
        rounds()
        rows = select(OutgoingMail).order_by(OutgoingMail.id)
        return list(db.session.scalars(rows if to is None else rows.where(OutgoingMail.recipient == to)))

    return queued
