"""What the help and the documents say is so: numbers come from the tables, names lead somewhere."""

import re
import shutil
from html import unescape
from pathlib import Path

import pytest

from auth import privileges, reputation
from core.config import SETTINGS
from posts.suggestions import credits

ROOT = Path(__file__).parents[1]
DOCUMENTS = ["README.md", "CONTRIBUTING.md", "docs/operations.md", "docs/bounds.md", "docs/architecture.md"]


def words(page):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def cells(page):
    """The rows of all tables of a page, as tuples of words."""
    return {
        tuple(words(cell) for cell in re.findall(r"<td.*?</td>", row, re.S))
        for row in re.findall(r"<tr>.*?</tr>", page, re.S)
    }


def test_the_help_reads_its_numbers_from_the_tables(client, monkeypatch, app):
    for number, kind in enumerate(reputation.POINTS):
        sign = 1 if reputation.POINTS[kind] > 0 else -1
        monkeypatch.setitem(reputation.POINTS, kind, (7_000 + number) * sign)
    for number, privilege in enumerate(privileges.POINTS):
        monkeypatch.setitem(privileges.POINTS, privilege, 81_000 + number)
    page = client.get("/help").text
    shown = {cell.replace("\N{MINUS SIGN}", "-") for row in cells(page) for cell in row}
    for kind, points in reputation.POINTS.items():
        if kind not in ("registered", "imported"):
            assert f"{points:+d}" in shown, kind
    for points in privileges.POINTS.values():
        assert str(points) in shown or f"{points:,}" in shown


def test_the_help_says_no_other_number(client):
    page = client.get("/help").text.split("<main")[1]
    text = words(page.split("Notifications")[0].split("Reputation", 1)[1])
    known = {
        *map(abs, reputation.POINTS.values()),
        *privileges.POINTS.values(),
        reputation.DAILY_CAP,
        credits.MAX_POINTS_FOR_EDITS,
        privileges.GROWN_MEMBERS,
        *map(privileges.threshold, privileges.POINTS),
    }
    assert {int(number.replace(",", "")) for number in re.findall(r"[\d,]*\d", text)} <= known


def test_the_page_of_a_suggestion_reads_its_reward_from_the_table(
    login, make_question, make_user, monkeypatch
):
    monkeypatch.setitem(reputation.POINTS, "edit_accepted", 77)
    page = login(make_user()).get(f"/posts/{make_question().id}/suggest").text
    assert "An approved edit earns you 77 reputation." in page


def test_every_reward_is_given_somewhere():
    packages = (
        "auth",
        "posts",
        "forum",
        "kb",
        "bulletins",
        "deployment",
        "moderation",
        "notifications",
        "home",
    )
    code = "".join(
        path.read_text()
        for package in packages
        for path in (ROOT / package).rglob("*.py")
        if path.name not in ("reputation.py", "help_texts.py")
    )
    made = {f"{kind}_{way}" for kind in ("question", "answer", "article") for way in ("up", "down")}
    for kind in reputation.POINTS.keys() - made:
        assert f'"{kind}"' in code, f"nothing gives {kind}"


def test_every_feed_that_the_help_names_is_there(client, app):
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    for path in (
        "/questions",
        "/tags/<name>",
        "/articles",
        "/layers/<layer>",
        "/bulletins",
        "/products",
        "/lifecycle",
        "/users/<username>",
        "/moderation/log",
    ):
        assert f"{path}.atom" in rules


@pytest.mark.parametrize("document", DOCUMENTS)
def test_settings_and_commands_that_a_document_names_are_there(app, document):
    text = (ROOT / document).read_text()
    settings = {each.name for each in SETTINGS}
    assert set(re.findall(r"\bREDOUBT_[A-Z_]+[A-Z]\b", text)) <= settings
    for line in re.findall(r"(?:\bflask|^ +redoubt|`redoubt) ((?:[a-z]+ ?)+)", text, re.M):
        names, found = line.split(), app.cli
        while names and hasattr(found, "commands") and names[0] in found.commands:
            found = found.commands[names.pop(0)]
        assert found is not app.cli, f"flask {line}"
        assert not (hasattr(found, "commands") and names), f"flask {line}"
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"`make (?:-C \S+ )?([a-z-]+)`", text)) <= targets


@pytest.mark.parametrize("document", DOCUMENTS)
def test_files_that_a_document_names_are_there(document):
    text = (ROOT / document).read_text()
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert ((ROOT / document).parent / target).exists(), target
    for path in re.findall(r"`((?:core|auth|posts|tests|docs|search|front|bench)/[\w./-]+\.\w+)`", text):
        assert (ROOT / path).exists() or shutil.which(path), path


def test_nothing_says_attachments_while_there_are_none(app):
    """Attachments bring this back: then with a table, a route and a test."""
    is_built = any("attachment" in rule.rule for rule in app.url_map.iter_rules())
    for document in ("docs/operations.md", "docs/settings.md", "README.md"):
        assert is_built or "attachment" not in (ROOT / document).read_text().lower(), document


def test_the_table_of_settings_is_that_of_the_code(app):
    printed = app.test_cli_runner().invoke(args=["settings"]).output
    assert printed.strip() == (ROOT / "docs/settings.md").read_text().strip()
