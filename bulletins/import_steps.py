"""What an import does with a document that is known: decisions about a bulletin with all its rows. Pure."""

from dataclasses import dataclass, replace
from enum import StrEnum

from advisories.advisory import Advisory, Vulnerability
from advisories.codec import dump
from bulletins import publishing, rows
from bulletins.digests import PARTS, changed_here, content_digest
from bulletins.models import Bulletin

READER_EDITION = 2  # the edition of the readers; a higher one reads known documents again, quietly


class Step(StrEnum):
    """What the import of a known document does with its bulletin."""

    OWN = "own"  # nothing: this site issued it
    WAIT = "wait"  # the version may not be published and does not replace a public one
    OLDER = "older"
    REFRESH = "refresh"  # the same document: only what readers derive may differ
    REPLACE = "replace"


def next_step(bulletin: Bulletin, advisory: Advisory, digest: str) -> Step:
    """What to do with a bulletin, which has all its rows, and a document of this content_digest()."""
    if bulletin.is_own:
        return Step.OWN
    if bulletin.is_public and not publishing.is_open(advisory):
        return Step.WAIT
    if bulletin.import_digest and publishing.is_older(bulletin, advisory):
        return Step.OLDER
    if digest == bulletin.import_digest or digest == content_digest(rows.to_advisory(bulletin)):
        return Step.REFRESH
    return Step.REPLACE


@dataclass(frozen=True)
class Merged:
    """A document as it is stored: `edited` are the PARTS that keep what moderators wrote.

    `is_quiet`: the same version, read by another edition of the readers, is no news.
    """

    advisory: Advisory
    edited: tuple[str, ...]
    is_quiet: bool
    was_withdrawn: bool


def merged(bulletin: Bulletin, advisory: Advisory) -> Merged:
    """A document with what moderators changed in its bulletin, which has all its rows."""
    edited = changed_here(bulletin)
    current = rows.to_advisory(bulletin, with_local=False)
    local_values = {}
    for part in edited:
        local_values |= {field: getattr(current, field) for field in PARTS[part]}
    is_quiet = bulletin.reader_edition != READER_EDITION and (
        advisory.version,
        advisory.current_release_at,
    ) == (
        current.version,
        current.current_release_at,
    )
    whole = replace(publishing.withdrawn_content(advisory, current), **local_values)
    return Merged(whole, edited, is_quiet, bulletin.document_status == publishing.WITHDRAWN)


@dataclass(frozen=True)
class Derived:
    """What the readers derive now from a known document; `is_changed` tells whether anything differs."""

    advisory: Advisory
    edited: tuple[str, ...]
    is_changed: bool


def derived_again(bulletin: Bulletin, advisory: Advisory) -> Derived | None:
    """What to store of a known document that was read again; None when nothing is to be stored.

    `bulletin` has all its rows. The content that moderators changed, or that a withdrawn document kept,
    stays, as does what was derived from the same document in another format.
    """
    edited = changed_here(bulletin)
    current = rows.to_advisory(bulletin, with_local=False)
    wanted = replace(current, status=advisory.status, vulnerabilities=_with_derived(current, advisory))
    keeps = (
        "content" in edited
        or advisory.format != current.format
        or bulletin.document_status == publishing.WITHDRAWN
    )
    is_same = keeps or dump(wanted) == dump(current)
    if is_same and bulletin.reader_edition == READER_EDITION:
        return None
    return Derived(current if keeps else wanted, edited, not is_same)


def _with_derived(current: Advisory, read: Advisory) -> list[Vulnerability]:
    """The stored vulnerabilities with what was derived from the document that was read."""
    if len(current.vulnerabilities) != len(read.vulnerabilities):
        return current.vulnerabilities
    return [
        replace(
            known,
            remedies=[
                *(each for each in known.remedies if not each.origin),
                *(each for each in new.remedies if each.origin),
            ],
            exploitation=new.exploitation,
            is_exploited=new.is_exploited,
        )
        for known, new in zip(current.vulnerabilities, read.vulnerabilities, strict=True)
    ]
