"""Sentences of issuers: what says that a flaw is exploited, unfixed, no matter of customers, withdrawn."""

import time

import pytest

from advisories import wording
from advisories.severity_words import severity_of_phrase, severity_of_word

CVE = "CVE-2026-99001"


@pytest.mark.parametrize(
    "text",
    [
        "Exploited in the wild",
        f"Acme is aware that an exploit for {CVE} exists in the wild.",
        "Publicly Disclosed:No;Exploited:Yes;Latest Software Release:Exploitation Detected",
        "We are aware of a report that this issue may have been actively exploited against older versions.",
        "This vulnerability has been exploited in the wild since March.",
        "The agency has observed active exploitation of this vulnerability.",
        "We are aware of limited, targeted attacks exploiting this flaw.",
        "This issue is being actively exploited.",
        "SSVC: Exploitation: active; Automatable: yes",
        "It was exploited as a zero-day by ransomware groups.",
        "The vulnerability is under active attack.",
        "Exploitation of this issue has been observed in the wild.",
        "An attacker who has no account can run code, and it has been exploited in the wild.",
    ],
)
def test_exploited(text):
    assert wording.exploited_sentence(text, CVE)


@pytest.mark.parametrize(
    "text",
    [
        "Not exploited",
        "No evidence of exploitation in the wild",
        "We are not aware of any exploitation in the wild.",
        "The team is not aware of any malicious exploitation of this vulnerability.",
        "Exploited:No;Latest Software Release:Exploitation Less Likely",
        "Exploited in the wild: No",
        "There are no known exploits of this issue however exploits targeting this issue are available.",
        "It could be exploited in the wild.",
        "This can be actively exploited by an attacker.",
        "If exploited in the wild, data may leak.",
        "Exploitation has not been observed in the wild.",
        "No known public exploitation specifically targeting this vulnerability has been reported.",
        "It resembles CVE-2021-99002, which was exploited in the wild.",
        "A proof-of-concept exploit is available in the wild.",
        "The exploit has been disclosed to the public and may be used.",
        "It isn't exploited in the wild.",
        "SSVC: Exploitation: poc; Automatable: no",
        "To date there is zero evidence of active exploitation.",
        "Before this is exploited in the wild, install the update.",
        "We have no indication that this has been exploited by threat actors.",
    ],
)
def test_not_exploited(text):
    assert not wording.exploited_sentence(text, CVE)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("No patch is available.", True),
        ("No known patch available. Deactivate it.", True),
        ("None", True),
        ("The vendor will not fix this.", True),
        ("The product is end of life.", True),
        ("A fix is not available yet", True),
        ("Fixes will not be released", True),
        ("Update to 4.900 or a higher version.", False),
        ("The product is end-of-life, upgrade to version 5.", False),
        ("No update is required", False),
    ],
)
def test_a_solution_that_says_that_there_is_none(text, says):
    assert wording.says_no_fix(text) == says


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("There are no known workarounds for this issue.", True),
        ("No workaround is available.", True),
        ("Until there is a patch, do not expose it to untrusted networks.", False),
        ("There are no workarounds for old versions. On new ones turn the service off. Then restart.", False),
    ],
)
def test_workarounds_that_are_none(text, says):
    assert wording.says_no_workaround(text) == says


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "This has been fully mitigated by Acme. There is no action for users of this service to take.",
            True,
        ),
        ("This CVE requires no customer action to resolve.", True),
        ("No customer action is required.", True),
        ("Customers do not need to take any action.", True),
        ("If you are not running this version, no action is required for this vulnerability.", False),
        ("No action is required for customers who have automatic updates enabled.", False),
        ("Why is no action required to install this update?", False),
        ("Customers must act.", False),
    ],
)
def test_nothing_to_do(text, says):
    assert bool(wording.no_action_sentence(text)) == says


@pytest.mark.parametrize(
    ("title", "last", "is_withdrawn"),
    [
        ("[Withdrawn] Overflow in Gate", "", True),
        ("WITHDRAWN: Overflow in Gate", "", True),
        ("Overflow in Gate (retracted)", "", True),
        ("Overflow in Gate", "This advisory has been withdrawn: it is no vulnerability.", True),
        ("Overflow in Gate", "Withdrawn", True),
        ("Rejected packets overflow Gate", "Initial release", False),
        ("Overflow in Gate", "The advisory was not withdrawn, as some reported", False),
        ("Overflow in Gate", "A link was withdrawn", False),
    ],
)
def test_withdrawn(title, last, is_withdrawn):
    assert wording.is_withdrawn(title, last) == is_withdrawn


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("kritisch", "critical"),
        ("hoch", "important"),
        ("Mittel", "moderate"),
        ("niedrig", "low"),
        ("Critique", "critical"),
        ("Élevée", "important"),
        ("moyenne", "moderate"),
        ("faible", "low"),
        ("crítica", "critical"),
        ("Alta", "important"),
        ("media", "moderate"),
        ("baja", "low"),
        ("bassa", "low"),
        ("kritiek", "critical"),
        ("Hoog", "important"),
        ("gemiddeld", "moderate"),
        ("laag", "low"),
        ("緊急", "critical"),
        ("重要", "important"),
        ("警告", "moderate"),
        ("注意", "low"),
        ("средний", "moderate"),
        ("严重", "critical"),
        ("purple", ""),
    ],
)
def test_severities_in_other_languages(word, severity):
    assert severity_of_word(word) == severity


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("Schweregrad: hoch", "important"),
        ("CRITICAL (9.8)", "critical"),
        ("sehr hoch", "critical"),
        ("Risque élevé", "important"),
        ("not critical", ""),
        ("from low to critical", ""),
        ("", ""),
    ],
)
def test_severities_in_phrases(text, severity):
    assert severity_of_phrase(text) == severity


@pytest.mark.parametrize(
    "text", ["exploit " * 12_000, "aware of active " * 6_000, "no " * 30_000, "a" * 100_000]
)
def test_long_texts_cost_little(text):
    started = time.perf_counter()
    wording.exploited_sentence(text)
    wording.says_no_fix(text)
    wording.no_action_sentence(text)
    wording.says_no_workaround(text)
    wording.is_measure_only(text)
    assert time.perf_counter() - started < 1
