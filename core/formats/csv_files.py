"""CSV files whose values a spreadsheet does not run as formulas."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence

from flask import Response

FORMULA_STARTS = ("=", "+", "-", "@", "\u2212")  # after NFKC: full-width and small signs become these
LINE_STARTS = ("\t", "\r", "\n")
INVISIBLE_CATEGORIES = {
    "Zs",
    "Zl",
    "Zp",
    "Cc",
    "Cf",
}  # categories that a spreadsheet may drop: blanks, controls, joiners


def cell(value: object) -> str:
    """A value as CSV text; text that a spreadsheet would run as a formula gets a leading apostrophe."""
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return str(value).lower() if isinstance(value, bool) else str(value)
    text = str(value).replace("\x00", "")
    return f"'{text}" if starts_formula(text) else text


def starts_formula(text: str) -> bool:
    """Whether a spreadsheet may run `text` as a formula: its first visible character is a sign."""
    if text.startswith(LINE_STARTS):
        return True
    first = next((c for c in text if unicodedata.category(c) not in INVISIBLE_CATEGORIES), "")
    return unicodedata.normalize("NFKC", first).startswith(FORMULA_STARTS)


def to_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Header and rows as CSV (RFC 4180)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue()


def csv_response(filename: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Header and rows as a CSV download."""
    response = Response(to_csv(header, rows), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response
