"""Writes of bulletins by people: write, edit, schedule, publish. Documents come in by store_actions.

Nothing here commits. What people write is put into an advisory and stored like any document, so that there
is one way into the rows.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from flask import current_app
from flask_babel import gettext as _

from advisories.advisory import Advisory, RevisionEntry
from advisories.codec import dump, load
from advisories.csaf import provider
from auth.conflicts import check_not_done, last_act
from bulletins import queries, rows, store_actions
from bulletins.catalogue import Catalogue
from bulletins.mitigations import actions
from bulletins.models import Bulletin
from bulletins.queries import SUPERSEDES
from core.database.db import utcnow
from core.database.versions import Expected
from core.jobs import events
from core.mail.mail import site_url
from core.markup import markup
from posts import actions as posts
from posts import locks, visibility
from posts.models import DRAFT, PUBLISHED
from posts.revisions.history import State

SAID = ("title", "severity", "severity_text", "notes", "references", "products", "vulnerabilities")
RECENTLY = timedelta(minutes=2)  # who names an instant so soon after another has not seen theirs
PUBLICATIONS = ("bulletin.published", "bulletin.republished")


class NotPossible(ValueError):
    """The bulletin is not in a state for this; the message says why."""


def create(parts: dict, *, by, release_at: datetime | None = None, is_out_of_band: bool = False) -> Bulletin:
    """Begin a bulletin of our own, as a draft; `parts` are fields of Advisory. Its number is final.

    `release_at` only says of which year the number is: schedule() sets the instant.
    """
    release_at = release_at or utcnow()
    reference = store_actions.next_reference(release_at.year)
    advisory = Advisory(
        format="csaf",
        tracking_id=reference,
        tlp="WHITE",
        publisher_namespace=site_url(),
        publisher=current_app.config["REDOUBT_SITE_NAME"],
        **parts,
    )
    bulletin = Bulletin(
        status=DRAFT,
        author_id=by.id,
        reference=reference,
        slug=reference,
        document_path=provider.path(reference, release_at),
        is_out_of_band=is_out_of_band,
        **{name: [] for name in store_actions.CHILDREN},
    )
    store_actions.fill(bulletin, advisory, Catalogue())
    return posts.create(bulletin, markup.render(rows.body(advisory)))


def edit(
    bulletin: Bulletin,
    parts: dict,
    *,
    by,
    change: str = "",
    is_out_of_band: bool | None = None,
    was: dict | None = None,
) -> None:
    """Change some fields of Advisory, as a new version of the document; nothing when none differs.

    `was` are the facts from posts.begin_edit() when more than the document may have changed since.
    """
    if was is None:
        was = posts.begin_edit(bulletin, None)
    if is_out_of_band is not None:
        bulletin.is_out_of_band = is_out_of_band
    before = rows.to_advisory(bulletin, with_ours=False)
    after = replace(before, **parts)
    if dump(after) == dump(before):
        posts.rewrite(bulletin, bulletin.rendered, by=by, summary=change, was=was)
        return
    if bulletin.published_at is not None:
        after = _new_version(after, change)
    store_actions.rewrite(bulletin, after, by=by, catalogue=Catalogue(), summary=change, facts=was)


def facts_of(bulletin: Bulletin) -> dict:
    """What its revisions keep: the document, and what was written here beside it."""
    found = queries.whole(bulletin.id)
    return {
        "advisory": dump(rows.to_advisory(found, with_ours=False)),
        "is_out_of_band": found.is_out_of_band,
        "known_issues": actions.issues_of(found),
        "supersedes": sorted(queries.superseded(found).values()),
        "mitigations": [actions.facts_of(each) for each in found.mitigations],
    }


def restore(bulletin: Bulletin, state: State, *, by, summary: str, expected: Expected = None) -> None:
    """Make what an old revision said the present again; the document's own numbers and dates go on."""
    was, facts = posts.begin_edit(bulletin, expected), state.facts
    said = load(Advisory, facts["advisory"])
    actions.set_issues(bulletin, facts["known_issues"], by=by)
    supersede(bulletin, queries.by_references(facts["supersedes"]))
    edit(
        bulletin,
        {name: getattr(said, name) for name in SAID},
        by=by,
        change=summary,
        is_out_of_band=facts["is_out_of_band"],
        was=was,
    )
    was = posts.begin_edit(bulletin, None)
    actions.restore(bulletin, facts["mitigations"], by=by)
    posts.rewrite(bulletin, bulletin.rendered, by=by, summary=summary, was=was)


def supersede(bulletin: Bulletin, others: Iterable[Bulletin]) -> None:
    """Say that a bulletin takes the place of exactly these."""
    wanted = {other.id: other for other in others if other.id != bulletin.id}
    if queries.superseded(bulletin).keys() == wanted.keys():
        return
    posts.unlink(bulletin, SUPERSEDES)
    for other in wanted.values():
        posts.link(bulletin, other, SUPERSEDES)


