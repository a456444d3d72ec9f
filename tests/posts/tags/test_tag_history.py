"""What a tag is for has a history that everybody reads and that can be restored."""

from core.database.db import db
from posts.tags.queries import tag_named


def test_a_description_can_be_compared_and_restored(make_question, login, moderator, client):
    make_question(tags=["dns"])
    browser = login(moderator)
    for text in ("For questions about names.", "For questions about servers of names."):
        version = tag_named("dns").version
        assert browser.post("/tags/dns/edit", data={"excerpt": text, "version": version}).status_code == 302
        db.session.expire_all()
    page = client.get("/tags/dns/history")
    assert page.status_code == 200 and "servers of" in page.text and "Revision 3" in page.text
    stale = tag_named("dns").version[:-1] + "2"
    assert browser.post("/tags/dns/history/2/restore", data={"version": stale}).status_code == 409
    version = tag_named("dns").version
    assert browser.post("/tags/dns/history/2/restore", data={"version": version}).status_code == 302
    db.session.expire_all()
    assert tag_named("dns").excerpt == "For questions about names."


def test_two_who_describe_a_new_tag_do_not_overwrite_each_other(app, login, moderator, admin):
    sent = {"version": "new"}
    first = login(moderator).post("/tags/laps/edit", data=sent | {"excerpt": "Passwords of administrators."})
    second = login(admin).post("/tags/laps/edit", data=sent | {"excerpt": "Local passwords of computers."})
    assert (first.status_code, second.status_code) == (302, 409)
    assert "Local" in second.text and tag_named("laps").excerpt == "Passwords of administrators."
