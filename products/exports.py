"""Lists as rows of values: what the API, the CSV and the JSON files say."""

import json
from collections.abc import Iterable, Iterator
from datetime import date

from flask import Response

from core.formats.csv_files import csv_response
from core.mail.mail import site_url
from products import queries
from products.facts import plain
from products.lifecycle.phases import KINDS, phase_end, phase_on
from products.models import LifecyclePhase, Product, Release
from products.queries import Glance

SLICE = 500


def product_row(product: Product, glance: Glance) -> dict:
    """A product as a line of a list."""
    return {
        "slug": product.slug,
        "name": product.name,
        "vendor": product.vendor,
        "category": product.category,
        "status": str(glance.status),
        "supported_releases": glance.supported,
        "releases": glance.releases,
        "next_end": glance.next_end,
        "supported_until": plain(product.supported_until),
        "url": site_url() + product.path,
    }


def product_rows(day: date, **filters: str) -> Iterator[dict]:
    """All products that the filters of queries.products() leave."""
    after = None
    while True:
        page = queries.products(**filters, after=after, size=SLICE)
        glances = queries.glances(page, day)
        yield from (product_row(product, glances[product.id]) for product in page)
        if (after := page.next) is None:
            return


def release_row(release: Release, day: date) -> dict:
    """A release with its ends, each a date, true (over), false (not over) or null."""
    return {
        "cycle": release.cycle,
        "label": release.label,
        "title": release.title,
        "codename": release.codename,
        "released_on": release.released_on,
        "lts": plain(release.lts),
        "latest": release.latest,
        "latest_on": release.latest_on,
        "link": release.link or None,
        "phase": str(phase_on(release, day)),
        "phase_ends_on": phase_end(release, day),
        **{kind: plain(release.ends.get(kind)) for kind in KINDS},
    }


def phase_row(phase: LifecyclePhase, day: date) -> dict:
    """An end of a kind of support."""
    product = phase.release.product
    return {
        "ends_on": phase.ends,
        "days_left": (phase.ends - day).days,
        "kind": phase.kind,
        "product": product.slug,
        "release": phase.release.cycle,
        "title": phase.release.title,
        "category": product.category,
        "url": site_url() + product.path,
    }


def answer(name: str, extension: str, rows: Iterable[dict]) -> Response:
    """The rows as `name`.csv or `name`.json, to save."""
    rows = [{name: plain(value) for name, value in row.items()} for row in rows]
    if extension == "csv":
        header = list(rows[0]) if rows else []
        return csv_response(f"{name}.csv", header, [row.values() for row in rows])
    response = Response(json.dumps(rows, ensure_ascii=False, indent=1), mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.json"'
    return response
