"""`python -m tests.fuzz --minutes 60 [--target NAME …] [--keep-worst]`: exits 1 when a budget was passed."""

import argparse
import sys
import tempfile

from app import create_app
from core.database import schema
from tests.fuzz import run
from tests.fuzz.targets import targets


def main() -> int:
    """Fuzz, print the table, keep what passed its budget; whether all was well."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--minutes", type=float, default=1)
    arguments.add_argument("--seed", type=int, default=0, help="another number draws other inputs")
    arguments.add_argument("--target", action="append", help="only this parser; may be repeated")
    arguments.add_argument("--keep-worst", action="store_true", help="keep each parser's worst as a seed")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="redoubt-fuzz-") as folder:
        app = create_app(
            REDOUBT_INSTANCE=folder, REDOUBT_WORKER="off", REDOUBT_RATE_LIMITS="off", REDOUBT_DATABASE_URL=""
        )
        with app.app_context():
            schema.ensure()
            every = [target for target in targets(app) if not chosen.target or target.name in chosen.target]
            worst = run.fuzz(every, chosen.minutes, chosen.seed * 1_000_000)
    print(run.table(every, worst))
    if chosen.keep_worst:
        for name, found in worst.items():
            run.keep(name, found.text)
    return int(
        any(
            found.failure or found.seconds > target.budget_seconds
            for target in every
            for found in [worst[target.name]]
        )
    )


if __name__ == "__main__":
    sys.exit(main())
