"""Torques follow commanded velocities with the lag they say, and keep the limits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from elcd_policy_sim import load_robot
from elcd_policy_sim.arm.arm_model import ArmModel
from elcd_policy_sim.arm.engines import open_model
from elcd_policy_sim.arm.servo import COMMAND_LAG, VelocityServo

ROBOT = load_robot("panda")
STEP = 0.001


@pytest.fixture(scope="module")
def model(engine: str) -> Iterator[ArmModel]:
    with closing(open_model(engine, ROBOT, STEP)) as model:
        model.place(ROBOT.home)
        yield model


def test_an_arm_at_rest_is_carried(model: ArmModel) -> None:
    servo = VelocityServo(ROBOT, model, STEP)
    servo.aim(np.zeros(7))
    weight = model.compute_torques(np.zeros(7))
    assert np.abs(weight).max() > 5
    assert np.array_equal(servo.compute_torques(np.zeros(7)), weight)


def test_a_command_is_approached_with_its_lag(model: ArmModel) -> None:
    servo = VelocityServo(ROBOT, model, STEP)
    wanted = np.full(7, 0.1)
    steps = round(COMMAND_LAG / STEP)
    for step in range(steps):
        if step % servo.update_every == 0:
            servo.aim(wanted)
        torques = servo.compute_torques(np.zeros(7))
    # With the joints held, all that changes in one update is D times the reference.
    reached = wanted * (1 - np.exp(-1))
    servo.aim(reached)
    assert np.allclose(
        servo.compute_torques(np.zeros(7)),
        model.compute_torques(np.zeros(7)) + ROBOT.damping * reached,
    )
    assert (np.abs(torques) < ROBOT.torque_limits).all()


@given(
    wanted=arrays(float, 7, elements=st.floats(-20, 20)),
    moving=arrays(float, 7, elements=st.floats(-20, 20)),
)
@settings(deadline=None, max_examples=50)
def test_no_torque_exceeds_its_limit(
    model: ArmModel, wanted: np.ndarray, moving: np.ndarray
) -> None:
    servo = VelocityServo(ROBOT, model, STEP)
    servo.aim(wanted)
    for _ in range(3):
        assert (np.abs(servo.compute_torques(moving)) <= ROBOT.torque_limits).all()
