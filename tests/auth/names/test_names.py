"""Display names: readable, and nobody's in disguise."""

import pytest

from auth import queries
from auth.names import skeletons

HIDDEN = ["ali\u202ece", "al\u200bice", "alice\u00ad", "a\u0001b", "\u3164\u3164", "\u2800x", "al\ufeffice"]


def rename(client, name):
    return client.post("/settings/profile", data={"display_name": name})


@pytest.mark.parametrize("name", [*HIDDEN, "a  b", "a\u00a0b", "a\u2003b", "Z" + "\u0301" * 9, "🔥🔥", "..."])
def test_names_that_hide_something_are_refused(login, member, name):
    assert rename(login(member), name).status_code == 422
    assert member.display_name == "alice"


@pytest.mark.parametrize("name", ["Zoë Müller", "Владимир", "José 3rd", "ナオミ", "Nguyễn Thị"])
def test_names_of_the_world_are_welcome(login, member, name):
    assert rename(login(member), name).status_code == 302
    assert member.display_name == name


@pytest.mark.parametrize("name", ["bob", "B0b", "Вob", "ｂｏｂ", "b.o b", "bób"])
def test_another_members_handle_is_refused_in_any_letters(login, member, other, name):
    assert other.username == "bob"
    assert rename(login(member), name).status_code == 422


@pytest.mark.parametrize("name", ["Moira Q. Stone", "Мoira Q Stone", "moira-q-5tone"])
def test_a_moderators_name_is_refused_in_any_letters(login, member, moderator, name):
    moderator.display_name = "Moira Q. Stone"
    answer = rename(login(member), name)
    assert answer.status_code == 422 and "too similar to another member" in answer.text


def test_only_staff_may_be_called_administrator(login, member, admin):
    assert rename(login(member), "Administrator").status_code == 422
    assert rename(login(member), "Former member").status_code == 422
    assert rename(login(admin), "Administrator").status_code == 302


def test_ones_own_handle_and_an_unchanged_name_stay_possible(login, member, make_user):
    assert rename(login(member), "Alice").status_code == 302
    double = make_user("alice-two")
    double.display_name = member.display_name
    assert rename(login(double), "Alice").status_code == 302


def test_a_new_handle_cannot_be_a_moderators_name(app, client, moderator):
    moderator.display_name = "Moira Stone"
    assert (
        client.post(
            "/register",
            data={
                "username": "moira-stone",
                "email": "m@example.org",
                "password": "violet kettle orbit 93 marsh",
            },
        ).status_code
        == 422
    )
    assert queries.similar_account("moira_st0ne") == moderator


def test_skeletons_of_handles_are_their_keys(app, make_user):
    for name in ("rnoira", "m0ira-5tone", "vvalter", "i11"):
        assert skeletons.skeleton(name) == make_user(name).username_key
