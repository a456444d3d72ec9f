"""Detect CSAF, CVRF and CVE records by their content, never by file name, and read them."""

import json
from collections.abc import Callable

from flask_babel import gettext as _

from advisories.advisory import Advisory, Unusable
from advisories.csaf import read as read_csaf
from advisories.cve import read as read_cve
from advisories.cvrf import read as read_cvrf
from advisories.cvrf.xml_values import local_name, parse
from advisories.parsing import MAX_BYTES

MAX_PARTS = 2_000_000  # objects and lists of a JSON document
Check = Callable[[bytes], list[str]]


def read(data: bytes, where: str, *, check: Check | None = None) -> list[Advisory]:
    """Read the advisories in a file named `where`; raises Unusable with "where: location: reason".

    `check` (a csaf.validator.Checker) adds the rules that a CSAF document violates to its warnings.
    """
    try:
        return _read(data, check)
    except Unusable as error:
        raise Unusable(f"{where}: {error}") from error


def _read(data: bytes, check: Check | None) -> list[Advisory]:
    if len(data) > MAX_BYTES:
        raise Unusable(_("larger than %(n)s MB", n=MAX_BYTES // 1024**2))
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"{":
        return _from_json(data, check)
    if start == b"<":
        root = parse(data)
        if local_name(root) != "cvrfdoc":
            raise Unusable(_("/%(local)s: this XML is not a CVRF document", local=local_name(root)[:60]))
        return read_cvrf.read(root)
    raise Unusable(_("neither JSON nor XML"))


def _from_json(data: bytes, check: Check | None) -> list[Advisory]:
    if data.count(b"{") + data.count(b"[") > MAX_PARTS:
        raise Unusable(_("more than %(n)s objects and lists", n=f"{MAX_PARTS:,}"))
    document = _parsed(data)
    if "cveMetadata" in document or document.get("dataType") == "CVE_RECORD":
        return read_cve.read(document)
    head = document.get("document")
    if isinstance(head, dict) and "csaf_version" in head:
        advisories = read_csaf.read(document, data)
        if check:
            advisories[0].warnings += check(data)
        return advisories
    raise Unusable(_("/: this JSON is neither CSAF (document.csaf_version) nor a CVE record (cveMetadata)"))


def _parsed(data: bytes) -> dict:
    try:
        return json.loads(data.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise Unusable(
            _(
                "line %(line)s, column %(column)s: the JSON is broken (%(why)s)",
                line=error.lineno,
                column=error.colno,
                why=error.msg,
            )
        ) from error
    except UnicodeDecodeError as error:
        raise Unusable(_("byte %(start)s: this is not UTF-8", start=error.start)) from error
    except (ValueError, RecursionError) as error:
        raise Unusable(_("the JSON is nested too deeply, or has a number that is too long")) from error
