"""How much work one piece of untrusted input may cause.

The steps are counted, so that the same input always ends in the same way. The processor time is looked at
now and then, for inputs whose steps turn out dearer than any that were tried.
"""

import time

STEPS_PER_CLOCK_CHECK = 1 << 10  # steps between two looks at the clock


class BudgetExceeded(Exception):
    """The work was more than the budget."""


class Budget:
    """So many steps and so many seconds of this thread's processor time, looked at every so many steps."""

    def __init__(self, steps: int, seconds: float, clock_every: int = STEPS_PER_CLOCK_CHECK):
        self.left, self.steps = steps, steps
        self.ends = time.thread_time() + seconds
        self._clock_every = clock_every
        self._look = max(steps - clock_every, 0)

    @property
    def used(self) -> int:
        """Steps taken so far."""
        return self.steps - self.left

    @property
    def seconds_left(self) -> float:
        """Processor time that is left."""
        return self.ends - time.thread_time()

    def spend(self, steps: int = 1) -> None:
        """Take steps. Raises Spent when there are none left, or no time."""
        self.left -= steps
        if self.left < self._look:
            self._look = max(self.left - self._clock_every, 0)
            if self.left < 0 or time.thread_time() > self.ends:
                raise BudgetExceeded
