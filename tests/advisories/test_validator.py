"""The validator tells what is wrong, from a process that cannot hurt an import."""

import json
import signal
import subprocess
import sys

import pytest

from advisories import recognise
from advisories.csaf import validator
from advisories.csaf.validator import Checker
from tests.advisories.documents import CSAF, copy_of


@pytest.fixture(scope="module")
def check():
    with Checker() as checker:
        yield checker


def test_a_valid_document_has_no_problems(check):
    assert check(json.dumps(CSAF).encode()) == []


def test_a_broken_rule_is_a_warning_and_the_advisory_comes_in(check):
    document = copy_of(CSAF)
    document["product_tree"]["branches"][0]["branches"][0]["branches"][1]["name"] = "prior to 3"
    (advisory,) = recognise.read(json.dumps(document).encode(), "f", check=check)
    assert len(advisory.vulnerabilities) == 2
    assert [warning.partition("branches")[0] for warning in advisory.warnings] == [
        "rule 6.1.31 at /product_tree/"
    ]


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"7", b"\xff", b'{"document": 1, "vulnerabilities": 2}'])
def test_nonsense_is_answered(check, data):
    assert check(data)


def test_a_validator_that_dies_or_hangs_is_a_warning_and_the_next_document_is_checked(monkeypatch):
    with Checker() as checker:
        assert checker(json.dumps(CSAF).encode()) == []
        checker._process.kill()
        checker._process.wait()
        assert checker(json.dumps(CSAF).encode()) == []
        monkeypatch.setattr(validator, "TIMEOUT_SECONDS", 0.2)
        checker._process.send_signal(signal.SIGSTOP)
        assert checker(json.dumps(CSAF).encode()) == [
            "not checked against the rules: the validator did not answer"
        ]
        monkeypatch.setattr(validator, "TIMEOUT_SECONDS", 30)
        assert checker(json.dumps(CSAF).encode()) == []


def test_what_is_too_large_is_not_checked(monkeypatch, check):
    monkeypatch.setattr(validator, "MAX_CHECKED_BYTES", 5)
    assert check(b"123456") == ["not checked against the rules: larger than 0 MB"]


def test_the_site_does_not_import_the_validator():
    code = "import sys, app, advisories.recognise, advisories.csaf.write; sys.exit('csaf' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=validator.ROOT).returncode == 0
