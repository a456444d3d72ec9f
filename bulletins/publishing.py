"""Which documents are published, what withdrawn ones keep, and why one waits. Nothing commits.

Final and interim documents that everybody may read are published; drafts, and documents with a restricting
TLP label, wait. A later version that waits does not touch what is public.
"""

from dataclasses import replace
from datetime import timedelta

from flask_babel import gettext as _

from advisories.advisory import Advisory, Vulnerability
from bulletins import queries
from bulletins.models import Bulletin
from core.database.db import utcnow
from core.jobs import events
from posts import actions as posts
from posts.models import DRAFT

NEWS_PERIOD = timedelta(days=31)
WITHDRAWN = "withdrawn"
WAITING = "draft"


def is_open(advisory: Advisory) -> bool:
    """Whether everybody may read it now."""
    return advisory.status != WAITING and advisory.tlp in queries.OPEN_TLP


def why_waiting(advisory: Advisory) -> str:
    """Why a document is not published; empty when it is."""
    if advisory.tlp not in queries.OPEN_TLP:
        return _("its label TLP:%(label)s does not let everybody read it", label=advisory.tlp)
    if advisory.status == WAITING:
        return _(
            "its issuer marks it as a draft; it is published when a final or interim version is imported"
        )
    return ""


def why_hidden(bulletin: Bulletin, advisory: Advisory) -> str:
    """Why a stored document is not, or not wholly, on the site; empty when it is."""
    if bulletin.is_deleted:
        return _("the bulletin was deleted here")
    if why := why_waiting(advisory):
        if bulletin.is_public:
            return _(
                "version %(version)s: %(why)s; the version that was published stays",
                version=advisory.version[:40],
                why=why,
            )
        return why
    if bulletin.is_public:
        return ""
    if bulletin.embargo_until is not None:
        return _("a moderator scheduled it for %(when)s UTC", when=f"{bulletin.embargo_until:%Y-%m-%d %H:%M}")
    return _("a moderator unpublished it")


def is_news(bulletin: Bulletin, *, announce: bool) -> bool:
    """Whether its publication is announced: an archive, a withdrawn or an informational document is not."""
    if bulletin.is_informational or bulletin.document_status == WITHDRAWN:
        return False
    now = utcnow()
    return announce or (bulletin.published_at or now) > now - NEWS_PERIOD


def publication_event(bulletin: Bulletin, *, announce: bool) -> str:
    """The name of the event of a publication by an import."""
    return "bulletin.published" if is_news(bulletin, announce=announce) else "bulletin.imported"


def publish_waiting(bulletin: Bulletin, advisory: Advisory, *, announce: bool) -> bool:
    """Publish a bulletin that waited for this version of its document; returns whether it did.

    One that a moderator unpublished or scheduled stays as it is.
    """
    waits = bulletin.status == DRAFT and not bulletin.is_told and bulletin.embargo_until is None
    if not (waits and is_open(advisory)):
        return False
    event = posts.publish(bulletin, by=None)
    if event is None:
        return False
    event.name = publication_event(bulletin, announce=announce)
    bulletin.is_told = True
    return True


def withdrawn_content(advisory: Advisory, current: Advisory) -> Advisory:
    """A withdrawn document with what its last version said, if it says nothing itself (a rejected CVE).

    Readers who were alerted find the bulletin that they know, with the vulnerabilities marked as rejected.
    """
    if advisory.status != WITHDRAWN or advisory.products or not current.products:
        return advisory
    new = {each.cve: each for each in advisory.vulnerabilities if each.cve}
    return replace(
        advisory,
        title=current.title,
        severity=current.severity,
        severity_text=current.severity_text,
        notes=advisory.notes or current.notes,
        products=current.products,
        vulnerabilities=[_rejected(each, new.get(each.cve)) for each in current.vulnerabilities],
    )


def _rejected(known: Vulnerability, new: Vulnerability | None) -> Vulnerability:
    notes = [] if new is None else [note for note in new.notes if note not in known.notes]
    return replace(known, is_rejected=True, notes=[*notes, *known.notes])


def announce_retraction(bulletin: Bulletin) -> None:
    """Announce that a public bulletin was withdrawn by its issuer, or by a moderator with a reason."""
    if bulletin.is_public:
        events.record("bulletin.retracted", subject=bulletin)
