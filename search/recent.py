"""What was found lately: results of the index as it is now, forgotten when it changes."""

from collections.abc import Callable, Hashable
from typing import TypeVar

MOST = 500
Answer = TypeVar("Answer")


class Recent:
    """Answers from one generation of the index, by what was asked."""

    def __init__(self) -> None:
        self._kept: tuple[object, dict] = (None, {})

    def get(self, generation: object, asked: Hashable, find: Callable[[], Answer]) -> Answer:
        """What `find` returns, or has returned for the same question in this generation."""
        kept = self._kept
        if kept[0] != generation:
            kept = self._kept = (generation, {})
        answers = kept[1]  # of this generation, whatever other threads begin meanwhile
        if asked in answers:
            return answers[asked]
        answer = find()
        if len(answers) < MOST:
            answers[asked] = answer
        return answer
