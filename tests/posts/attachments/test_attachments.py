"""Attachments as members use them: sent, shown and hidden with their post, limited, collected, erased."""

import io
import json
import os
from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy import select

from auth.erasure import actions as erasing
from auth.erasure.export_account import document
from core import redaction
from core.checks.health import run_checks
from core.database.db import clock_set_to, db, utcnow
from core.markup.markup import render
from posts import actions as post_actions
from posts.attachments import tasks
from posts.attachments.models import Attachment
from posts.attachments.store import FOLDER, current_store
from posts.models import Post
from tests.posts.attachments.files import picture

TEXT = "The setup stops with this picture, which says more than I could write down here."


def send(client, data, name, **fields):
    fields["file"] = (io.BytesIO(data), name)
    return client.post("/attachments", data=fields, headers={"Accept": "application/json"})


def only():
    return db.session.scalars(select(Attachment)).one()


def ask(client, text, **fields):
    data = {"title": "Why does setup stop at 87 percent?", "body": text, "tags": "patching", **fields}
    return client.post("/questions/ask", data=data)


def test_a_picture_is_shown_with_its_question_and_gone_with_it(app, member, other, moderator, login, client):
    mine = login(member)
    made = send(mine, picture(), "Screen shot.png", alt="A red dialog")
    assert made.status_code == 201
    path = made.json["markdown"].partition("(")[2].rstrip(")")
    assert made.json["markdown"] == f"![A red dialog](/attachments/{made.json['id']}/Screen-shot.png)"
    assert made.json["url"].endswith(path)
    assert mine.get(path).headers["Cache-Control"] == "private, no-store"
    assert [each.get(path).status_code for each in (client, login(other), login(moderator))] == [404] * 3

    page = mine.get(ask(mine, f"{TEXT}\n\n{made.json['markdown']}").location).text
    image = f'<img src="{path}" alt="A red dialog" width="40" height="30" loading="lazy" decoding="async">'
    assert f'<a href="{path}">{image}</a>' in page
    answer = client.get(path)
    assert answer.headers["Content-Type"] == "image/png" and answer.headers["Content-Disposition"] == "inline"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert Image.open(io.BytesIO(answer.data)).size == (40, 30)
    again = client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304 and not again.data
    thumbnail = f"/thumbnails/{made.json['id']}"
    assert thumbnail in client.get("/questions").text
    assert client.get(thumbnail).headers["Content-Type"] == "image/webp"
    assert client.get(path.replace("Screen", "other")).location == path

    question = db.session.scalars(select(Post).where(Post.kind == "question")).one()
    addresses = (path, thumbnail, path.replace("Screen", "other"))
    for hide, back in (
        (post_actions.delete, post_actions.undelete),
        (post_actions.hide, post_actions.unhide),
    ):
        hide(question, **({"by": moderator} if hide is post_actions.delete else {}))
        db.session.commit()
        for each in addresses:
            assert client.get(each, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 404
            assert login(other).get(each).status_code == 404
        assert mine.get(path).status_code == login(moderator).get(path).status_code == 200
        back(question, by=moderator)
        db.session.commit()
        assert client.get(path).status_code == 200
    assert oct(os.stat(app.config["REDOUBT_INSTANCE"] / FOLDER).st_mode)[-3:] == "700"
    files = [f for f in (app.config["REDOUBT_INSTANCE"] / FOLDER).rglob("*") if f.is_file()]
    assert len(files) == 2 and {oct(f.stat().st_mode)[-3:] for f in files} == {"600"}


@pytest.mark.parametrize("place", ["ask", "answer", "comment edit", "edit", "article"])
def test_the_field_of_every_form_works_without_javascript(
    place, member, moderator, login, make_question, make_article
):
    """`attach` shows the form again with the Markdown; sending the form at once attaches too."""
    question = make_question()
    user = moderator if place == "article" else member
    page = {
        "ask": "/questions/ask",
        "answer": question.url,
        "edit": question.edit_url,
        "article": "/articles/new",
    }
    if place == "comment edit":
        made = post_actions.comment(question, render("A comment that is long enough."), by=member)
        db.session.commit()
        page[place] = made.edit_url
    browser = login(user)
    assert 'type="file"' in browser.get(page[place]).text
    fields = {"title": "A title of a post with pictures", "tags": "patching", "layer": "host", "body": TEXT}
    files = [(io.BytesIO(picture()), "a.png"), (io.BytesIO(b"line 1\nline 2\n"), "b.log")]
    sent = browser.post(page[place], data={**fields, "action": "attach", "files": files, "files_alt": "Seen"})
    assert sent.status_code == 200 and TEXT in sent.text
    text = sent.text.partition(TEXT)[2].partition("</textarea>")[0].strip()
    assert text.startswith("![Seen](/attachments/") and "[b.log](/attachments/" in text
    assert "/b.log/lines)" in text
    fields["body"] = f"{TEXT}\n\n{text}"
    more = {"files": [(io.BytesIO(picture("JPEG")), "c.jpg"), (io.BytesIO(b""), "")]}
    done = browser.post(page[place], data={**fields, **more})
    assert done.status_code == 302, done.text
    shown = browser.get(done.location.partition("#")[0]).text
    assert shown.count("<img src=") == 2 and "/b.log/lines" in shown


def test_a_refused_file_or_text_loses_neither(member, login):
    browser = login(member)
    bad = [(io.BytesIO(b"MZ\x90\x00" * 9), "tool.exe"), (io.BytesIO(picture()), "a.png")]
    answer = browser.post(
        "/questions/ask", data={"title": "short", "tags": "patching", "body": TEXT, "files": bad}
    )
    assert answer.status_code == 422 and "tool.exe is a program" in answer.text
    assert TEXT in answer.text and "![a](/attachments/" in answer.text
    question = {"title": "Why does setup stop at 87 percent?", "tags": "patching", "body": TEXT}
    assert (
        browser.post("/questions/ask", data={**question, "files": [(io.BytesIO(b"MZ\x00"), "a")]}).status_code
        == 422
    )
    stale = ask(browser, TEXT)
    edit = browser.get(stale.location).text
    number = stale.location.split("/")[2]
    assert edit
    conflict = browser.post(
        f"/questions/{number}/edit",
        data={**question, "version": "1-99", "files": [(io.BytesIO(picture("GIF")), "d.gif")]},
    )
    assert conflict.status_code == 409 and "![d](/attachments/" in conflict.text


def test_a_log_over_the_limit_becomes_a_file_with_one_click(member, login):
    log = "".join(f"2026-11-30 10:00:{n % 60:02} error 0x{n:08x} in setup\n" for n in range(1_500))
    body = f"{TEXT}\n\n```\n{log}```\n\nWhat can I do?"
    browser = login(member)
    fields = {"title": "Why does setup stop at 87 percent?", "tags": "patching", "body": body}
    refused = browser.post("/questions/ask", data=fields)
    assert refused.status_code == 422 and 'value="attach-text"' in refused.text
    assert len(body) > 57_000
    shown = browser.post("/questions/ask", data={**fields, "action": "attach-text"})
    assert shown.status_code == 200 and "0x0000003c" not in shown.text
    left = shown.text.partition("<textarea")[2].partition(">\n")[2].partition("</textarea>")[0]
    assert left.startswith(f"{TEXT}\n\n[log.txt](/attachments/") and left.endswith("What can I do?")
    posted = browser.post("/questions/ask", data={**fields, "body": left})
    assert posted.status_code == 302
    made = only()
    assert current_store().open(made.digest).read().decode() == log
    viewer = f"/attachments/{made.key}/log.txt/lines"
    first, second = browser.get(viewer).text, browser.get(f"{viewer}?from=1201").text
    assert 'id="L1000"' in first and 'id="L1001"' not in first and "from=1001" in first
    assert 'id="L1001"' in second and 'id="L1500"' in second
    found = browser.get(f"{viewer}?q=0X0000003C").text
    assert found.count("<tr id=") == 1 and f"{viewer}?from=61#L61" in found
    for query in ("?from=0", "?from=-5", "?from=99999999999", "?from=x", "?q=" + "a" * 5_000):
        assert browser.get(viewer + query).status_code == 200
    assert browser.get(viewer.replace("log.txt", "x")).location == viewer
    download = browser.get(f"/attachments/{made.key}/log.txt")
    assert download.headers["Content-Disposition"] == "attachment; filename=log.txt"
    assert download.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_the_day_of_a_new_member_is_shorter(app, make_user, member, moderator, login):
    app.config["REDOUBT_ATTACHMENT_DAILY_MB"] = 1
    data = os.urandom(150_000)
    new = login(make_user("newcomer"))
    assert send(new, data, "a.bin").status_code == 201
    again = send(new, data, "a.bin")
    assert again.status_code == 201 and len(db.session.scalars(select(Attachment)).all()) == 1
    refused = send(new, os.urandom(150_000), "b.bin")
    assert refused.status_code == 422 and "15 files" in str(refused.json)
    assert send(login(member), os.urandom(150_000), "b.bin").status_code == 201
    with clock_set_to(utcnow() + timedelta(days=1, minutes=1)):
        assert send(login(db.session.get(type(member), member.id)), b"more" * 9, "c.txt").status_code == 201
    app.config["REDOUBT_ATTACHMENTS"] = False
    try:
        assert send(login(moderator), data, "a.bin").status_code == 403
        assert 'type="file"' not in login(member).get("/questions/ask").text
    finally:
        app.config["REDOUBT_ATTACHMENTS"] = True
        app.config["REDOUBT_ATTACHMENT_DAILY_MB"] = 100


def test_orphans_and_bytes_are_collected(app, member, login, make_question):
    browser = login(member)
    kept = send(browser, picture(), "kept.png").json
    send(browser, picture(colour=(1, 2, 3)), "orphan.png")
    question = make_question(body=f"{TEXT} {kept['markdown']}")
    assert question.picture_key == kept["id"]
    assert tasks.delete_orphans() == 0
    with clock_set_to(utcnow() + timedelta(days=31)):
        assert tasks.delete_orphans() == 1
    assert only().key == kept["id"]
    assert tasks.delete_unused_bytes() == 0  # a day old at least
    assert tasks.delete_unused_bytes(0) == 2
    assert sorted(current_store().digests()) == sorted({only().digest, only().thumbnail_digest})
    assert "1 files, 0 MB" in str([each.found for each in run_checks() if each.name == "Attachments"])
    assert current_store().delete(only().digest, 0)
    assert "missing" in str([each.found for each in run_checks() if each.name == "Attachments"])
    assert browser.get(f"/attachments/{kept['id']}/kept.png").status_code == 404


def test_erasure_redaction_and_export(app, member, moderator, login, make_question, drain):
    browser = login(member)
    log = send(browser, "user=svc password=Tr0ub4dor-secret\nnext\n".encode("utf-16"), "x.log").json
    loose = send(browser, b"not in a post", "loose.txt").json
    question = make_question(body=f"{TEXT} {log['markdown']}")

    exported = json.loads(document(member))["attachments"]
    assert [each["url"] for each in exported] == [log["url"], loose["url"]]
    old = db.session.scalars(select(Attachment).where(Attachment.key == log["id"])).one().digest
    counts = redaction.apply(redaction.Texts(("Tr0ub4dor-secret",)), by=moderator)
    db.session.commit()
    assert counts["attachments"] == 1
    changed = db.session.scalars(select(Attachment).where(Attachment.key == log["id"])).one()
    text = current_store().open(changed.digest).read().decode()
    assert "Tr0ub4dor" not in text and redaction.MASK in text and changed.digest != old
    assert tasks.delete_unused_bytes(0) == 1 and not current_store().has(old)
    erasing.erase(member, by=member, keep_words=False)
    drain()
    assert db.session.scalars(select(Attachment)).all() == []
    assert app.test_client().get(f"/attachments/{log['id']}/x.log").status_code == 404
    assert question.id
