"""The demo community's bulletins: well-known vulnerabilities, and those of a fictional vendor.

They are CSAF documents and are imported like any other.
"""

from datetime import timedelta
from pathlib import Path

from advisories import recognise
from advisories.advisory import Advisory
from auth.models import User
from auth.queries import with_role
from bulletins import actions, queries, store_actions
from bulletins.catalogue import Catalogue
from bulletins.mitigations import actions as mitigation_actions
from bulletins.models import Bulletin
from core.database.db import clock_set_to, db, utcnow
from demo.story import Story

CONFIRMED_BEFORE = timedelta(days=3)
CONFIRMED_BULLETIN = "MS17-010"
CONFIRMED_TEXT = "Disable SMB version 1"  # the beginning of the mitigation that a moderator has confirmed
CONFIRMED_DETAILS = {
    "layer": "host",
    "blocks": "Everything that is sent to the SMB version 1 server, WannaCry and NotPetya among it.",
    "side_effects": "Devices that speak nothing newer lose their shares: find them in the audit log first.",
    "steps": [
        {
            "text": "See who still uses it, for a week.",
            "command": "Set-SmbServerConfiguration -AuditSmb1Access $true",
            "check": "Get-WinEvent -LogName Microsoft-Windows-SMBServer/Audit",
            "undo": "Set-SmbServerConfiguration -AuditSmb1Access $false",
        },
        {
            "text": "Turn it off on the server.",
            "command": "Set-SmbServerConfiguration -EnableSMB1Protocol $false",
            "check": "Get-SmbServerConfiguration | Select EnableSMB1Protocol",
            "undo": "Set-SmbServerConfiguration -EnableSMB1Protocol $true",
        },
    ],
}
FOLDER = Path(__file__).parent / "content" / "bulletins"


def load() -> None:
    """Import the bulletins that do not exist yet; existing ones stay as they are."""
    catalogue = Catalogue()
    for path in sorted(FOLDER.glob("*.json")):
        for advisory in recognise.read(path.read_bytes(), path.name):
            if not _exists(advisory):
                store_actions.store(advisory, catalogue=catalogue)
    _supersede("MS03-039", "MS03-026")


def confirm() -> None:
    """Confirm one mitigation as a moderator of the demo, with commands, checks and undo."""
    moderator = db.session.scalar(with_role("moderator").order_by(User.id).limit(1))
    bulletin_id = db.session.scalar(db.select(Bulletin.id).where(Bulletin.tracking_id == CONFIRMED_BULLETIN))
    if moderator is None or bulletin_id is None:
        return
    bulletin = _bulletin(bulletin_id)
    with clock_set_to(Story(utcnow()).today - CONFIRMED_BEFORE):
        for mitigation in bulletin.mitigations:
            if mitigation.text.startswith(CONFIRMED_TEXT) and not mitigation.is_confirmed:
                mitigation_actions.change(bulletin, mitigation, CONFIRMED_DETAILS, by=moderator)


def _bulletin(bulletin_id: int) -> Bulletin:
    bulletin = queries.get_whole(bulletin_id)
    if bulletin is None:
        raise LookupError(bulletin_id)
    return bulletin


def _exists(advisory: Advisory) -> bool:
    return (
        db.session.scalar(
            db.select(Bulletin.id).where(
                Bulletin.publisher == advisory.publisher, Bulletin.tracking_id == advisory.tracking_id
            )
        )
        is not None
    )


def _supersede(newer: str, older: str) -> None:
    found = {
        row.tracking_id: row
        for row in db.session.scalars(db.select(Bulletin).where(Bulletin.tracking_id.in_((newer, older))))
    }
    if len(found) == 2:
        actions.supersede(_bulletin(found[newer].id), [found[older]])
