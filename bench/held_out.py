"""How well names that nobody tuned the rules on are matched: `python -m bench.held_out [FILE]`.

The file (held_out_names.txt) has one pair a line: what an inventory names, what an advisory names, and the
state that is right. `alarm` counts affected and unknown, as a member's list does.
"""

import sys
from collections import Counter
from pathlib import Path

from inventory.formats.component import Component
from inventory.versions.actions import installed_of
from inventory.versions.verdicts import AFFECTED, ALARMS, UNKNOWN, Installed, Statement, verdict_on

FILE = Path(__file__).with_name("held_out_names.txt")
NONE = "none"


def pairs(text: str) -> list[tuple[str, Installed, Statement, str]]:
    """(line, what is installed, what an advisory says, the expected state) of every line."""
    found = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        body, _bars, expected = line.rpartition("||")
        name, vendor, version, purl, _empty, maker, product, rest = body.split("|", 7)
        range_text, _bar, named_purl = rest.rpartition("|")  # a VERS text holds separators
        installed = installed_of(Component(name, vendor, version, purl))
        is_vers = range_text.startswith("vers:")
        statement = Statement(
            "affected",
            f"{maker} {product}",
            maker,
            product,
            "" if is_vers else range_text,
            not is_vers,
            range_text if is_vers else "",
            named_purl,
            cves=("CVE-2026-1001",),
        )
        found.append((line, installed, statement, expected))
    return found


def measure(text: str) -> tuple[dict[str, float], list[str]]:
    """Recall and precision, and the lines whose state is another than expected."""
    counts: Counter[str] = Counter()
    wrong = []
    for line, installed, statement, expected in pairs(text):
        share_key = bool(set(installed.identity.keys) & set(statement.identity.keys))
        verdict = verdict_on(installed, [statement])[0] if share_key else None
        state = verdict.state if verdict is not None else NONE
        is_alarm = state in ALARMS
        counts["lines"] += 1
        counts["right"] += state == expected or not (is_alarm or expected in ALARMS)
        counts["positive"] += expected == AFFECTED
        counts["found"] += expected == AFFECTED and is_alarm
        counts["said"] += expected == AFFECTED and state == AFFECTED
        counts["alarms"] += is_alarm and expected != UNKNOWN
        counts["false"] += is_alarm and expected not in (AFFECTED, UNKNOWN)
        if state != expected and (is_alarm or expected in ALARMS):
            wrong.append(f"{state}, not {expected}: {line}")
    shares = {
        "lines": counts["lines"],
        "right": counts["right"] / counts["lines"],
        "alarm recall": counts["found"] / counts["positive"],
        "affected recall": counts["said"] / counts["positive"],
        "alarm precision": 1 - counts["false"] / counts["alarms"],
    }
    return shares, wrong


def main(arguments: list[str]) -> None:
    """Measure and print."""
    shares, wrong = measure(Path(arguments[0] if arguments else FILE).read_text())
    for name, value in shares.items():
        print(f"{name:16} {value:.4f}")
    print(*wrong, sep="\n", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
