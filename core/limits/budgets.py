"""Limits on the work that one piece of untrusted input may cause.

Steps are counted, so that the same input always has the same result. Processor time is checked every so many
steps, for inputs whose steps take unexpectedly long.
"""

import time

STEPS_PER_CLOCK_CHECK = 1 << 10


class BudgetExceeded(Exception):
    """The work exceeded the budget."""


class Budget:
    """A number of steps and of seconds of this thread's processor time, checked every `clock_every` steps."""

    def __init__(self, steps: int, seconds: float, clock_every: int = STEPS_PER_CLOCK_CHECK) -> None:
        self.steps = steps
        self.left = steps
        self.ends = time.thread_time() + seconds
        self._clock_every = clock_every
        self._next_check = max(steps - clock_every, 0)  # at this many steps left

    @property
    def used(self) -> int:
        """Steps taken so far."""
        return self.steps - self.left

    @property
    def seconds_left(self) -> float:
        """The processor time left."""
        return self.ends - time.thread_time()

    def spend(self, steps: int = 1) -> None:
        """Count steps. Raises BudgetExceeded when no steps or no time are left."""
        self.left -= steps
        if self.left < self._next_check:
            self._next_check = max(self.left - self._clock_every, 0)
            if self.left < 0 or time.thread_time() > self.ends:
                raise BudgetExceeded
