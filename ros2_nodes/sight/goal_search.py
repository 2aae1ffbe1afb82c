"""From images to a goal: what is uncertain, far out, or seen only once makes none."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elcd_policy.perception import Detection, LoadedDetector

from ..following.policy_setup import Values

Array = NDArray[np.float64]

LOOKS = 5  # detections that agree, at most, whose mean is the goal
ENOUGH = 2  # of them that a goal needs
MARGIN = 0.02  # m around the part of the table that the detector has learned


class GoalSearch:
    """Remembers where the object was seen last.

    Parameters
    ----------
    detector : finds it in an image.
    p : the node's parameters.
    """

    def __init__(self, detector: LoadedDetector, p: Values) -> None:
        self.detector, self._p = detector, p
        self._looks: deque[Array] = deque(maxlen=LOOKS)
        self.detection: Detection | None = None
        """Of the newest image, trusted or not."""

    def restart(self) -> None:
        """Forget what was seen."""
        self._looks.clear()
        self.detection = None

    def look(self, picture: Any) -> str:
        """Look at an image [H, W, 3]; why it gives no goal, or empty."""
        self.detection = found = self.detector.locate(picture)
        least = self._p["confidence"]
        if not found.confidence >= least:
            self._looks.clear()
            return f"nothing to see: confidence {found.confidence:.2f}, the least is {least:g}"
        if not self.detector.knows(found.position, MARGIN):
            self._looks.clear()
            facts = self.detector.metadata
            return (
                f"seen outside the part of the table that was learned: got "
                f"{found.position.round(3).tolist()}, expected {list(facts.lower)} to "
                f"{list(facts.upper)} m"
            )
        apart = np.linalg.norm(found.position - self._looks[-1]) if self._looks else 0.0
        if apart > self._p["agreement"]:
            self._looks.clear()
        self._looks.append(found.position)
        if len(self._looks) < ENOUGH:
            return "seen once: a second look has to agree"
        return ""

    @property
    def goal(self) -> Array | None:
        """[3] in m, above the mean of the looks that agree; None if there are not enough."""
        if len(self._looks) < ENOUGH:
            return None
        above = np.array([0.0, 0.0, self._p["height"]])
        return np.asarray(np.mean(self._looks, axis=0) + above, dtype=np.float64)
