"""Advisories built by hand, and bulletins made of them."""

from datetime import UTC, datetime

import pytest

from advisories import advisory as adv
from bulletins import store_actions
from bulletins.catalogue import Catalogue
from core.database.db import db
from products import actions as product_actions
from products.names import parse

MARCH = datetime(2026, 3, 10, 17, tzinfo=UTC)


def fix(*ids, **more):
    return adv.Remedy("vendor_fix", "Install the update.", ids, **more)


def no_fix(*ids, **more):
    return adv.Remedy("none_available", "There is no fix yet.", ids, **more)


def weakness(cve="CVE-2026-1001", *, affected=("A", "B"), remedies=(), **more):
    return adv.Vulnerability(
        cve=cve,
        title=f"Overflow in the parser ({cve})",
        status={"known_affected": tuple(affected)},
        remedies=list(remedies),
        **more,
    )


@pytest.fixture
def make_advisory():
    """make_advisory(tracking_id="ACME-1", **fields) → Advisory: two products, one weakness, one fix."""

    def make(tracking_id="ACME-1", **fields):
        return adv.Advisory(
            **{
                "format": "csaf",
                "tracking_id": tracking_id,
                "title": f"Acme Reader: overflow ({tracking_id})",
                "publisher": "Acme PSIRT",
                "publisher_namespace": "https://acme.example",
                "severity": "important",
                "tlp": "WHITE",
                "initial_release_at": MARCH,
                "current_release_at": MARCH,
                "history": [adv.RevisionEntry("1", MARCH, "Initial release")],
                "notes": [adv.Note("summary", "A crafted file runs code as the reader.")],
                "products": [
                    adv.ProductEntry("A", "Acme Reader 9", "Acme", "Reader", "9"),
                    adv.ProductEntry("B", "Acme Reader 10", "Acme", "Reader", "10"),
                ],
                "vulnerabilities": [weakness(remedies=[fix("A", "B", update="AC100", fixed_build="10.1")])],
                **fields,
            }
        )

    return make


@pytest.fixture
def store(app):
    """store(advisory, announce=False) → Stored, committed."""

    def keep(advisory, *, announce=False):
        stored = store_actions.store(advisory, catalogue=Catalogue(), announce=announce)
        db.session.commit()
        return stored

    return keep


@pytest.fixture
def make_product(app):
    """make_product(slug, {cycle: facts}, name=…, vendor=…, names=()) → Product, committed."""

    def make(slug, releases=None, *, name=None, vendor="", names=()):
        product = product_actions.create(
            slug,
            {"name": name or slug, "vendor": vendor, "names": [parse(each) for each in names]},
            releases or {},
            source="test",
        )
        db.session.commit()
        return product

    return make
