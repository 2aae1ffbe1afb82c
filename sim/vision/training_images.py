"""Pictures to learn from, and to be measured on: scenes drawn at random, arms in their way."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from tqdm import tqdm

from elcd_policy.errors import ParameterError
from elcd_policy.perception.camera import Camera
from elcd_policy.utils.numbers import check_seed

from ..arm.arm_model import compute_forward
from ..arm.engines import AUTO, choose_engine, open_model
from ..arm.inverse_kinematics import solve_pose
from ..robot import Robot
from .table_camera import CAMERA, TableCamera
from .table_scene import sample_scene

Vector = NDArray[np.float64]

HAND_LOWER, HAND_UPPER = (0.32, -0.36, 0.10), (0.70, 0.36, 0.65)  # m, for the TCP
OVER_THE_BOX = 0.3  # share of pictures with the hand just above the box
YAW = 0.4  # rad, of the hand, at most


def render_training_images(
    robot: Robot,
    count: int,
    seed: int,
    absent: float = 0.1,
    camera: Camera = CAMERA,
    progress: bool = True,
    engine: str = AUTO,
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Render scenes drawn at random, with the arm in a random pose.

    Parameters
    ----------
    robot : the arm.
    count : N.
    seed : the same one gives the same pictures.
    absent : probability that there is no box.
    camera : where from.
    progress : show a bar on stderr when it takes longer than two seconds.
    engine : that renders, see `elcd_policy_sim.arm.choose_engine`.

    Returns
    -------
    Images [N, H, W, 3], and the box's positions [N, 3] in m, NaN where it is not to be seen.
    """
    random = np.random.default_rng(check_seed(seed))
    images, places = [], []
    engine = choose_engine(engine)
    with (
        TableCamera(robot, camera, engine) as view,
        closing(open_model(engine, robot, 0.001)) as model,
        tqdm(total=count, desc="pictures", delay=2, disable=not progress, file=sys.stderr) as bar,
    ):
        forward = partial(compute_forward, model)
        down = forward(robot.home)[1]
        for _ in range(count):
            scene = sample_scene(random, absent)
            hand = random.uniform(HAND_LOWER, HAND_UPPER)
            if scene.box is not None and random.uniform() < OVER_THE_BOX:
                near = np.array(scene.box.place) + random.normal(scale=0.015, size=2)
                hand = np.array([*near, random.uniform(HAND_LOWER[2], 0.25)])
            turn = Rotation.from_rotvec([0, 0, random.uniform(-YAW, YAW)])
            quaternion = (turn * Rotation.from_quat(down)).as_quat()
            view.show(scene)
            picture, place = view.render_with_truth(_joints(robot, forward, hand, quaternion))
            images.append(picture)
            places.append(place)
            bar.update()
    return np.stack(images), np.stack(places).astype(np.float32)


def _joints(
    robot: Robot,
    forward: Callable[[Vector], tuple[Vector, Vector, Vector]],
    position: Vector,
    quaternion: Vector,
) -> Vector:
    """Solve for joints that bring the hand there; home if that is out of reach."""
    try:
        return solve_pose(robot, forward, position, quaternion, robot.home)
    except ParameterError:
        return robot.home
