"""The loop: draws inputs, measures each, remembers the worst of every target, and shrinks nothing."""

import base64
import json
import multiprocessing
import signal
import time
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.targets import Target

SEEDS = Path(__file__).parent / "seeds.json"
EXAMPLES = 30  # of one target in a round
STOP_FACTOR = 5  # an input that takes so many times its budget is stopped
SHOWN = 60  # characters
MAX_SEED_BYTES = 20_000  # packed; larger ones are printed only


class OverBudget(BaseException):
    """An input took far more than its budget; not an Exception, so that no parser catches it."""


@dataclass
class Worst:
    """The dearest input of a target so far."""

    seconds: float = 0.0
    text: str = ""
    inputs: int = 0
    failure: str = ""


def measure(target: Target, text: str) -> float:
    """Processor seconds for one input; one that never ends is stopped and counts as what it took."""

    def stop(*_):
        raise OverBudget

    before = signal.signal(signal.SIGVTALRM, stop)
    began = time.process_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, target.budget_seconds * STOP_FACTOR)
    try:
        target.run(text)
    except OverBudget:
        pass
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    return time.process_time() - began


def fuzz(
    targets: Iterable[Target], minutes: float, start: int, *, keep_seeds: bool = True
) -> dict[str, Worst]:
    """Run rounds of all targets until the time is over; {name: worst}. A parser that raises is noted, too."""
    targets = list(targets)
    until = time.monotonic() + minutes * 60
    number = start
    worst = {target.name: Worst() for target in targets}
    while time.monotonic() < until:
        for target in targets:
            number += 1
            worst[target.name] = _in_a_process_of_its_own(
                target, worst[target.name], number, until, keep_seeds
            )
    return worst


def _in_a_process_of_its_own(
    target: Target, worst: Worst, number: int, until: float, keep_seeds: bool
) -> Worst:
    """One round of a target. What Hypothesis remembers of the inputs (gigabytes an hour) ends with it."""

    def run_round(sender: Connection) -> None:
        _some(target, worst, number, until, keep_seeds)
        sender.send(worst)

    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=run_round, args=(sender,))
    process.start()
    sender.close()
    try:
        return receiver.recv()
    except EOFError:
        return replace(worst, failure=worst.failure or f"the process ended in round {number}")
    finally:
        process.join()


def _some(target: Target, worst: Worst, turn: int, until: float, keep_seeds: bool) -> None:
    @seed(turn)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(target.inputs)
    def look(text: str) -> None:
        if time.monotonic() > until:
            return
        worst.inputs += 1
        try:
            seconds = measure(target, text)
        except Exception as error:  # a parser refuses in a way its callers know; anything else is a fault
            worst.failure = worst.failure or f"{type(error).__name__} for {shown(text)}"
            seconds = target.budget_seconds * STOP_FACTOR
        if seconds > worst.seconds:
            worst.seconds, worst.text = seconds, text
        if keep_seeds and seconds > target.budget_seconds:
            keep(target.name, text)

    look()


def shown(text: str) -> str:
    """The beginning of a text, and its length."""
    return f"{text[:SHOWN]!r}{'…' if len(text) > SHOWN else ''} ({len(text):,} characters)"


def seeds() -> list[tuple[str, str]]:
    """(name of the target, text) of inputs that were worst once."""
    return [
        (name, zlib.decompress(base64.b64decode(packed)).decode("utf-8", "surrogatepass"))
        for name, packed in (json.loads(SEEDS.read_text()) if SEEDS.exists() else [])
    ]


def keep(name: str, text: str) -> None:
    """Add an input to the seeds, which tests run from now on."""
    packed = base64.b64encode(zlib.compress(text.encode("utf-8", "surrogatepass"), 9)).decode()
    known = json.loads(SEEDS.read_text()) if SEEDS.exists() else []
    if [name, packed] not in known and len(packed) <= MAX_SEED_BYTES:
        SEEDS.write_text(json.dumps([*known, [name, packed]], indent=0) + "\n")


def table(targets: Iterable[Target], worst: dict[str, Worst]) -> str:
    """What was found, as rows for docs/bounds.md."""
    lines = [
        "| parser | limit, characters | inputs | worst, seconds | budget, seconds | worst input |",
        "|---|---|---|---|---|---|",
    ]
    for target in targets:
        found = worst[target.name]
        text = shown(found.text).replace("|", "\\|")
        note = f" FAILED: {found.failure}" if found.failure else ""
        cells = (
            target.name,
            f"{target.max_characters:,}",
            f"{found.inputs:,}",
            f"{found.seconds:.2f}",
            f"{target.budget_seconds:g}",
            f"{text}{note}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
