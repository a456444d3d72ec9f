"""Lists as CSV files that a spreadsheet opens without running anything in them."""

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Response

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def cell(value: object) -> str:
    """A value as it is written: text that a spreadsheet would run as a formula gets an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return str(value).lower() if isinstance(value, bool) else str(value)
    text = str(value).replace("\x00", "")
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def to_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The rows under their header, as RFC 4180 says."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue()


def csv_answer(filename: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """The rows as a file to save."""
    answer = Response(to_csv(header, rows), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return answer
