"""From positions over time to the name of the motion they make: rest, motion, when it is named."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .skill_file import LoadedSkills, SkillStream

Array = NDArray[np.float64]

#: Before it was ever at rest, what goes on is the rest of something: it is no motion to name.
UNKNOWN, WAITING, MOVING, NAMED = "unknown", "waiting", "moving", "named"

#: Settings of `Recognition`, in m and s.
NAMING = {"start_distance": 0.01, "rest_time": 0.7, "confidence": 0.9, "agreement": 0.3}


class Values(Protocol):
    """Numbers by name."""

    def __getitem__(self, name: str) -> Any: ...


@dataclass(frozen=True)
class Guess:
    """The most likely name of a motion, and the others.

    Parameters
    ----------
    skill, confidence : the most probable name and its probability.
    second, second_confidence : the one after it.
    """

    skill: str
    confidence: float
    second: str
    second_confidence: float


class Recognition:
    """Follows one position over time; a motion is what lies between two rests.

    Parameters
    ----------
    skills : names the motion.
    settings : ``start_distance``, in the positions' unit, within which the arm is at rest, and
        beyond which it moves; ``rest_time`` in s that ends a motion; ``confidence`` that a skill
        has to keep for the time ``agreement`` in s to be named. Read anew each time.
    """

    def __init__(self, skills: LoadedSkills, settings: Values = NAMING) -> None:
        self._skills, self._p = skills, settings
        self.restart()

    def restart(self) -> None:
        """Forget everything: the next motion is that after the next rest."""
        self.phase = UNKNOWN
        self.guess: Guess | None = None
        self.duration = 0.0
        """s, of the motion so far."""
        self._stream: SkillStream | None = None
        self._recent: deque[tuple[float, Array]] = deque()
        self._sure = 0.0

    def add(self, time: float, position: Array) -> str:
        """Take a position [d] at a time in s; the name of the motion when it becomes known.

        A time that is not later than the last one is passed over, unless the clock was set back
        by more than a rest takes: that is a new beginning.
        """
        if self._recent and time <= self._recent[-1][0]:
            if time > self._recent[-1][0] - self._p["rest_time"]:
                return ""
            self.restart()
        self._recent.append((time, position))
        resting = self._at_rest(time, position)
        if self.phase == UNKNOWN:
            if resting:
                self.phase = WAITING
            return ""
        if self.phase == WAITING:
            if np.linalg.norm(position - self._recent[0][1]) > self._p["start_distance"]:
                return self._begin()
            if resting:
                self._recent.popleft()
            return ""
        if resting:
            self.restart()
            self.phase = WAITING
            self._recent.append((time, position))
            return ""
        return self._look(self._recent[-2], self._recent[-1])

    def _at_rest(self, time: float, position: Array) -> bool:
        """Return whether all positions of the last ``rest_time`` are near; drop older ones."""
        since = time - self._p["rest_time"]
        if self._recent[0][0] > since:
            return False
        while len(self._recent) > 1 and self._recent[1][0] <= since:
            self._recent.popleft()
        gaps = [np.linalg.norm(position - place) for _, place in self._recent]
        return max(gaps) <= self._p["start_distance"]

    def _begin(self) -> str:
        """Begin the motion where it was last at rest."""
        self.phase = MOVING
        samples = list(self._recent)
        self._stream = self._skills.stream(samples[0][1])
        found = ""
        for before, after in pairwise(samples):
            found = self._look(before, after) or found
        return found

    def _look(self, before: tuple[float, Array], after: tuple[float, Array]) -> str:
        assert self._stream is not None
        dt, p = after[0] - before[0], self._p
        self.duration += dt
        chances = self._stream.add(after[1], dt)
        labels, order = self._skills.metadata.labels, np.argsort(-chances)
        best, second = int(order[0]), int(order[1])
        same = self.guess is not None and self.guess.skill == labels[best]
        sure = chances[best] >= p["confidence"]
        self._sure = (self._sure + dt if same else 0.0) if sure else 0.0
        if self.phase == NAMED:
            return ""
        self.guess = Guess(
            labels[best], float(chances[best]), labels[second], float(chances[second])
        )
        if not sure or self._sure < p["agreement"]:
            return ""
        self.phase = NAMED
        return labels[best]
