"""Writes of bulletins by moderators: create, edit, schedule, publish. store_actions stores documents.

Nothing here commits. Input of moderators is converted to an advisory and stored like a document.
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
from auth.models import User
from bulletins import queries, ranking, rows, store_actions
from bulletins.catalogue import Catalogue
from bulletins.digests import part_digests
from bulletins.mitigations import actions
from bulletins.models import Bulletin
from bulletins.queries import SUPERSEDES
from bulletins.verdicts import actions as verdicts
from core.database.db import utcnow
from core.database.versions import Expected
from core.jobs import events
from core.mail.mail import site_url
from core.markup import markup
from core.web.forms import Invalid
from posts import actions as posts
from posts import locks, visibility
from posts.models import DRAFT, PUBLISHED
from posts.revisions.history import State

RESTORED_FIELDS = (
    "title",
    "severity",
    "severity_text",
    "notes",
    "references",
    "acknowledgments",
    "products",
    "vulnerabilities",
)
WITHDRAWN = "withdrawn"  # Advisory.status
MAX_EDITED_PRODUCTS = 2_000  # of a document that is edited by hand: the write lock is held meanwhile
MAX_EDITED_PAIRS = 100_000  # of products and vulnerabilities
CONCURRENT_SCHEDULE_WINDOW = timedelta(
    minutes=2
)  # within it, a second schedule was set without seeing the first
PUBLICATION_EVENTS = ("bulletin.published", "bulletin.republished")


class NotPossible(ValueError):
    """The state of the bulletin does not allow this; the message is the reason."""


def create(
    parts: dict, *, by: User, release_at: datetime | None = None, is_out_of_band: bool = False
) -> Bulletin:
    """Create a bulletin as a draft; `parts` are fields of Advisory. Its reference does not change later.

    `release_at` only decides the year of the reference: schedule() sets the time of publication. Raises
    TooMany beyond the limit for posts.
    """
    posts.limit_posting(by)
    release_at = release_at or utcnow()
    reference = store_actions.next_reference(release_at.year)
    advisory = Advisory(
        format="csaf",
        tracking_id=reference,
        publisher_namespace=site_url(),
        publisher=current_app.config["REDOUBT_SITE_NAME"],
        **{"tlp": "WHITE", **parts},
    )
    bulletin = Bulletin(
        status=DRAFT,
        author_id=by.id,
        reference=reference,
        slug=reference,
        document_path=provider.path(reference, release_at),
        is_out_of_band=is_out_of_band,
        is_own=True,
        **{name: [] for name in store_actions.CHILDREN},
    )
    store_actions.set_rows(bulletin, advisory, Catalogue())
    posts.create(bulletin, markup.render(rows.body(advisory)))
    verdicts.refresh_bulletins([bulletin.id])
    return bulletin


def edit(
    bulletin: Bulletin,
    parts: dict,
    *,
    by: User,
    change: str = "",
    is_out_of_band: bool | None = None,
    was: dict | None = None,
) -> None:
    """Change some fields of Advisory, as a new version of the document, if any differs.

    `was` are the facts from posts.begin_edit(), when more than the document may have changed since.
    """
    if was is None:
        was = posts.begin_edit(bulletin, None)
    if is_out_of_band is not None:
        bulletin.is_out_of_band = is_out_of_band
    _remember_imported(bulletin)
    before = rows.to_advisory(bulletin, with_local=False)
    after = replace(before, **parts)
    if after.status != WITHDRAWN:
        bulletin.withdrawn_reason = ""
    if dump(after) == dump(before):
        posts.rewrite(bulletin, bulletin.rendered, by=by, summary=change, old_facts=was)
        return
    if bulletin.is_own and bulletin.published_at is not None:
        after = _new_version(after, change)
    store_actions.rewrite(bulletin, after, by=by, catalogue=Catalogue(), summary=change, facts=was)
    bulletin.is_edited = not bulletin.is_own


def check_label(bulletin: Bulletin, label: str) -> None:
    """Raise NotPossible for a new TLP label that does not let everybody read a public bulletin."""
    if label != bulletin.tlp and label not in queries.OPEN_TLP and bulletin.is_public:
        raise NotPossible(
            _("the bulletin is public; unpublish it first, then set TLP:%(label)s", label=label)
        )


def why_too_large(bulletin: Bulletin) -> str:
    """Why a document cannot be edited by hand; empty if it can. An edit takes time for each product."""
    products = queries.count_products(bulletin.id)
    pairs = products * max(1, bulletin.vulnerability_count)
    if products <= MAX_EDITED_PRODUCTS and pairs <= MAX_EDITED_PAIRS:
        return ""
    return _(
        "This document names %(products)s products for %(vulnerabilities)s vulnerabilities, too many to edit "
        "here (at most %(most)s products, and %(pairs)s pairs of both). Correct the document and import it "
        "again, or write a bulletin that refers to it. It can be withdrawn, and mitigations can be added.",
        products=f"{products:,}",
        vulnerabilities=f"{bulletin.vulnerability_count:,}",
        most=f"{MAX_EDITED_PRODUCTS:,}",
        pairs=f"{MAX_EDITED_PAIRS:,}",
    )


def _remember_imported(bulletin: Bulletin) -> None:
    """Store the digests of parts that did not exist when the bulletin was imported, before an edit."""
    if bulletin.imported:
        bulletin.imported = part_digests(bulletin) | bulletin.imported


def facts_of(bulletin: Bulletin) -> dict:
    """The facts in its revisions: the document, and what moderators entered besides."""
    found = queries.get_whole(bulletin.id)
    return {
        "advisory": dump(rows.to_advisory(found, with_local=False)),
        "is_out_of_band": found.is_out_of_band,
        "withdrawn_reason": found.withdrawn_reason,
        "known_issues": actions.issues_of(found),
        "supersedes": sorted(queries.superseded(found).values()),
        "mitigations": [actions.facts_of(each) for each in found.mitigations],
    }


def restore(bulletin: Bulletin, state: State, *, by: User, summary: str, expected: Expected = None) -> None:
    """Restore an old revision as a new version of the document. Raises versions.Stale, Invalid."""
    if why := why_too_large(bulletin):
        raise Invalid({"_": [why]})
    was = posts.begin_edit(bulletin, expected)
    facts = state.facts or {}
    advisory = load(Advisory, facts["advisory"])
    actions.set_issues(bulletin, facts["known_issues"], by=by)
    supersede(bulletin, queries.by_references(facts["supersedes"]))
    edit(
        bulletin,
        {name: getattr(advisory, name) for name in RESTORED_FIELDS},
        by=by,
        change=summary,
        is_out_of_band=facts["is_out_of_band"],
        was=was,
    )
    was = posts.begin_edit(bulletin, None)
    actions.restore(bulletin, facts["mitigations"], by=by)
    posts.rewrite(bulletin, bulletin.rendered, by=by, summary=summary, old_facts=was)


def supersede(bulletin: Bulletin, others: Iterable[Bulletin]) -> None:
    """Set which bulletins this one supersedes."""
    wanted = {other.id: other for other in others if other.id != bulletin.id}
    if queries.superseded(bulletin).keys() == wanted.keys():
        return
    posts.unlink(bulletin, SUPERSEDES)
    for other in wanted.values():
        posts.link(bulletin, other, SUPERSEDES)


def schedule(bulletin: Bulletin, at: datetime, *, by: User, seen: str | None = None) -> None:
    """Schedule a draft: the worker publishes it at this time (UTC), not earlier. Raises NotPossible.

    `seen` is the scheduled time (ISO 8601) that the page of `by` showed. Raises AlreadyDone when
    somebody else has set another time since.
    """
    locks.lock(bulletin)
    if bulletin.embargo_until == at and bulletin.status != PUBLISHED:
        return
    if bulletin.status == PUBLISHED or bulletin.is_deleted:
        raise NotPossible(_("it is already public, or deleted"))
    if at <= utcnow():
        raise NotPossible(_("this time is in the past"))
    if bulletin.embargo_until is not None:
        _check_schedule_seen(bulletin, bulletin.embargo_until, by=by, seen=seen)
    bulletin.embargo_until = at
    events.record("bulletin.due", subject=bulletin, actor=by, due_at=at)


def _check_schedule_seen(bulletin: Bulletin, scheduled: datetime, *, by: User, seen: str | None) -> None:
    """Raise AlreadyDone unless `by` knew the scheduled time that is about to be replaced."""
    last = last_act(bulletin, ["bulletin.due"])
    if last is None or last.actor_id == by.id:
        return
    if seen is None:
        is_unseen = last.created_at > utcnow() - CONCURRENT_SCHEDULE_WINDOW
    else:
        is_unseen = seen != scheduled.isoformat()
    if is_unseen:
        check_not_done(
            bulletin,
            ["bulletin.due"],
            _("it is published at %(when)s UTC.", when=f"{scheduled:%Y-%m-%d %H:%M}"),
            by=by,
            url=bulletin.url,
        )


def unschedule(bulletin: Bulletin) -> None:
    """Remove the scheduled time: the bulletin stays a draft until somebody publishes it."""
    locks.lock(bulletin)
    bulletin.embargo_until = None


def publish_due(bulletin: Bulletin) -> bool:
    """Publish a bulletin if its scheduled time has come; returns whether it was published."""
    locks.lock(bulletin)
    if bulletin.embargo_until is None or bulletin.embargo_until > utcnow():
        return False
    return publish(bulletin, by=None)


def publish(bulletin: Bulletin, *, by: User | None) -> bool:
    """Publish a draft; returns whether it was one. `by` is None for the worker.

    A bulletin that was public before is not announced again. Raises AlreadyDone when somebody else has
    published or removed it.
    """
    event = posts.publish(bulletin, by=by)
    if event is None:
        if by is not None and bulletin.is_deleted:
            check_not_done(
                bulletin, ["bulletin.deleted"], _("this bulletin is deleted."), by=by, url=bulletin.url
            )
        elif by is not None:
            check_not_done(
                bulletin, PUBLICATION_EVENTS, _("this bulletin is published."), by=by, url=bulletin.url
            )
        return False
    if bulletin.is_told:
        event.name = "bulletin.republished"
    bulletin.is_told = True
    if bulletin.published_at is None:
        _set_first_release(bulletin, (bulletin.embargo_until if by is None else None) or utcnow())
    bulletin.embargo_until = None
    return True


def _set_first_release(bulletin: Bulletin, at: datetime) -> None:
    """Set the dates and the version of a document that is published for the first time."""
    bulletin.published_at = at
    bulletin.release_month = f"{at:%Y-%m}"
    bulletin.current_release_at = at
    bulletin.document_path = provider.path(bulletin.reference, at)
    first = dump(RevisionEntry("1", at, "Initial release"))
    bulletin.more = bulletin.more | {
        "initial_release_at": at.isoformat(),
        "version": "1",
        "current_release_at": at.isoformat(),
        "history": [first],
    }


def unpublish(bulletin: Bulletin, *, by: User) -> None:
    """Make a published bulletin a draft again. Raises AlreadyDone when somebody else has."""
    locks.lock_thread(bulletin)
    if bulletin.status != PUBLISHED:
        check_not_done(
            bulletin, ["bulletin.unpublished"], _("this bulletin is unpublished."), by=by, url=bulletin.url
        )
        return
    bulletin.status = DRAFT
    visibility.refresh(bulletin)
    events.record("bulletin.unpublished", subject=bulletin, actor=by)


def withdraw(bulletin: Bulletin, reason: str, *, by: User, expected: Expected = None) -> None:
    """Withdraw a published bulletin: its page stays and says so, with the reason, as a new version.

    Raises NotPossible for a bulletin that is not public, versions.Stale, and AlreadyDone when somebody else
    has withdrawn it for another reason.
    """
    was = posts.begin_edit(bulletin, expected)
    if not bulletin.is_public:
        raise NotPossible(_("only a public bulletin can be withdrawn"))
    before = rows.to_advisory(bulletin, with_local=False)
    if before.status == WITHDRAWN:
        if bulletin.withdrawn_reason != reason:
            done = _("this bulletin is withdrawn.")
            check_not_done(bulletin, ["bulletin.withdrawn"], done, by=by, url=bulletin.url)
        return
    _remember_imported(bulletin)
    summary = _("Withdrawn: %(reason)s", reason=reason)
    after = _new_version(replace(before, status=WITHDRAWN), summary)
    bulletin.withdrawn_reason = reason
    store_actions.rewrite(bulletin, after, by=by, catalogue=Catalogue(), summary=summary, facts=was)
    events.record("bulletin.withdrawn", subject=bulletin, actor=by, note=reason)


def accept_imports(bulletin: Bulletin) -> None:
    """Let the next import overwrite the changes of moderators."""
    bulletin.imported = part_digests(bulletin)
    bulletin.import_digest = ""


def set_failure_flag(bulletin: Bulletin, flagged: bool) -> None:
    """Set whether deployment reports show a failure spike; the beginning of one is announced."""
    if flagged and not bulletin.has_failures:
        ranking.announce_risk_change(bulletin, ["failures_reported"])
    bulletin.has_failures = flagged


def _new_version(advisory: Advisory, change: str) -> Advisory:
    """The advisory with an incremented version and a new entry in its history."""
    now = utcnow()
    parts = advisory.version.split(".")
    major = int(parts[0]) + 1 if parts[0].isdigit() else len(advisory.history) + 1
    version = ".".join([str(major), *("0" for _ in parts[1:])])
    entry = RevisionEntry(version, now, change or "Edited")
    return replace(advisory, version=version, current_release_at=now, history=[*advisory.history, entry])
