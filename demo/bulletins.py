"""The demo community's bulletins: what everybody remembers, told in our own words, and a vendor that is none.

They are CSAF documents like those that come from outside, and come in the same way.
"""

from datetime import timedelta
from pathlib import Path

from advisories import recognise
from auth.models import User
from auth.queries import with_role
from bulletins import actions, queries, store_actions
from bulletins.catalogue import Catalogue
from bulletins.mitigations import actions as mitigation_actions
from bulletins.models import Bulletin
from core.database.db import at, db, utcnow
from demo.story import Story

CONFIRMED_BEFORE = timedelta(days=3)
SHOWN = {  # the mitigation that a moderator has worked out already
    "bulletin": "MS17-010",
    "text": "Disable SMB version 1",
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
    """Bring the bulletins that are not here yet; what is here, from wherever, stays as it is."""
    catalogue = Catalogue()
    for path in sorted(FOLDER.glob("*.json")):
        for advisory in recognise.read(path.read_bytes(), path.name):
            if not _is_here(advisory):
                store_actions.store(advisory, catalogue=catalogue)
    _supersede("MS03-039", "MS03-026")


def confirm() -> None:
    """Let a moderator of the demo have worked one mitigation out, with commands, checks and undo."""
    by = db.session.scalar(with_role("moderator").order_by(User.id).limit(1))
    number = db.session.scalar(db.select(Bulletin.id).where(Bulletin.tracking_id == SHOWN["bulletin"]))
    if by is None or number is None:
        return
    bulletin = queries.get_whole(number)
    facts = {name: SHOWN[name] for name in ("layer", "blocks", "side_effects", "steps")}
    with at(Story(utcnow()).today - CONFIRMED_BEFORE):
        for each in bulletin.mitigations:
            if each.text.startswith(SHOWN["text"]) and not each.is_confirmed:
                mitigation_actions.change(bulletin, each, facts, by=by)


def _is_here(advisory) -> bool:
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
        actions.supersede(queries.get_whole(found[newer].id), [found[older]])
