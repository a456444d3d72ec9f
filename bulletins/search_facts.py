"""What the search index holds of a bulletin besides title and text."""

from advisories.advisory import Advisory
from bulletins.models import Bulletin

MAX_NAMES_CHARACTERS = 100_000


def search_names(advisory: Advisory) -> str:
    """CVEs, titles, updates, builds and products, one per line, each once; stored as Bulletin.names."""
    found = [advisory.title, *advisory.aliases]
    for each in advisory.vulnerabilities:
        found += [each.cve, each.title, *(number for _system, number in each.other_ids)]
        for remedy in each.remedies:
            found += [remedy.update, remedy.fixed_build]
    found += [entry.name for entry in advisory.products]
    return "\n".join(dict.fromkeys(filter(None, found)))[:MAX_NAMES_CHARACTERS]


def search_facts(bulletin: Bulletin) -> dict:
    """The additional text and the states (for `is:exploited`) of a bulletin in the index."""
    states = [("exploited", bulletin.is_exploited), ("unpatched", bulletin.is_unpatched)]
    return {
        "text": "\n".join((bulletin.reference, bulletin.tracking_id, bulletin.publisher, bulletin.names)),
        "states": tuple(name for name, holds in states if holds),
    }
