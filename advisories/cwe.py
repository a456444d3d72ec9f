"""Names of CWE weaknesses; CSAF section 6.1.11 demands the exact name of the catalogue."""

import json
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path


@lru_cache(maxsize=1)
def _catalogue() -> dict[str, str]:
    """Name by number ("79"), from the data of the package `csaf`, which is not imported (decision 0200).

    Raises ModuleNotFoundError when the package is not installed.
    """
    spec = find_spec("csaf")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("csaf")
    folder = Path(spec.origin).parent
    catalogue = json.loads((folder / "csaf/v21/cwe/catalog.json").read_bytes())["weaknesses"]
    names = {number: [name for _, name in entry["history"] if name] for number, entry in catalogue.items()}
    return {number: history[-1] for number, history in names.items() if history}


def name_of(cwe_id: str) -> str:
    """The latest name of a weakness such as CWE-79; empty if the catalogue never had it."""
    return _catalogue().get(cwe_id.removeprefix("CWE-"), "")
