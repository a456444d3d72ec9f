"""The panel on a bulletin's page: what it says of the reader's versions."""

from auth.models import User, Visitor
from bulletins.models import Bulletin
from bulletins.panels import TOP, Panel
from bulletins.verdicts import queries
from inventory.versions.sentences import sentence


def mine(bulletin: Bulletin, reader: User | Visitor) -> dict | None:
    """The verdicts on the versions that the reader has; None when there are none."""
    if not reader.is_authenticated or not bulletin.is_public:
        return None
    found = queries.findings(bulletin, reader)
    return {"findings": found, "sentence": sentence} if found else None


PANEL = Panel(TOP, "bulletins/_my_versions.html", mine)