def schedule(bulletin: Bulletin, at: datetime, *, by, seen: str | None = None) -> None:
    """Let the worker publish a draft at an instant, not a second earlier. Raises NotPossible.

    `seen` is the instant (ISO) that `by` knew of. Raises AlreadyDone when somebody else has named another.
    """
    locks.lock(bulletin)
    if bulletin.embargo_until == at and bulletin.status != PUBLISHED:
        return
    if bulletin.status == PUBLISHED or bulletin.is_deleted:
        raise NotPossible("it is public, or removed")
    if at <= utcnow():
        raise NotPossible("the instant has passed")
    last = last_act(bulletin, ["bulletin.due"]) if bulletin.embargo_until is not None else None
    if (
        last is not None
        and last.actor_id != by.id
        and (
            last.created_at > utcnow() - RECENTLY
            if seen is None
            else seen != bulletin.embargo_until.isoformat()
        )
    ):
        check_not_done(
            bulletin,
            ["bulletin.due"],
            _("it is published at %(when)s UTC.", when=f"{bulletin.embargo_until:%Y-%m-%d %H:%M}"),
            by=by,
            url=bulletin.url,
        )
    bulletin.embargo_until = at
    events.record("bulletin.due", subject=bulletin, actor=by, due_at=at)


def unschedule(bulletin: Bulletin) -> None:
    """Take the instant away: it stays a draft until somebody publishes it."""
    locks.lock(bulletin)
    bulletin.embargo_until = None


def publish_due(bulletin: Bulletin) -> bool:
    """Publish a bulletin whose instant has come; whether it was. An instant moved later is waited for."""
    locks.lock(bulletin)
    if bulletin.embargo_until is None or bulletin.embargo_until > utcnow():
        return False
    return publish(bulletin, by=None)


def publish(bulletin: Bulletin, *, by) -> bool:
    """Make a draft public: from here on it is everywhere. Whether it was one; AlreadyDone when somebody
    else has published or removed it.

    What was public before is no news when it comes back.
    """
    event = posts.publish(bulletin, by=by)
    if event is None:
        if by is not None and bulletin.is_deleted:
            check_not_done(
                bulletin, ["bulletin.deleted"], _("this bulletin is removed."), by=by, url=bulletin.url
            )
        elif by is not None:
            check_not_done(bulletin, PUBLICATIONS, _("this bulletin is published."), by=by, url=bulletin.url)
        return False
    if bulletin.is_told:
        event.name = "bulletin.republished"
    bulletin.is_told = True
    if bulletin.published_at is None:
        at = bulletin.embargo_until if by is None else utcnow()
        bulletin.published_at, bulletin.release_month = at, f"{at:%Y-%m}"
        bulletin.current_release_at, bulletin.document_path = at, provider.path(bulletin.reference, at)
        first = dump(RevisionEntry("1", at, "Initial release"))
        bulletin.more = bulletin.more | {
            "initial_release_at": at.isoformat(),
            "version": "1",
            "current_release_at": at.isoformat(),
            "history": [first],
        }
    bulletin.embargo_until = None
    return True


def withdraw(bulletin: Bulletin, *, by) -> None:
    """Take a bulletin back to a draft, off every list. Raises AlreadyDone when somebody else has."""
    locks.lock_thread(bulletin)
    if bulletin.status != PUBLISHED:
        check_not_done(
            bulletin, ["bulletin.withdrawn"], _("this bulletin is a draft again."), by=by, url=bulletin.url
        )
        return
    bulletin.status = DRAFT
    visibility.refresh(bulletin)
    events.record("bulletin.withdrawn", subject=bulletin, actor=by)


def accept_imports(bulletin: Bulletin) -> None:
    """Let the next import overwrite what was changed here."""
    bulletin.imported, bulletin.import_digest = store_actions.part_digests(bulletin), ""


def set_failure_flag(bulletin: Bulletin, flagged: bool) -> None:
    """Note that deployment reports of failures rise, or that they do no more; the rise is told once."""
    if flagged and not bulletin.has_failures:
        store_actions.announce_risk_change(bulletin, ["failures_reported"])
    bulletin.has_failures = flagged


def _new_version(advisory: Advisory, change: str) -> Advisory:
    """The advisory with its version counted up and a line in its history."""
    now, parts = utcnow(), advisory.version.split(".")
    major = int(parts[0]) + 1 if parts[0].isdigit() else len(advisory.history) + 1
    version = ".".join([str(major), *("0" for _ in parts[1:])])
    entry = RevisionEntry(version, now, change or "Edited")
    return replace(advisory, version=version, current_release_at=now, history=[*advisory.history, entry])
