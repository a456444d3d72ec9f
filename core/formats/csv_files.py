"""Lists as CSV files that a spreadsheet opens without running anything in them."""

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
    """A value as it is written: text that a spreadsheet would run as a formula gets an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return str(value).lower() if isinstance(value, bool) else str(value)
    text = str(value).replace("\x00", "")
    return f"'{text}" if starts_formula(text) else text


def starts_formula(text: str) -> bool:
    """Whether some spreadsheet may run `text`: the first character that it shows is a sign."""
    if text.startswith(LINE_STARTS):
        return True
    first = next((c for c in text if unicodedata.category(c) not in INVISIBLE_CATEGORIES), "")
    return unicodedata.normalize("NFKC", first).startswith(FORMULA_STARTS)


def to_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The rows under their header, as RFC 4180 says."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue()


def csv_response(filename: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """The rows as a file to save."""
    answer = Response(to_csv(header, rows), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return answer
