"""Rows of lists for the API and for CSV and JSON files."""

import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Unpack

from flask import Response

from core.formats.csv_files import csv_response
from core.mail.mail import site_url
from products import queries
from products.facts import to_json
from products.lifecycle.phases import KINDS, phase_end, phase_on
from products.models import LifecyclePhase, Product, Release
from products.queries import ProductSummary

BATCH_SIZE = 500


def product_row(product: Product, summary: ProductSummary) -> dict:
    """The row of a product."""
    return {
        "slug": product.slug,
        "name": product.name,
        "vendor": product.vendor,
        "category": product.category,
        "status": str(summary.status),
        "supported_releases": summary.supported,
        "releases": summary.releases,
        "next_end": summary.next_end,
        "supported_until": to_json(product.supported_until),
        "url": site_url() + product.path,
    }


def product_rows(day: date, **filters: Unpack[queries.ProductFilters]) -> Iterator[dict]:
    """Yield the rows of all products that match the filters of queries.products()."""
    after = None
    while True:
        page = queries.products(**filters, after=after, size=BATCH_SIZE)
        summaries = queries.summaries(page, day)
        yield from (product_row(product, summaries[product.id]) for product in page)
        if (after := page.next) is None:
            return


def release_row(release: Release, day: date) -> dict:
    """The row of a release; ends are a date, true (over), false (not over) or null."""
    return {
        "cycle": release.cycle,
        "label": release.label,
        "title": release.title,
        "codename": release.codename,
        "released_on": release.released_on,
        "lts": to_json(release.lts),
        "latest": release.latest,
        "latest_on": release.latest_on,
        "link": release.link or None,
        "phase": str(phase_on(release, day)),
        "phase_ends_on": phase_end(release, day),
        **{kind: to_json(release.ends.get(kind)) for kind in KINDS},
    }


def phase_row(phase: LifecyclePhase, day: date) -> dict:
    """The row of an end of support, which must have a date."""
    product = phase.release.product
    return {
        "ends_on": phase.end_date,
        "days_left": (phase.end_date - day).days,
        "kind": phase.kind,
        "product": product.slug,
        "release": phase.release.cycle,
        "title": phase.release.title,
        "category": product.category,
        "url": site_url() + product.path,
    }


def file_response(name: str, extension: str, rows: Iterable[dict]) -> Response:
    """The rows as a download called `name`.csv or `name`.json."""
    rows = [{name: to_json(value) for name, value in row.items()} for row in rows]
    if extension == "csv":
        header = list(rows[0]) if rows else []
        return csv_response(f"{name}.csv", header, [list(row.values()) for row in rows])
    response = Response(json.dumps(rows, ensure_ascii=False, indent=1), mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.json"'
    return response
