"""Inputs that were once the worst of their parser stay within what they may cost."""

import pytest

from tests.fuzz import run
from tests.fuzz.targets import targets

SEEDS = run.seeds()
SLOW_MACHINE = 5  # times: a budget is for a quiet machine, a test may run beside others
PARSERS = {
    "markup",
    "markup, article",
    "query language",
    "diff",
    "mask",
    "JSON body",
    "form",
    "software list, JSON",
    "software list, XML",
}


def test_every_parser_has_a_seed():
    assert {name for name, _text in SEEDS} >= PARSERS


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "text"), SEEDS, ids=[f"{name} {number}" for number, (name, _) in enumerate(SEEDS)]
)
def test_a_seed_stays_within_its_budget(app, name, text):
    target = next(each for each in targets(app) if each.name == name)
    assert run.measure(target, text) < target.budget_seconds * SLOW_MACHINE


def test_an_input_that_never_ends_is_stopped(app):
    def forever(text):
        while True:
            text = text[::-1]

    target = next(each for each in targets(app) if each.name == "markup")
    endless = type(target)("endless", 10, 0.01, forever, ("a",))
    assert 0.04 < run.measure(endless, "ab") < 5


def test_the_fuzzer_finds_what_grows_faster_than_its_input():
    """A parser of quadratic cost passes its budget within a few hundred inputs."""

    def quadratic(text):
        return [text.count(text[:at]) for at in range(0, len(text), 20)]

    target = run.Target("quadratic", 30_000, 0.01, quadratic, ("a", "b"))
    found = run.fuzz([target], 0.05, 1, keep_seeds=False)["quadratic"]
    assert found.seconds > target.budget_seconds and found.inputs
