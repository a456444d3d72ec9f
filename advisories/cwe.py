"""Names of weaknesses as the CWE catalogue has them: CSAF section 6.1.11 wants them to the letter."""

import json
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path


@lru_cache(maxsize=1)
def _catalogue() -> dict[str, str]:
    """{"79": name}, from the data of the package `csaf`, whose code stays unimported (decision 0200)."""
    folder = Path(find_spec("csaf").origin).parent
    weaknesses = json.loads((folder / "csaf/v21/cwe/catalog.json").read_bytes())["weaknesses"]
    names = {number: [name for _, name in entry["history"] if name] for number, entry in weaknesses.items()}
    return {number: history[-1] for number, history in names.items() if history}


def name_of(weakness: str) -> str:
    """The latest name of CWE-79 and the like; empty for what the catalogue has never had."""
    return _catalogue().get(weakness.removeprefix("CWE-"), "")
