"""Verified belongs to a revision: whoever changes a step, a command or what it applies to takes it away."""

from datetime import timedelta

import pytest
import time_machine

from core.cli import ImportReport
from core.database.db import db, utcnow
from core.markup import markup
from core.markup.markup import render
from kb import actions
from kb.actions import instructions_digest
from kb.markdown import export_article
from kb.markdown.import_articles import Importer
from kb.models import Article
from posts import actions as posts
from posts import queries

BODY = """Stop the spooler where nobody prints, as described by its vendor.

1. Look for printers: `Get-Printer`.
2. Stop it.

```powershell
Stop-Service Spooler
```

Then tell your collegues about it, and call `net stop spooler` where there is no PowerShell.
"""


@pytest.fixture
def article(make_article, moderator):
    """An article that was verified today."""
    made = make_article("Turn off the print spooler", BODY)
    actions.verify(made, by=moderator, on=utcnow().date(), build="20348")
    db.session.commit()
    return made


def change(article, moderator, body=BODY, **facts):
    facts = {"layer": article.layer, "summary": article.summary, "applies_to": article.applies_to} | facts
    actions.edit(article, render(body), by=moderator, title=article.title, tags=[], **facts)
    db.session.commit()


CHANGES = {
    "a command in a block": (lambda text: text.replace("-Service Spooler", "-Service Spooler -Force"), True),
    "a step": (lambda text: text.replace("2. Stop it.", "2. Stop it at night."), True),
    "a step more": (lambda text: text.replace("2. Stop it.", "2. Stop it.\n3. Look again."), True),
    "a step less": (lambda text: text.replace("2. Stop it.\n", ""), True),
    "a command in prose": (lambda text: text.replace("net stop spooler", "sc stop spooler"), True),
    "a typo": (lambda text: text.replace("collegues", "colleagues"), False),
    "a paragraph": (lambda text: text + "\nThat is all there is to do.\n", False),
    "line ends": (lambda text: text.replace("\n", "\r\n"), False),
}


@pytest.mark.parametrize("what", CHANGES)
def test_steps_and_commands_take_it_away_and_prose_does_not(article, moderator, what):
    edit, takes_away = CHANGES[what]
    change(article, moderator, edit(BODY))
    assert article.changed_since_verified is takes_away
    assert article.is_verified is not takes_away
    assert article.verified_revision == 1


def test_what_it_applies_to_takes_it_away_and_its_summary_does_not(article, moderator):
    change(article, moderator, summary="Nobody prints on a server")
    assert article.is_verified
    change(article, moderator, applies_to=["Windows Server 2025"])
    assert not article.is_verified


def test_a_change_taken_back_makes_it_verified_again_and_so_does_verifying(article, moderator):
    change(article, moderator, BODY.replace("Stop-Service", "Restart-Service"))
    posts.restore(article, queries.revision(article, 1), by=moderator)
    assert article.is_verified
    change(article, moderator, BODY.replace("Stop-Service", "Restart-Service"))
    actions.verify(article, by=moderator, on=utcnow().date())
    assert article.is_verified and article.verified_revision == article.revision_count


def test_a_suggested_edit_that_is_approved_counts_too(article, moderator):
    posts.rewrite(article, render(BODY.replace("Stop-Service", "Remove-Service")), by=moderator)
    assert not article.is_verified


def test_an_import_counts_too(app, moderator, tmp_path):
    path = tmp_path / "spooler.md"
    path.write_text(f"---\ntitle: The spooler\nlayer: host\nsummary: Old\n---\n{BODY}")
    Importer(tmp_path, "docs", ImportReport()).run()
    found = db.session.scalar(db.select(Article))
    actions.verify(found, by=moderator, on=utcnow().date())
    db.session.commit()
    path.write_text(f"---\ntitle: The spooler\nlayer: data\nsummary: New\n---\n{BODY}")
    Importer(tmp_path, "docs", ImportReport()).run()
    found = db.session.scalar(db.select(Article))
    assert found.revision_count == 2 and found.is_verified  # facts alone are a revision
    assert queries.revision(found, 1).facts == {"layer": "host", "summary": "Old", "applies_to": []}
    path.write_text(path.read_text().replace("Stop", "Start"))
    Importer(tmp_path, "docs", ImportReport()).run()
    assert not db.session.scalar(db.select(Article)).is_verified


