"""How large a body may be: the same in nginx's file as in the site, for every route, and refused early."""

import io
import re

import pytest

from core.config import ROOT
from core.limits import costs
from tests.test_access import ROUTES

SIZES = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
NGINX = (ROOT / "docs" / "deploy" / "nginx.conf").read_text()
_LINE = re.compile(r"(?P<open>[^{};]*)\{|(?P<close>\})|(?P<directive>[^{};]+);")


def parsed(text):
    """[(words of the enclosing blocks, words of the directive)] of an nginx file."""
    text = re.sub(r"(?m)(^|\s)#.*$", "", text)
    text = re.sub(r'"[^"]*"', lambda quoted: re.sub(r"[{};]", "_", quoted[0]), text)
    blocks, found = [], []
    for match in _LINE.finditer(text):
        if match["open"] is not None:
            blocks.append(tuple(match["open"].split()))
        elif match["close"]:
            blocks.pop()
        else:
            found.append((tuple(blocks), tuple(match["directive"].split())))
    return found


def size(text):
    number, unit = re.fullmatch(r"(\d+)([kmg]?)", text.lower()).groups()
    return int(number) * SIZES[unit]


def limits():
    """(limit of the server that serves, {location: limit})."""
    everywhere, locations = size("1m"), {}  # nginx's own default
    for blocks, words in parsed(NGINX):
        if blocks[-1:] and blocks[-1][0] == "location":
            locations.setdefault(blocks[-1][1:], None)
        if words[0] == "client_max_body_size":
            if blocks[-1][0] == "location":
                locations[blocks[-1][1:]] = size(words[1])
            else:
                everywhere = size(words[1])
    return everywhere, locations


EVERYWHERE, LOCATIONS = limits()


def of_nginx(path):
    """The limit that nginx has for a path: exact locations, then expressions, then the longest beginning."""
    assert all(len(words) == 1 or words[0] in ("=", "~") for words in LOCATIONS)
    if ("=", path) in LOCATIONS:
        return LOCATIONS["=", path] or EVERYWHERE
    for words in LOCATIONS:
        if words[0] == "~" and re.search(words[1], path):
            return LOCATIONS[words] or EVERYWHERE
    best = max(
        (words for words in LOCATIONS if len(words) == 1 and path.startswith(words[0])),
        key=lambda words: len(words[0]),
    )
    return LOCATIONS[best] or EVERYWHERE


def test_nginx_has_the_limit_of_the_site_for_every_route(app):
    table, wrong = costs.route_costs(app), {}
    for rule, _method in ROUTES:
        path = re.sub(r"<[^>]+>", "1", rule.rule)
        if of_nginx(path) != table.body_bytes(rule.endpoint):
            wrong[rule.rule] = of_nginx(path), table.body_bytes(rule.endpoint)
    assert not wrong


def test_the_largest_is_what_a_server_must_let_through(app):
    assert costs.route_costs(app).largest_body_bytes == max(EVERYWHERE, *filter(None, LOCATIONS.values()))


class Unread(io.RawIOBase):
    """A body that fails the test when somebody reads it."""

    def readable(self):
        return True

    def readinto(self, buffer):
        raise AssertionError("the body was read")


@pytest.mark.parametrize(
    "kind", ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_what_is_too_large_is_refused_unread(app, kind):
    client, table, answers = app.test_client(), costs.route_costs(app), {}
    for rule, method in ROUTES:
        if method in ("POST", "PUT", "PATCH"):
            path = re.sub(r"<int:[^>]+>", "1", rule.rule)
            path = re.sub(r"<[^>]+>", "2026-11", path)
            over = str(table.body_bytes(rule.endpoint) + 1)
            body = {"wsgi.input": Unread(), "CONTENT_LENGTH": over}
            answer = client.open(path, method=method, content_type=kind, environ_overrides=body)
            answers[method, rule.rule] = answer.status_code
    assert {each for each, status in answers.items() if status != 413} == set()
