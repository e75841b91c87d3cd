"""The worker: jobs chunk by chunk, and recurring work step by step, until it is stopped."""

import logging
import os
import time
from typing import Any

from django.db import Error as DatabaseError
from django.db import connections

from .execution import run_chunk
from .recurrences import Recurrences, Renewal

logger = logging.getLogger(__name__)

# Seconds between two looks at an empty queue.
PAUSE = 1.0
# Seconds between two chunks: others wait for the one writer that an embedded database has.
BREATH = 0.05


class Worker:
    """Any number of them may run, on any number of machines.

    `beside`: the process that started this worker; without it, the worker stops.
    """

    def __init__(self, beside: int | None = None):
        self.beside = beside
        self.is_stopped = False
        self.is_cut_off = False
        self.is_announced = False
        self.recurrences = Recurrences()

    def stop(self, *signal: Any) -> None:
        """End after the chunk or step under way. Fit to handle signals."""
        self.is_stopped = True

    def goes_on(self) -> bool:
        left_alone = self.beside is not None and os.getppid() != self.beside
        return not self.is_stopped and not left_alone

    def run(self) -> None:
        """Work until stopped; a database that does not answer is waited for."""
        with Renewal(self.recurrences):
            while self.goes_on():
                time.sleep(BREATH if self.tried() else PAUSE)
        self.leave()

    def drain(self) -> None:
        """Work until nothing is queued or due."""
        with Renewal(self.recurrences):
            while self.goes_on() and self.step():
                pass
        self.leave()

    def tried(self) -> bool:
        """Whether there was something to do; False, too, where the database does not answer."""
        try:
            worked = self.step()
        except DatabaseError as error:
            if not self.is_cut_off:
                logger.warning(
                    "The database does not answer, trying again: %s", first_line_of(error)
                )
            self.is_cut_off = True
            connections.close_all()
            return False
        if self.is_cut_off:
            logger.warning("The database answers again.")
        self.is_cut_off = False
        return worked

    def step(self) -> bool:
        if not self.is_announced:
            self.recurrences.announce()
            self.is_announced = True
        worked = run_chunk()
        return self.recurrences.step() or worked

    def leave(self) -> None:
        try:
            self.recurrences.hand_over()
        except DatabaseError:
            # Its lease runs out by itself.
            connections.close_all()


def first_line_of(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
