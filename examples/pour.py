"""A Panda pours, position and orientation by one field, and is pushed while it does.

elcd train data/pour -o pour.pt
python examples/pour.py pour.pt pour.png
"""

from __future__ import annotations

import sys

import matplotlib.pyplot as plt
import numpy as np
from scipy.spatial.transform import Rotation

from elcd_policy.plotting.style import EXECUTED, INK, PUSH, ROLLOUT, label_axes, save_figure
from elcd_policy.robot.orientation import rotation_vector
from elcd_policy_sim import (
    EpisodeLog,
    EpisodeSettings,
    PolicyMotion,
    Push,
    Runner,
    Scene,
    load_robot,
)

PUSHES = (
    Push(1.0, (40.0, 0.0, 0.0), 0.2),
    Push(2.2, (0.0, -40.0, 20.0), 0.2),
    Push(3.4, (20.0, 30.0, 0.0), 0.2),
)


def tilt(log: EpisodeLog) -> np.ndarray:
    """Angle [K] in deg between the hand's axis and straight down: that of the cup."""
    return np.degrees(np.arccos(-Rotation.from_quat(log.quaternion).apply([0, 0, 1])[:, 2]))


def draw(calm: EpisodeLog, pushed: EpisodeLog, path: str) -> None:
    """Positions and tilt over time, of both runs."""
    figure, (above, below) = plt.subplots(2, 1, figsize=(7, 5.2), sharex=True, layout="constrained")
    for log, look, name in ((calm, ROLLOUT, "undisturbed"), (pushed, EXECUTED, "pushed")):
        for axis in range(3):
            above.plot(log.time, log.position[:, axis], **look)
        below.plot(log.time, tilt(log), label=name, **look)
    for panel in (above, below):
        for number, push in enumerate(PUSHES):
            label = "push" if panel is below and not number else None
            panel.axvspan(*push.interval, color=PUSH, alpha=0.35, lw=0, label=label)
    for axis, name in enumerate("xyz"):
        at = (calm.time[-1], calm.position[-1, axis])
        above.annotate(name, at, (4, 0), textcoords="offset points", va="center", color=INK)
    label_axes(above, "", "position of the TCP [m]")
    label_axes(below, "time [s]", "tilt of the cup [deg]")
    below.legend(frameon=False, fontsize=9, labelcolor=INK, loc="lower right")
    save_figure(figure, path)


def main(policy: str, picture: str) -> None:
    """Run the pour twice from the first demonstration's start, print how it went, draw it."""
    motion, robot = PolicyMotion(policy), load_robot("panda")
    scene = Scene.of(motion.policy, robot)
    runner, logs = Runner(scene, motion), []
    goal = scene.placement.to_robot(motion.policy.get_goal()[:3])
    for pushes in ((), PUSHES):
        log = runner.run(EpisodeSettings(pushes), 0).log
        off = 1e3 * np.linalg.norm(log.position[-1] - goal)
        turned = rotation_vector(scene.orientation, log.quaternion[-1])
        angle = np.degrees(np.linalg.norm(turned))
        print(f"{len(pushes)} pushes: ends {off:.2f} mm and {angle:.3f} deg off")
        logs.append(log)
    calm, pushed = logs
    aside = 1e3 * np.linalg.norm(pushed.position - calm.position, axis=1).max()
    pairs = zip(pushed.quaternion, calm.quaternion, strict=True)
    angle = np.degrees(max(np.linalg.norm(rotation_vector(*pair)) for pair in pairs))
    print(f"pushed aside by at most {aside:.0f} mm and {angle:.1f} deg")
    draw(calm, pushed, picture)


if __name__ == "__main__":
    main(*sys.argv[1:])
