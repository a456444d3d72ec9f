"""Several inventories of a member, sharing them, and what each member sees of them."""

import io
import json
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from auth.erasure import export_account
from core.database.db import db, utcnow
from core.jobs import events
from inventory import actions
from inventory import queries as owned_queries
from inventory.sharing import actions as sharing
from notifications import recipients
from notifications.models import Notification
from products.inventories.models import Inventory, InventoryMember
from products.lifecycle import queries as lifecycle_queries
from products.models import OwnedRelease

TODAY = date.today()


@pytest.fixture
def debian(make_product):
    return make_product("debian", {"12": {"security": TODAY + timedelta(days=30)}, "11": {}})


@pytest.fixture
def browser(login, member):
    return login(member)


def make(browser, name="Site North"):
    answer = browser.post("/my/inventories", data={"name": name})
    assert answer.status_code == 302, answer.text
    return int(answer.headers["Location"].rsplit("/", 1)[1])


def share(browser, number, user, right="read"):
    return browser.post(f"/my/inventories/{number}/members", data={"username": user.username, "right": right})


def slugs(user):
    db.session.expire_all()
    return [row.product.slug for row in owned_queries.owned(user)]


def test_a_member_has_several_and_uses_all_or_one(browser, member, debian, make_product):
    make_product("other", {"1": {}})
    browser.post("/settings/products", data={"product": "debian", "release": "12"})
    north = make(browser)
    browser.post("/settings/products", data={"product": "other", "inventory": north})
    assert slugs(member) == ["debian", "other"]
    text = browser.get("/settings/products").text
    assert "Site North" in text and "all inventories that you use" in text
    browser.post(f"/my/inventories/{north}/use", data={"choice": "only"})
    assert slugs(member) == ["other"]
    assert lifecycle_queries.ends_for_member(member, TODAY) == []
    browser.post(f"/my/inventories/{north}/use", data={"choice": "no"})
    assert slugs(member) == []
    default = actions.default_inventory(member)
    browser.post(f"/my/inventories/{default.id}/use", data={"choice": "yes"})
    assert slugs(member) == ["debian"]
    [phase] = lifecycle_queries.ends_for_member(member, TODAY)
    assert phase.release.cycle == "12"


def test_names_are_unique_and_the_first_stays(browser, member, debian):
    north = make(browser)
    answer = browser.post("/my/inventories", data={"name": "Site North"})
    assert answer.status_code == 422 and "of this name already" in answer.text and "Site North" in answer.text
    assert browser.post("/my/inventories", data={"name": "x" * 61}).status_code == 422
    south = make(browser, "South")
    assert browser.post(f"/my/inventories/{south}/rename", data={"name": "Site North"}).status_code == 422
    browser.post(f"/my/inventories/{south}/rename", data={"name": "Site South"})
    assert "Site South" in browser.get("/my/inventories").text
    default = actions.default_inventory(member).id
    assert browser.post(f"/my/inventories/{default}/delete").status_code == 422
    browser.post("/settings/products", data={"product": "debian", "inventory": north})
    assert "Delete" in browser.get(f"/my/inventories/{north}/delete").text
    browser.post(f"/my/inventories/{north}/delete")
    assert browser.get(f"/my/inventories/{north}").status_code == 404 and slugs(member) == []


def test_sharing_begins_when_the_invitation_is_accepted(browser, login, member, other, debian, drain):
    north = make(browser)
    browser.post("/settings/products", data={"product": "debian", "release": "12", "inventory": north})
    share(browser, north, other)
    drain()
    [line] = db.session.scalars(select(Notification).where(Notification.user_id == other.id))
    assert line.event == "invitation.sent" and line.url == "/my/inventories"
    theirs = login(other)
    assert "Invitations" in theirs.get("/my/inventories").text
    assert "1 invitation" in theirs.get("/settings/products").text
    assert theirs.get(f"/my/inventories/{north}").status_code == 404
    assert slugs(other) == []
    theirs.post(f"/my/inventories/{north}/accept")
    assert slugs(other) == ["debian"]
    assert "Debian 12" in theirs.get(f"/my/inventories/{north}").text
    assert slugs(other) == slugs(member)
    release = owned_queries.owned(other)[0].release
    assert recipients.of_release(release, utcnow()).keys() == {member.id, other.id}
    theirs.post(f"/my/inventories/{north}/leave")
    assert slugs(other) == [] and slugs(member) == ["debian"]


def test_rights_of_those_who_share(browser, login, member, other, debian):
    north = make(browser)
    share(browser, north, other)
    theirs = login(other)
    theirs.post(f"/my/inventories/{north}/accept")
    add = {"product": "debian", "inventory": north}
    assert theirs.post("/settings/products", data=add).status_code == 403
    upload = {"sbom": (io.BytesIO(b"Debian 12\n"), "x.txt"), "inventory": str(north)}
    assert theirs.post("/settings/products/sbom", data=upload).status_code == 403
    share(browser, north, other, "edit")
    assert theirs.post("/settings/products", data=add).status_code == 302
    [row] = owned_queries.owned(member)
    assert row.user_id == member.id, "it counts as the owner's"
    for path in ("rename", "delete", "members", f"members/{member.id}/remove"):
        assert (
            theirs.post(f"/my/inventories/{north}/{path}", data={"name": "x", "username": "x"}).status_code
            == 403
        )
    assert theirs.post(f"/settings/products/{row.id}/remove").status_code == 302
    browser.post(f"/my/inventories/{north}/members/{other.id}/remove")
    assert theirs.get(f"/my/inventories/{north}").status_code == 404


