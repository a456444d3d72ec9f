"""Meaning of texts: the mean of static word vectors, one small vector for each document.

The vectors are those of the package wordllama, of which only two files are read: the weights of 32,000 word
pieces and the list of these pieces. Without the package, search ranks by words alone
(docs/decisions/0650-similar-questions.md).
"""

import json
import logging
import os
import re
import weakref
from collections import Counter
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
ROW_BYTES = 2 * DIMENSIONS  # of the weights of a piece
VECTOR_BYTES = DIMENSIONS  # one signed byte each
MAX_HEADER_BYTES = 10_000
MAX_TITLE_WORDS = 60
MAX_BODY_WORDS = 200
QUANTUM = 1 / 254  # value of the lowest bit; single values above 0.5 are clipped, and hardly occur
SPACE_SIGN = "▁"  # of the file; a space takes less memory
_WORD = re.compile(r"[^\W_]{1,32}")  # longer ones are cut: the cost of a word grows with the square


class WordVectors:
    """The vectors of all word pieces, read by position from the open file: only the pieces are in memory."""

    def __init__(self, folder: Path) -> None:
        """Open the files of the package; raises OSError, ValueError or KeyError."""
        self._file = (folder / WEIGHTS_FILE).open("rb")
        weakref.finalize(self, self._file.close)
        header_size = int.from_bytes(self._file.read(8), "little")
        if header_size > MAX_HEADER_BYTES:
            raise ValueError(f"{WEIGHTS_FILE} has an unexpected header")
        entry = json.loads(self._file.read(header_size))["embedding.weight"]
        size, dimensions = entry["shape"]
        if entry["dtype"] != "F16" or dimensions != DIMENSIONS:
            raise ValueError(f"{WEIGHTS_FILE} has weights of an unexpected type or size")
        self._start = 8 + header_size + entry["data_offsets"][0]
        if self._start + size * ROW_BYTES > os.fstat(self._file.fileno()).st_size:
            raise ValueError(f"{WEIGHTS_FILE} is truncated")
        text = (folder / PIECES_FILE).read_bytes()
        start = text.index(b"{", text.index(b'"vocab"'))  # the rest of the file would take twice the memory
        vocabulary = text[start : text.find(b'"merges"')].replace(SPACE_SIGN.encode(), b" ").decode()
        self._pieces: dict[str, int] = json.JSONDecoder().raw_decode(vocabulary)[0]
        if " " not in self._pieces or max(self._pieces.values()) >= size:
            raise ValueError(f"{PIECES_FILE} does not belong to the vectors")
        self._numbers = lru_cache(maxsize=8_000)(self._split)

    def mean(self, words: Iterable[str]) -> np.ndarray:
        """The mean direction of words, of length 1; zeros for no words."""
        counts = Counter(number for word in words for number in self._numbers(word))
        rows = b"".join(
            os.pread(self._file.fileno(), ROW_BYTES, self._start + ROW_BYTES * number) for number in counts
        )
        weights = np.frombuffer(rows, "<f2").reshape(-1, DIMENSIONS).astype(np.float32)
        return _normalized(np.fromiter(counts.values(), np.float32, len(counts)) @ weights)

    def _split(self, word: str) -> tuple[int, ...]:
        """Numbers of the pieces of a word: byte pair encoding, the piece with the lowest number joined first.

        Characters without a piece are given as the bytes of their UTF-8 form.
        """
        none = len(self._pieces)
        parts = [" ", *word]
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
