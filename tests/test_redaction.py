"""Redaction reaches every copy: a word is put through every feature that copies text, redacted, and then
looked for in every text column of every table, in the index and in the files of the instance."""

import re
import sqlite3

import pytest
from sqlalchemy import JSON, String, Text, cast, select

from advisories.advisory import Note
from auth.unsent import actions as unsent_actions
from bulletins import actions as bulletins
from bulletins.mitigations import actions as mitigations
from core import redaction
from core.database.db import JSONText, db
from core.mail import mail
from core.markup.markup import render
from core.redaction import MASK, Mask
from core.web.sent_forms import SentForm
from deployment.reports import actions as patching
from forum import actions as forum
from kb import actions as kb
from moderation import actions as moderation
from moderation.appeals import actions as appeals
from notifications.tasks import mail_news
from posts import actions as posts
from posts import queries
from posts.models import Post, Revision
from posts.redaction import redact, suspects
from posts.suggestions import actions
from products import actions as products

SECRET = "hunter7canary"
LINE = f"The service account logs in with {SECRET} and nobody has changed it since."
CLEAN = "The service account logs in with a password that is not shown here any more."
BODY = "This is a body that is long enough to say something useful about patching servers."


def text_columns():
    return [
        column
        for table in db.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, (String, Text, JSON, JSONText))
    ]


def test_every_text_column_says_whether_people_write_into_it(app):
    """A new column that copies text needs a line in its package's redaction.py."""
    known = redaction.registered_columns()
    missing = [
        f"{column.table.name}.{column.name}"
        for column in text_columns()
        if column.name not in known.get(column.table.name, ())
    ]
    assert missing == []


def holders(word=SECRET):
    """Every column that holds the word, in any case and also as JSON writes it, with how often."""
    db.session.expire_all()
    found = {}
    for column in text_columns():
        values = db.session.scalars(select(cast(column, Text)).where(column.is_not(None)))
        rows = sum(word.casefold() in decoded(value).casefold() for value in values)
        if rows:
            found[f"{column.table.name}.{column.name}"] = rows
    return found


def decoded(text):
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)


@pytest.fixture
def secret(request):
    return getattr(request, "param", SECRET)


@pytest.fixture
def copies(app, secret, make_user, member, other, moderator, make_question, make_answer, make_article, drain):
    """The word in everything that people can write and the site copies; returns the question."""
    line = LINE.replace(SECRET, secret)
    question = make_question(f"Why does {secret} not work?", body=line, by=member, tags=(secret, "printing"))
    other_question = make_question(body=f"Somebody quoted this:\n\n> {line}", by=other)
    answer = make_answer(question, body=f"```\npassword={secret}\n```")
    posts.comment(question, render(f"@bob I have seen {secret} too, in a comment."), by=member)
    article = make_article(f"Rotate {secret}", body=line, tags=(secret,))
    kb.edit(
        article,
        render(line),
        by=moderator,
        title=article.title,
        tags=[secret],
        change=f"about {secret}",
        layer="host",
        summary=line,
        applies_to=[secret],
    )
    kb.write("A draft that quotes", render(line), layer="host", by=moderator, summary=secret)
    kb.record_feedback(article, False, by=other, note=line)
    kb.verify(article, by=moderator, on=None)
    db.session.flush()
    actions.propose(
        other_question,
        render(f"{line} Changed."),
        by=make_user("proposer"),
        base_number=1,
        title=other_question.title,
        tags=[tag.name for tag in other_question.tags],
        summary=f"Uses {secret}",
    )
    moderation.flag(question, "secret", by=other, note=line)
    moderation.flag(other_question, "rude", by=moderator, note=line)
    moderation.dismiss_flags(other_question, by=moderator, note=line)
    moderation.hide(answer, by=moderator, note=line)
    appeals.appeal(answer, line, by=other)
    closed = make_question(by=other)
    forum.close(closed, "off-topic", by=moderator, note=line)
    bulletin = bulletins.create(
        {"title": f"A bulletin about {secret}", "notes": [Note("summary", line)]}, by=moderator
    )
    mitigations.add(
        bulletin, {"layer": "host", "text": line, "steps": [{"text": line, "command": secret}]}, by=moderator
    )
    bulletins.publish(bulletin, by=moderator)
    patching.report(bulletin, patching.Installation("lab", "failed", line, target=secret), by=other)
    product = products.create("widget", {"name": "Widget", "category": "app", "description": line}, {"1": {}})
    products.edit(product, {"description": f"{line} Again."}, by=moderator)
    member.about, member.about_html = line, render(line).html
    moderation.suspend(make_user("loud"), 3, line, by=moderator)
    drain()
    drain()
    with app.app_context():
        mail_news()
        while mail.deliver_round():
            pass
    posts.revise(
        question,
        render(CLEAN),
        by=member,
        title="Why does this not work?",
        tags=["printing"],
        summary=f"took {secret} out",
    )
    unsent_actions.store(SentForm("/questions/new", [("body", f"Grüße!\n{line}")], [], []), member.id)
    db.session.commit()
    drain()
    return question


