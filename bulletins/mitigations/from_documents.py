"""The no-patch shield: mitigations and workarounds of documents become typed mitigations, once for each text.

What a moderator confirmed or wrote stays whatever the document says later.
"""

import hashlib

from advisories import layers
from advisories.advisory import Advisory, Remedy
from bulletins.models import Bulletin, Mitigation

KINDS = ("workaround", "mitigation")


def digest(text: str, url: str = "") -> str:
    """The same for texts that differ in white space only."""
    return hashlib.sha256(f"{' '.join(text.split())}\n{url}".encode()).hexdigest()


def remedies_by_digest(advisory: Advisory) -> dict[str, Remedy]:
    """The mitigations and workarounds of a document, each text once, by digest."""
    return {
        digest(remedy.details, remedy.url): remedy
        for said in advisory.vulnerabilities
        for remedy in said.remedies
        if remedy.kind in KINDS and (remedy.details or remedy.url)
    }


def sync_mitigations(bulletin: Bulletin, advisory: Advisory) -> None:
    """Bring the mitigations of a bulletin in line with what its document says now."""
    said = remedies_by_digest(advisory)
    have = {mitigation.digest for mitigation in bulletin.mitigations}
    bulletin.mitigations = [
        each for each in bulletin.mitigations if each.is_ours or each.is_confirmed or each.digest in said
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
        for key, remedy in said.items()
        if key not in have
    ]
