"""Stores the mitigations and workarounds of documents, once for each text.

What a moderator confirmed or wrote is not changed by later versions of the document.
"""

import hashlib
from itertools import chain

from advisories import layers
from advisories.advisory import Advisory, Remedy
from bulletins.models import Bulletin, Mitigation

MITIGATION_KINDS = ("workaround", "mitigation")


def digest(text: str, url: str = "") -> str:
    """A digest of text and link that ignores white space."""
    return hashlib.sha256(f"{' '.join(text.split())}\n{url}".encode()).hexdigest()


def remedies_by_digest(advisory: Advisory) -> dict[str, Remedy]:
    """The mitigations and workarounds of a document, each text once, by digest."""
    remedies = chain.from_iterable(each.remedies for each in advisory.vulnerabilities)
    return {
        digest(remedy.details, remedy.url): remedy
        for remedy in remedies
        if remedy.kind in MITIGATION_KINDS and (remedy.details or remedy.url)
    }


def sync_mitigations(bulletin: Bulletin, advisory: Advisory) -> None:
    """Add mitigations that are new in the document; remove unconfirmed ones that it no longer has."""
    stated = remedies_by_digest(advisory)
    present = {mitigation.digest for mitigation in bulletin.mitigations}
    bulletin.mitigations = [
        each for each in bulletin.mitigations if each.is_ours or each.is_confirmed or each.digest in stated
    ]
    bulletin.mitigations += [
        Mitigation(
            digest=key,
            kind=remedy.kind,
            text=remedy.details,
            url=remedy.url,
            steps=[],
            layer=layers.suggest(remedy.details),
            is_ours=False,
            is_confirmed=False,
        )
        for key, remedy in stated.items()
        if key not in present
    ]
