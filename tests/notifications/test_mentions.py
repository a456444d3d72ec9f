"""Who a text calls: @ and a username, in words that are the author's own."""

import pytest

from core.markup.markup import render
from notifications.mentions import MOST, mentioned


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@alice look", ["alice"]),
        ("Thanks (@alice, @bob-2).", ["alice", "bob-2"]),
        ("**@alice**", ["alice"]),
        ("@Alice and @alice", ["alice"]),
        ("@alice's answer", ["alice"]),
        ("- @alice\n- @bob", ["alice", "bob"]),
        ("mail alice@example.org", []),
        ("@alice@example.social", []),
        ("user@@alice", []),
        ("@al", []),
        ("`@alice`", []),
        ("```\n@alice\n```", []),
        ("    @alice", []),
        ("> @alice wrote this\n\nNo.", []),
        ("[@alice](https://example.org)", []),
        ("https://example.org/@alice", []),
        ("@" + "a" * 31, []),
        ("\\@alice", ["alice"]),
        ("@\u0430lice", []),
        ("", []),
    ],
)
def test_who_is_called(text, names):
    assert mentioned(render(text).html) == names


def test_nobody_calls_a_crowd():
    assert len(mentioned(render(" ".join(f"@member{n}" for n in range(500))).html)) == MOST