def test_who_does_not_exist_or_owns_it_is_not_invited(browser, member):
    north = make(browser)
    answer = browser.post(f"/my/inventories/{north}/members", data={"username": "nobody-here"})
    assert (
        answer.status_code == 422 and "no member of this name" in answer.text and "nobody-here" in answer.text
    )
    assert share(browser, north, member).status_code == 422


def test_erased_owners_leave_what_a_team_edits(browser, login, member, other, debian, drain):
    shared, own = make(browser), make(browser, "Mine")
    for number in (shared, own):
        browser.post("/settings/products", data={"product": "debian", "inventory": number})
    share(browser, shared, other, "edit")
    login(other).post(f"/my/inventories/{shared}/accept")
    events.record("user.erased", subject=member)
    drain()
    db.session.expire_all()
    assert [each.id for each in db.session.scalars(select(Inventory))] == [shared]
    assert db.session.get(Inventory, shared).owner_id == other.id and slugs(other) == ["debian"]
    assert db.session.scalar(select(func.count()).select_from(InventoryMember)) == 1
    events.record("user.erased", subject=other)
    drain()
    assert db.session.scalar(select(func.count()).select_from(OwnedRelease)) == 0


def test_the_export_has_own_inventories_and_names_shared_ones(browser, login, member, other, debian):
    north = make(browser)
    browser.post("/settings/products", data={"product": "debian", "inventory": north})
    share(browser, north, other)
    login(other).post(f"/my/inventories/{north}/accept")
    mine, theirs = (json.loads(export_account.document(user)) for user in (member, other))
    assert [line["inventory"] for line in mine["products"]] == ["Site North"] and theirs["products"] == []
    [shared] = theirs["inventories"]
    assert (shared["name"], shared["owner"], shared["right"]) == ("Site North", member.username, "read")
    assert shared["members"] == []


def test_rows_of_an_earlier_version_are_adopted(member, debian):
    release = debian.releases[0]
    for _ in range(2):
        db.session.add(OwnedRelease(user_id=member.id, product_id=debian.id, release_id=release.id))
    db.session.commit()
    assert slugs(member) == []
    actions.default_inventory(member)
    db.session.commit()
    assert slugs(member) == ["debian"]


def test_a_full_account_says_so(browser, monkeypatch):
    monkeypatch.setattr(sharing, "MAX_INVENTORIES", 2)
    make(browser)
    answer = browser.post("/my/inventories", data={"name": "third"})
    assert answer.status_code == 422 and "2 inventories already" in answer.text


def test_an_inventory_is_shared_by_the_api(api, member, other, debian):
    mine, theirs = api(member), api(other)
    number = mine("POST", "/inventories", {"name": "Site North"}).json["id"]
    path = f"/inventories/{number}"
    invited = mine("POST", f"{path}/members", {"username": other.username, "right": "edit"})
    assert invited.status_code == 201 and invited.json["accepted_at"] is None, invited.text
    assert mine("POST", f"{path}/members", {"username": "nobody-here"}).status_code == 422
    assert theirs("GET", path).status_code == 404
    (waiting,) = theirs("GET", "/users/me/invitations").json["items"]
    assert (waiting["id"], waiting["owner"], waiting["right"]) == (number, member.username, "edit")
    assert theirs("PUT", f"{path}/membership", {"is_used": False}).json["is_used"] is False
    assert theirs("GET", "/users/me/invitations").json["items"] == []
    assert [each["username"] for each in theirs("GET", f"{path}/members").json["items"]] == [
        member.username,
        other.username,
    ]
    assert theirs("PATCH", path, {"name": "Mine now"}).status_code == 403
    assert theirs("DELETE", f"{path}/members/{member.username}").status_code == 403
    assert mine("DELETE", f"{path}/members/{member.username}").status_code == 403
    assert theirs("DELETE", f"{path}/members/{other.username}").status_code == 204
    assert theirs("GET", path).status_code == 404


def test_lists_show_what_ends_in_one_inventory(browser, api, member, other, debian, make_product):
    make_product("elsewhere", {"1": {"security": TODAY + timedelta(days=20)}})
    browser.post("/settings/products", data={"product": "elsewhere", "release": "1"})
    north = make(browser)
    browser.post("/settings/products", data={"product": "debian", "release": "12", "inventory": north})
    browser.post(f"/my/inventories/{north}/use", data={"choice": "no"})
    text = browser.get(f"/lifecycle?inventory={north}").text
    assert "debian" in text.lower() and "elsewhere" not in text.lower()
    assert browser.get("/lifecycle?inventory=999").status_code == 404
    (row,) = api(member)("GET", f"/lifecycle?inventory={north}").json["items"]
    assert row["product"] == "debian"
    assert api(other)("GET", f"/lifecycle?inventory={north}").status_code == 404
