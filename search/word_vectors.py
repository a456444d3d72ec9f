"""Meaning of texts: the mean of static word vectors, one small vector for each document.

The vectors are those of the package wordllama, of which only two files are read: the weights of 32,000 word
pieces and the list of these pieces. Without the package, search ranks by words alone
(docs/decisions/0650-similar-questions.md).
"""

import json
import logging
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.util import find_spec
from itertools import islice, pairwise
from pathlib import Path

import numpy as np

from search.fields import Document
from search.weights import BODY_WEIGHT

log = logging.getLogger(__name__)
PACKAGE = "wordllama"
WEIGHTS_FILE = Path("weights") / "l2_supercat_256.safetensors"
PIECES_FILE = Path("tokenizers") / "l2_supercat_tokenizer_config.json"
DIMENSIONS = 256
VECTOR_BYTES = DIMENSIONS  # one signed byte each
MAX_HEADER_BYTES = 10_000
MAX_TITLE_WORDS = 60
MAX_BODY_WORDS = 200
QUANTUM = 1 / 254  # value of the lowest bit; single values above 0.5 are clipped, and hardly occur
WORD_START = "▁"
_WORD = re.compile(r"[^\W_]{1,32}")  # longer ones are cut: the cost of a word grows with the square


class WordVectors:
    """The vectors of all word pieces, mapped from the file: processes share the memory."""

    def __init__(self, folder: Path) -> None:
        """Open the files of the package; raises OSError, ValueError or KeyError."""
        path = folder / WEIGHTS_FILE
        with path.open("rb") as file:
            header_size = int.from_bytes(file.read(8), "little")
            if header_size > MAX_HEADER_BYTES:
                raise ValueError(f"{path} has an unexpected header")
            entry = json.loads(file.read(header_size))["embedding.weight"]
        if entry["dtype"] != "F16" or entry["shape"][1] != DIMENSIONS:
            raise ValueError(f"{path} has weights of an unexpected type or size")
        self._weights = np.memmap(
            path, "<f2", "r", offset=8 + header_size + entry["data_offsets"][0], shape=tuple(entry["shape"])
        )
        text = (folder / PIECES_FILE).read_text("utf-8")
        start = text.index("{", text.index('"vocab"'))  # the rest of the file is not needed
        pieces: dict[str, int] = json.JSONDecoder().raw_decode(text, start)[0]
        if max(pieces.values()) >= len(self._weights):
            raise ValueError(f"{folder} has more word pieces than vectors")
        self._pieces = pieces
        self._numbers = lru_cache(maxsize=20_000)(self._split)

    def mean(self, words: Iterable[str]) -> np.ndarray:
        """The mean direction of words, of length 1; zeros for no words."""
        numbers = [number for word in words for number in self._numbers(word)]
        return _normalized(self._weights[numbers].sum(axis=0, dtype=np.float32))

    def _split(self, word: str) -> tuple[int, ...]:
        """Numbers of the pieces of a word: byte pair encoding, the piece with the lowest number joined first.

        Characters without a piece are given as the bytes of their UTF-8 form.
        """
        none = len(self._pieces)
        parts = [WORD_START, *word]
        joined = [self._pieces.get(first + second, none) for first, second in pairwise(parts)]
        while joined and (best := min(joined)) < none:
            at = joined.index(best)
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
            del joined[at]
            for left in (at - 1, at):
                if 0 <= left < len(joined):
                    joined[left] = self._pieces.get(parts[left] + parts[left + 1], none)
        numbers: list[int] = []
        for part in parts:
            if part in self._pieces:
                numbers.append(self._pieces[part])
            else:
                numbers += [self._pieces[f"<0x{byte:02X}>"] for byte in part.encode()]
        return tuple(numbers)


@lru_cache(maxsize=1)
def installed() -> WordVectors | None:
    """The vectors of the installed package; None without it, or when it is not as expected."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    try:
        return WordVectors(Path(spec.submodule_search_locations[0]))
    except (OSError, ValueError, KeyError) as error:
        log.warning("word vectors are not used: %r", error)
        return None


def are_available() -> bool:
    """Whether texts have vectors here."""
    return installed() is not None


def text_vector(title: str, body: str = "") -> np.ndarray | None:
    """The direction of a title and of the beginning of a text, weighted; None when there is none."""
    vectors = installed()
    if vectors is None:
        return None
    sums = vectors.mean(_words(title, MAX_TITLE_WORDS))
    sums = sums + BODY_WEIGHT * vectors.mean(_words(body, MAX_BODY_WORDS))
    return _normalized(sums) if sums.any() else None


def document_vector(document: Document) -> bytes:
    """What the index stores of a document: DIMENSIONS signed bytes; empty when there is no vector."""
    vector = text_vector(document.title or document.context, document.body)
    if vector is None:
        return b""
    return (vector / QUANTUM).round().clip(-127, 127).astype(np.int8).tobytes()


def similarities(vector: np.ndarray, stored: Sequence[bytes]) -> np.ndarray:
    """Cosine of a vector and each of some stored ones; NaN where none is stored."""
    found = np.full(len(stored), np.nan, np.float32)
    places = [place for place, each in enumerate(stored) if len(each) == VECTOR_BYTES]
    values = np.frombuffer(b"".join(stored[place] for place in places), np.int8).reshape(-1, DIMENSIONS)
    found[places] = values.astype(np.float32) @ vector * QUANTUM
    return found


def _words(text: str, limit: int) -> Iterable[str]:
    return (match[0] for match in islice(_WORD.finditer(text.lower()), limit))


def _normalized(vector: np.ndarray) -> np.ndarray:
    length = float(np.linalg.norm(vector))
    return vector / length if length else vector
