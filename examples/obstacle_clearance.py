"""A Panda writes an S around obstacles while it is pushed: how close does its TCP come?

elcd train lasa:Sshape -o sshape.pt
python examples/obstacle_clearance.py sshape.pt examples/obstacles.yaml around.gif
"""

from __future__ import annotations

import sys

import numpy as np

from elcd_policy.obstacles import load_obstacles
from elcd_policy_sim import (
    AvoidingMotion,
    EpisodeSettings,
    RandomPush,
    Runner,
    Scene,
    clearance,
    load_robot,
    render_video,
)
from elcd_policy_sim.film import make_obstacle_bodies

EPISODES = 20


def main(policy: str, obstacle_file: str, film: str) -> None:
    """Run the episodes, print the clearances in mm, film the closest one."""
    obstacles, margin = load_obstacles(obstacle_file)
    motion, robot = AvoidingMotion(policy, obstacles, margin), load_robot("panda")
    scene = Scene.of(motion.policy, robot)
    place = scene.placement
    print(f"margin {1e3 * margin * place.metres_per_unit:.1f} mm")
    settings = EpisodeSettings((RandomPush(),))
    runner, logs, gaps = Runner(scene, motion), [], []
    for number in range(EPISODES):
        episode = runner.run(settings, number)
        log, result = episode.log, episode.result
        gap = clearance(log.position, obstacles, place)
        logs.append(log)
        gaps.append(1e3 * gap.min())
        pushed = np.linalg.norm(log.force, axis=1) > 0
        print(
            f"{number:3}  clearance {gaps[-1]:6.1f} mm, "
            f"unpushed {1e3 * gap[~pushed].min():6.1f} mm, "
            f"end {result.end_error_mm:5.2f} mm off  {'; '.join(result.disturbances)}"
        )
    print(f"least {min(gaps):.1f} mm, median {np.median(gaps):.1f} mm")
    worst = int(np.argmin(gaps))
    reference = place.to_robot(motion.policy.rollout(scene.starts[0], 2 * scene.duration, 0.02)[1])
    render_video(
        robot,
        logs[worst],
        film,
        path_points=reference,
        bodies=make_obstacle_bodies(obstacles, place),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