@pytest.mark.parametrize("days", [1, 2, 400, 1600])
def test_it_is_never_dated_in_the_future(article, login, moderator, api, days):
    day = (utcnow() + timedelta(days=days)).date().isoformat()
    path = f"/articles/{article.id}/verify"
    assert login(moderator).post(path, data={"verified_on": day}).status_code == 422
    refused = api(moderator)("POST", path, {"verified_on": day})
    assert refused.status_code == 422 and "verified_on" in refused.json["errors"]
    new = {"title": "Another article", "body": BODY, "layer": "host", "verified_on": day}
    assert api(moderator)("POST", "/articles", new).status_code == 422
    assert login(moderator).post("/articles/new", data=new).status_code == 422
    assert article.verified_on == utcnow().date()


def test_nobody_verifies_a_text_that_they_did_not_see(article, login, moderator):
    version = article.version
    change(article, moderator, BODY.replace("Stop-Service", "Restart-Service"))
    refused = login(moderator).post(
        f"/articles/{article.id}/verify",
        data={"verified_on": utcnow().date().isoformat(), "version": version},
    )
    assert refused.status_code == 409 and "Restart" in refused.text
    assert not db.session.get(Article, article.id, populate_existing=True).is_verified


def test_it_is_said_in_page_list_api_export_and_search(article, moderator, client, api, drain):
    drain()
    assert "Turn off" in client.get("/search?q=is:verified+spooler").text
    change(article, moderator, BODY.replace("Stop-Service", "Restart-Service"))
    drain()
    assert "changed since verified" in client.get(article.url).text
    assert "✓ verified" not in client.get("/articles").text
    said = api()("GET", f"/articles/{article.id}").json
    assert (said["verified_revision"], said["changed_since_verified"]) == (1, True)
    assert "changed_since_verified: true" in export_article.export(article)
    assert "Turn off" not in client.get("/search?q=is:verified+spooler").text


def test_what_was_verified_before_revisions_were_noted_is_compared_with_what_is_kept(article, moderator):
    article.verified_digest = ""
    db.session.commit()
    change(article, moderator, BODY.replace("collegues", "colleagues"))
    assert article.is_verified
    change(article, moderator, BODY.replace("Stop-Service", "Restart-Service"))
    assert not article.is_verified


def test_instructions_are_those_of_nested_lists_and_quotes_too():
    text = "> 1. Quoted `step`\n\n- a\n  - b\n\n      indented code\n\n| `cell` |\n| --- |\n| `inner` |\n"
    found = markup.instructions(text)
    assert {"Quoted `step`", "a", "b", "cell", "inner"} <= set(found)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("| Setting | Value |\n|-|-|\n| MaxAuth | 3 |", "| Setting | Value |\n|-|-|\n| MaxAuth | 300 |"),
        ("| MaxAuth |\n|-|\n| 3 |", "| MinAuth |\n|-|\n| 3 |"),
        ("## Stop the spooler", "## Start the spooler"),
        ("## How\n\nStep 1: stop it.", "## How\n\nStep 1: start it."),
        ("**Step 2** Stop it.", "**Step 2** Start it."),
        ("1\\. Stop it.", "1\\. Start it."),
    ],
)
def test_cells_headings_and_paragraphs_that_are_steps_are_instructions(before, after):
    assert instructions_digest(before, []) != instructions_digest(after, [])


def test_a_typo_in_prose_changes_no_instruction():
    assert instructions_digest("## How\n\nTell collegues.", []) == instructions_digest(
        "## How\n\nTell colleagues.", []
    )


def test_restoring_brings_the_facts_back(article, moderator, login):
    change(article, moderator, layer="data", summary="Another one", applies_to=["X"])
    page = login(moderator).get(f"/posts/{article.id}/revisions/2")
    assert "layer: " in page.text and "Another" in page.text
    with time_machine.travel(utcnow() + timedelta(minutes=1)):
        posts.restore(article, queries.revision(article, 1), by=moderator)
    assert (article.layer, article.summary, article.applies_to) == ("host", "", [])
    assert article.revision_count == 3 and article.is_verified
