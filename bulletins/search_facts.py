"""What search finds a bulletin by, beside its title and text: every name that people know it under."""

from advisories.advisory import Advisory
from bulletins.models import Bulletin

LONGEST = 100_000


def search_names(advisory: Advisory) -> str:
    """CVEs, titles, updates and builds, and products, each once; kept with the bulletin for the index."""
    found = [advisory.title, *advisory.aliases]
    for said in advisory.vulnerabilities:
        found += [said.cve, said.title, *(number for _system, number in said.other_ids)]
        found += [name for each in said.remedies for name in (each.update, each.fixed_build)]
    found += [entry.name for entry in advisory.products]
    return "\n".join(dict.fromkeys(filter(None, found)))[:LONGEST]


def search_facts(bulletin: Bulletin) -> dict:
    """Its text for the index, and its states."""
    states = [("exploited", bulletin.is_exploited), ("unpatched", bulletin.is_unpatched)]
    return {
        "text": "\n".join((bulletin.reference, bulletin.tracking_id, bulletin.publisher, bulletin.names)),
        "states": tuple(name for name, holds in states if holds),
    }
