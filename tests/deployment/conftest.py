"""Public bulletins of a month, and reports about them."""

from datetime import UTC, datetime, timedelta

import pytest

from advisories import advisory as adv
from bulletins import actions as bulletin_actions
from bulletins import store_actions
from bulletins.catalogue import Catalogue
from bulletins.models import Bulletin
from bulletins.priority import priority
from core.database.db import clock_set_to, db, utcnow
from deployment.reports import actions
from products import actions as product_actions

NOVEMBER = datetime(2026, 11, 10, 18, tzinfo=UTC)


@pytest.fixture
def make_product(app):
    """make_product("acme-reader", {"9": {}}, name=…) → Product, committed."""

    def make(slug="acme-reader", releases=None, *, name="Acme Reader", vendor="Acme"):
        product = product_actions.create(
            slug,
            {"name": name, "vendor": vendor, "category": "app"},
            releases if releases is not None else {"9": {}, "10": {}},
            source="test",
        )
        db.session.commit()
        return product

    return make


@pytest.fixture
def make_bulletin(app):
    """make_bulletin(name="A", severity="critical", exploited_until=date, released=…, product=…) → Bulletin.

    Public and committed; `status="draft"` makes one that only moderators see.
    """
    catalogue = Catalogue()

    def make(
        name="A",
        *,
        severity="critical",
        released=NOVEMBER,
        exploited_until=None,
        has_fix=True,
        out_of_band=False,
        products=(("Acme Reader 9", "Acme", "Reader", "9"),),
        title=None,
        status="final",
    ) -> Bulletin:
        entries = [adv.ProductEntry(str(number), *each) for number, each in enumerate(products)]
        ids = tuple(entry.id for entry in entries)
        said = adv.Vulnerability(
            cve="",
            title=f"Overflow {name}",
            status={"known_affected": ids},
            remedies=[
                adv.Remedy("vendor_fix", "Install it.", ids)
                if has_fix
                else adv.Remedy("none_available", "There is none yet.", ids)
            ],
        )
        stored = store_actions.store(
            adv.Advisory(
                format="csaf",
                tracking_id=f"ACME-{name}",
                title=title or f"Acme Reader: overflow {name}",
                publisher="Acme PSIRT",
                publisher_namespace="https://acme.example",
                severity=severity,
                tlp="WHITE",
                status=status,
                initial_release_at=released,
                current_release_at=released,
                history=[adv.RevisionEntry("1", released, "Initial release")],
                notes=[adv.Note("summary", "A crafted file runs code as the reader.")],
                products=entries,
                vulnerabilities=[said],
            ),
            catalogue=catalogue,
            announce=True,
        )
        bulletin = stored.bulletin
        bulletin.is_out_of_band = out_of_band
        if exploited_until is not None:
            bulletin.is_exploited, bulletin.kev_due_on = True, exploited_until
            bulletin.kev_added_on = exploited_until - timedelta(days=21)
            bulletin.priority = priority(is_exploited=True, severity=severity, epss=0.0)
        db.session.commit()
        return bulletin

    return make


@pytest.fixture
def bulletin(make_product, make_bulletin):
    """A public bulletin of November 2026 that affects release 9 of Acme Reader."""
    make_product()
    return make_bulletin()


@pytest.fixture
def report(app):
    """report(bulletin, by, outcome="ok", ring="pilot", note="", days_ago=0, **said) → DeploymentReport."""

    def make(bulletin, by, outcome="ok", *, ring="pilot", note="", days_ago=0, **said):
        with clock_set_to(utcnow() - timedelta(days=days_ago)):
            row = actions.report(bulletin, actions.Installation(ring, outcome, note, **said), by=by)
        db.session.commit()
        return row

    return make


@pytest.fixture
def withdraw(moderator):
    """withdraw(bulletin) takes it back to a draft."""

    def do(bulletin):
        bulletin_actions.withdraw(bulletin, by=moderator)
        db.session.commit()

    return do
