"""Every event that the code records has a line in docs/events.md: who is notified, and how."""

import ast
import re
from fnmatch import fnmatchcase
from functools import cache

from tests.test_architecture import FILES, ROOT

TABLE, CHANGES = (ROOT / "docs" / "events.md").read_text().split("## What each event changes in caches")
BY_VARIABLE = {"release.ending", "release.ended", "import.finished", "bulletin.republished"}


def documented():
    return {
        name
        for row in re.findall(r"^\| (`.*?) \|", TABLE, re.MULTILINE)
        for name in re.findall(r"`([^`]+)`", row)
    }


def names_in(node):
    """The names that an argument of events.record() can be; a variable part of one is `*`."""
    if isinstance(node, ast.Constant):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        return ["".join(part.value if isinstance(part, ast.Constant) else "*" for part in node.values)]
    if isinstance(node, ast.IfExp):
        return names_in(node.body) + names_in(node.orelse)
    return []


@cache
def recorded():
    """{name: file} of all events."""
    found = {}
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func) in ("events.record", "record")
                and node.args
            ):
                found |= dict.fromkeys(names_in(node.args[0]), str(path.relative_to(ROOT)))
    return found


def test_every_event_names_its_recipients():
    table, events = documented(), recorded()
    assert len(events) > 40
    missing = {
        name: file
        for name, file in events.items()
        if name not in table and not any(fnmatchcase(name, entry) for entry in table)
    }
    assert missing == {}, "say in docs/events.md who is notified, and how"


def test_the_table_names_no_removed_event():
    known = set(recorded()) | BY_VARIABLE
    gone = {
        entry
        for entry in documented()
        if entry not in known and not any(fnmatchcase(entry, name) for name in known)
    }
    assert gone == set()


def test_recipients_are_not_left_empty():
    rows = re.findall(r"^\| `.*?\| (.*?) \| (.*?) \|$", TABLE, re.MULTILINE)
    assert len(rows) > 25 and all(who and how for who, how in rows)