@pytest.mark.parametrize("secret", [SECRET, "ÜBERGEHEIMER-SCHLÜSSEL", "ПАРОЛЬ-Секретный-Ключ"], indirect=True)
def test_a_named_text_goes_from_every_table_index_and_file(
    app, secret, copies, login, moderator, drain, client
):
    before = holders(secret)
    assert len(before) >= 20, before
    answer = login(moderator).post(
        f"/posts/{copies.id}/revisions/1/redact", data={"words": secret, "reason": "a password"}
    )
    assert answer.status_code == 302
    drain()
    drain()
    assert holders(secret) == {}
    for path in (
        "/search?q=" + secret[:6],
        "/questions",
        "/articles",
        "/moderation/log",
        copies.url,
        f"/posts/{copies.id}/history",
        f"/questions/{copies.id}.atom",
    ):
        assert secret.casefold() not in client.get(path).text.casefold(), path
    assert MASK in db.session.scalar(select(Post.body).where(Post.kind == "comment"))
    index = [path for path in app.config["REDOUBT_INSTANCE"].glob("index/**/*") if path.is_file()]
    assert index
    for path in [*index, *app.config["REDOUBT_INSTANCE"].glob("outbox/*")]:
        assert secret.encode() not in path.read_bytes(), path


def test_what_a_closed_revision_held_goes_without_naming_it(
    copies, login, moderator, member, other, drain, make_user
):
    browser, proposer = login(moderator), make_user("second")
    row = actions.propose(
        copies,
        render(f"{LINE} A proposal."),
        by=proposer,
        base_number=2,
        title=copies.title,
        tags=["printing"],
        summary="A step",
    )
    db.session.commit()
    assert browser.post(f"/posts/{copies.id}/revisions/1/redact").status_code == 302
    drain()
    first, second = db.session.scalars(
        select(Revision).where(Revision.post_id == copies.id).order_by(Revision.number).limit(2)
    )
    assert first.redacted_at and not first.body and SECRET not in second.summary
    db.session.refresh(row)
    assert SECRET not in row.body and "A proposal." in row.body
    assert SECRET not in login(proposer).get("/settings/data.json").text
    assert holders() == {}


def test_the_present_text_is_masked_as_a_new_revision(make_question, login, moderator, member, drain):
    question = make_question(body=LINE)
    browser, address = login(moderator), f"/posts/{question.id}/revisions/1/redact"
    assert browser.post(address, data={"reason": "a password"}).status_code == 422, "it must be named"
    assert browser.post(address, data={"words": SECRET, "reason": "a password"}).status_code == 302
    drain()
    db.session.refresh(question)
    assert question.revision_count == 2 and MASK in question.body and SECRET not in question.body_html
    assert holders() == {}
    page = login(member).get("/inbox").text
    assert "redacted text in your question" in page and "a password" in page
    assert "a password" in login(member).get("/moderation/log").text


