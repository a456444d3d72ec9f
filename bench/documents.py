"""Bulletins of a made-up vendor, stored as those that come from outside are; one month has very many."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from advisories.advisory import Advisory, Note, ProductEntry, Remedy, Score, Vulnerability
from advisories.scores import SEVERITIES
from bench.plan import END, Plan
from bench.words import Writer
from bulletins import store_actions
from bulletins.catalogue import Catalogue
from core.database.db import db
from products import actions as products
from products.models import Product

VENDOR, PRODUCTS, RELEASES, TOGETHER = "Example", 40, 6, 50
BUSY = datetime(2025, 11, 11, 18, tzinfo=END.tzinfo)  # a patch day
SCORE = Score("3.1", "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H", 8.8, ("P0",))


def fill(plan: Plan, writer: Writer) -> None:
    """Bring the catalogue and the bulletins of a plan; those that are here stay as they are."""
    writer.rng = random.Random(f"{plan.seed}:bulletins")
    _catalogue(writer)
    catalogue = Catalogue()
    for count, advisory in enumerate(_advisories(plan, writer), 1):
        store_actions.store(advisory, catalogue=catalogue)
        if count % TOGETHER == 0:
            db.session.commit()
            db.session.expunge_all()
    db.session.commit()
    db.session.expunge_all()


def name_of(number: int) -> str:
    """The name of a product."""
    return f"Example Product {number}"


def _catalogue(writer: Writer) -> None:
    known = set(db.session.scalars(db.select(Product.slug)))
    for number in range(1, PRODUCTS + 1):
        if (slug := f"example-product-{number}") not in known:
            releases = {
                str(version): {"released_on": END.date() - timedelta(days=400 * (RELEASES - version))}
                for version in range(1, RELEASES + 1)
            }
            products.create(slug, {"name": name_of(number), "vendor": VENDOR}, releases, source="example")
    db.session.commit()


def _advisories(plan: Plan, writer: Writer) -> Iterator[Advisory]:
    for number in range(plan.busy_month):
        yield _advisory(writer, number, BUSY)
    for number in range(plan.busy_month, plan.busy_month + plan.other_bulletins):
        yield _advisory(writer, number, BUSY - timedelta(days=28 * (1 + number % 110)))


def _advisory(writer: Writer, number: int, at: datetime) -> Advisory:
    rng = writer.rng
    named = [
        _product(place, name_of(rng.randint(1, PRODUCTS)), str(rng.randint(1, RELEASES)))
        for place in range(rng.randint(1, 4))
    ]
    ids = tuple(entry.id for entry in named)
    fix = Remedy("vendor_fix", "Install the update.", ids, update=f"KB{6_000_000 + number}")
    workaround = Remedy("workaround", writer.sentence(14), ids)
    vulnerabilities = [
        Vulnerability(
            cve=f"CVE-{at.year}-{50_000 + number * 4 + place}",
            title=writer.title(),
            scores=[SCORE],
            status={"known_affected": ids},
            is_exploited=rng.random() < 0.03,
            remedies=[workaround] if number % 10 == 0 else [fix, workaround],
        )
        for place in range(rng.randint(1, 3))
    ]
    return Advisory(
        "csaf",
        f"EX-{number:05}",
        writer.title(),
        VENDOR,
        "https://vendor.example",
        severity=rng.choice(SEVERITIES),
        tlp="WHITE",
        initial_release_at=at,
        current_release_at=at,
        notes=[Note("summary", writer.paragraph(60))],
        products=named,
        vulnerabilities=vulnerabilities,
    )


def _product(place: int, name: str, version: str) -> ProductEntry:
    return ProductEntry(f"P{place}", f"{name} {version}", VENDOR, name, version)
