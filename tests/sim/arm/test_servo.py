"""Torques follow commanded velocities with the lag they say, and keep the limits."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

pytest.importorskip("pybullet")

from elcd_policy_sim import load_robot
from elcd_policy_sim.arm.bullet.bullet_model import Body
from elcd_policy_sim.arm.bullet.client import connect
from elcd_policy_sim.arm.servo import COMMAND_LAG, VelocityServo

ROBOT = load_robot("panda")
STEP = 0.001


@pytest.fixture(scope="module")
def body() -> Iterator[Body]:
    client = connect()
    client.setGravity(0, 0, -9.81)
    body = Body(client, ROBOT)
    body.place(ROBOT.home)
    yield body
    client.disconnect()


def test_an_arm_at_rest_is_carried(body: Body) -> None:
    servo = VelocityServo(ROBOT, body, STEP)
    positions = body.states().positions
    servo.aim(np.zeros(7), positions)
    weight = body.torques(positions, np.zeros(7))
    assert np.abs(weight).max() > 5
    assert np.array_equal(servo.torques(np.zeros(7)), weight)


def test_a_command_is_approached_with_its_lag(body: Body) -> None:
    servo = VelocityServo(ROBOT, body, STEP)
    positions, wanted = body.states().positions, np.full(7, 0.1)
    steps = round(COMMAND_LAG / STEP)
    for step in range(steps):
        if step % servo.update_every == 0:
            servo.aim(wanted, positions)
        torques = servo.torques(np.zeros(7))
    # With the joints held, all that changes in one update is D times the reference.
    reached = wanted * (1 - np.exp(-1))
    servo.aim(reached, positions)
    assert np.allclose(
        servo.torques(np.zeros(7)), body.torques(positions, np.zeros(7)) + ROBOT.damping * reached
    )
    assert (np.abs(torques) < ROBOT.torque_limits).all()


@given(
    wanted=arrays(float, 7, elements=st.floats(-20, 20)),
    moving=arrays(float, 7, elements=st.floats(-20, 20)),
)
@settings(deadline=None, max_examples=50)
def test_no_torque_exceeds_its_limit(body: Body, wanted: np.ndarray, moving: np.ndarray) -> None:
    servo = VelocityServo(ROBOT, body, STEP)
    servo.aim(wanted, body.states().positions)
    for _ in range(3):
        assert (np.abs(servo.torques(moving)) <= ROBOT.torque_limits).all()