def test_short_words_are_refused_and_nothing_changes(make_question, login, moderator):
    question = make_question(body=LINE)
    answer = login(moderator).post(
        f"/posts/{question.id}/revisions/1/redact", data={"words": "the", "reason": "x"}
    )
    assert answer.status_code == 422 and "at least" in answer.text
    assert SECRET in question.body


def test_the_page_asks_first_and_names_what_it_will_mask(make_question, login, moderator, member):
    question = make_question(body=LINE)
    posts.revise(question, render(CLEAN), by=member)
    db.session.commit()
    page = login(moderator).get(f"/posts/{question.id}/revisions/1/redact").text
    assert SECRET in page and "Backups, sent email" in page
    assert login(member).get(f"/posts/{question.id}/revisions/1/redact").status_code == 403


@pytest.mark.parametrize(
    "text", ["before hunter7canary after", "HUNTER7CANARY", "<b>hunter7canary</b>", "cut off at hunter7can…"]
)
def test_masks_of_one_word(text):
    masked = Mask([SECRET]).apply(text)
    assert MASK in masked and "hunter7can" not in masked.lower()


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ("a & b < secret9", "a &amp; b &lt; secret9"),
        ("key_one_two", "key\\_one\\_two"),
        ("-----BEGIN KEY-----\nMIIEpAIBAAK", "-----BEGIN KEY----- MIIEpAIBAAK"),
        ("Grüße_ß12", "x Grüße_ß12 y"),
        ("пароль-секрет", {"a": ["пароль-секрет"]}),
    ],
)
def test_masks_of_other_forms(secret, text):
    assert MASK in str(Mask([secret]).apply(text)) and secret not in str(Mask([secret]).apply(text))


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ("pass9word - - x", "pass9word -\n- - x"),
        ("- - pass9word", "* - - pass9word"),
        ("dom\\\\user9\\-x", "dom\\\\\\\\user9\\\\-x"),
        ("one9 \\* two", "one9 \\\\\\* two"),
    ],
)
def test_masks_of_runs_of_blanks_hyphens_and_backslashes(secret, text):
    masked = Mask([secret]).apply(text)
    assert MASK in masked and not re.search("9", masked)


def test_a_cut_off_copy_is_masked_from_its_start_also_where_folding_makes_it_longer():
    assert Mask(["geheimes passwort"]).apply("Straße, Gruß: Geheimes Pass…") == f"Straße, Gruß: {MASK}"


def test_no_run_in_a_pattern_can_give_back_what_it_took():
    """Else the work doubles with each pair: two hundred would never end."""
    for piece in ("- ", "\\", "\\ -", "_", "_-"):
        secret = f"hunter2secret{piece * 200}end"
        assert Mask([secret]).apply(f"hunter2secret{piece * 20_000}") != "", piece


def test_what_only_the_old_text_held_is_found_and_names_are_not_masked_everywhere():
    everywhere, nearby = suspects(f"Run Get-ADUser for CVE-2026-1001 on KB4012598.\n{LINE}", CLEAN)
    assert SECRET in " ".join(everywhere)
    assert not {"Get-ADUser", "CVE-2026-1001", "KB4012598"} & set(everywhere)
    assert "Get-ADUser" in nearby


@pytest.mark.every_database
def test_both_databases_find_masked_json_and_other_scripts(app, make_question, moderator, member):
    question = make_question(body="Ein Passwort: Grüße_ß12 steht hier, und es ist lang genug.")
    posts.revise(question, render(CLEAN), by=member, summary="Grüße_ß12 entfernt")
    redact(queries.revision(question, 1), by=moderator, words=["Grüße_ß12"])
    db.session.commit()
    assert holders("ße_ß12") == {}


def test_nothing_stays_in_the_pages_of_the_database_file(app, make_question, moderator, member, drain):
    question = make_question(body=LINE)
    posts.revise(question, render(CLEAN), by=member)
    db.session.commit()
    redact(queries.revision(question, 1), by=moderator, words=[SECRET])
    drain()
    path = app.config["REDOUBT_INSTANCE"] / "redoubt.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    log = path.with_name("redoubt.db-wal")
    assert not log.exists() or SECRET.encode() not in log.read_bytes()
