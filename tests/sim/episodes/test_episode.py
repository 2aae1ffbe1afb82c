"""An episode runs a controller at its rate, disturbs it to the step, and keeps a true record."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from elcd_policy.errors import ParameterError
from elcd_policy_sim import Arm, Disturbance, Push, load_robot, run_episode
from elcd_policy_sim.disturbances import (
    ForceNoise,
    Hold,
    MovedGoal,
    Payload,
    SensorDelay,
    SensorNoise,
    SlowDown,
    Wind,
)
from elcd_policy_sim.episodes.log import COLUMNS

CENTRE = np.array([0.5, 0.0, 0.35])


@pytest.fixture(scope="module")
def arm(engine: str) -> Iterator[Arm]:
    with Arm(load_robot("panda"), engine=engine) as arm:
        yield arm


class Towards:
    """Drives the TCP to a point at a rate of 2 / s; remembers what it was told."""

    def __init__(self, gain: float = 2.0) -> None:
        self.gain, self.goal = gain, CENTRE
        self.seen: list[tuple[float, np.ndarray, np.ndarray]] = []

    def begin(self, position: np.ndarray, quaternion: np.ndarray) -> None:
        self.seen.clear()

    def twist(self, time: float, position: np.ndarray, quaternion: np.ndarray) -> np.ndarray:
        self.seen.append((time, position, quaternion))
        return np.append(self.gain * (self.goal - position), np.zeros(3))

    def shift_goal(self, offset: np.ndarray) -> None:
        self.goal = CENTRE + offset


def test_a_push_is_seen_and_recovered_from(arm: Arm) -> None:
    arm.move_to(np.add(CENTRE, [0, 0.1, 0]))
    log = run_episode(arm, Towards(), 4.0, disturbances=[Push(1.5, (0, 0, 30), 0.2)])
    distance = np.linalg.norm(log.position - CENTRE, axis=1)
    assert distance[0] == pytest.approx(0.1, abs=1e-4)
    assert distance[149] < 0.01
    assert 0.03 < distance[150:].max() < 0.08
    assert distance[-1] < 0.002


def test_a_row_holds_the_state_and_what_was_commanded_then(arm: Arm) -> None:
    arm.move_to(np.add(CENTRE, [0, 0.1, 0]))
    log = run_episode(arm, Towards(), 0.5, 100, [Push(0.2, (5, 0, 0), 0.1)])
    assert len(log) == 51
    assert np.allclose(log.time, np.arange(51) / 100)
    assert np.allclose(log.command[:, :3], 2.0 * (CENTRE - log.position))
    assert np.allclose(np.linalg.norm(log.quaternion, axis=1), 1)
    pushed = (log.time > 0.195) & (log.time < 0.295)
    assert np.array_equal(log.force, np.where(pushed[:, None], [5.0, 0, 0], 0))
    assert log.joint_positions.shape == log.joint_torques.shape == (51, 7)


@pytest.mark.parametrize("rate", [30, 250])
def test_pushes_do_not_depend_on_the_control_rate(arm: Arm, rate: float) -> None:
    """0.2 s of force is 0.2 s, also between ticks."""

    ends = []
    for used in (100, rate):
        arm.move_to(CENTRE)
        log = run_episode(arm, Towards(0.0), 1.0, used, [Push(0.105, (0, 20, 0), 0.203)])
        assert log.time[-1] == pytest.approx(1.0)
        assert arm.time == pytest.approx(1.0)
        ends.append(arm.pose()[0])
    assert np.linalg.norm(ends[0] - CENTRE) > 0.02
    assert np.linalg.norm(ends[1] - ends[0]) < 2e-4


def test_two_runs_are_the_same_bit_for_bit(arm: Arm) -> None:
    logs = []
    for _ in range(2):
        arm.move_to(np.add(CENTRE, [0, 0.05, 0.05]))
        logs.append(run_episode(arm, Towards(), 1.0, disturbances=[Push(0.3, (9, 9, 9), 0.2)]))
    for column in COLUMNS:
        assert np.array_equal(getattr(logs[0], column), getattr(logs[1], column)), column


@pytest.mark.parametrize("delay", [0.03, 0.0415])
def test_delayed_poses_are_those_of_then(arm: Arm, delay: float) -> None:
    """To the physics step, and between ticks too."""
    controller, prompt = Towards(0.0), Towards(0.0)
    pushes = [Push(0.0, (0, 20, 0), 1.0)]
    arm.move_to(CENTRE)
    run_episode(arm, controller, 0.3, 100, [*pushes, SensorDelay(delay)])
    arm.move_to(CENTRE)
    run_episode(arm, prompt, 0.3, 1000, pushes)
    for time, position, _ in controller.seen:
        then = round(1000 * max(0.0, time - round(delay, 3)))
        assert np.allclose(position, prompt.seen[then][1], atol=2e-6)


def test_commands_arrive_late(arm: Arm) -> None:
    logs = []
    for latency in (0.0, 0.05):
        arm.move_to(np.add(CENTRE, [0, 0.1, 0]))
        logs.append(run_episode(arm, Towards(), 0.3, 100, latency=latency))
    assert not logs[1].command[:5].any()
    assert np.allclose(logs[1].position[:5], logs[1].position[0], atol=1e-6)
    expected = 2.0 * (CENTRE - logs[1].position[:-5])
    assert np.allclose(logs[1].command[5:, :3], expected)


def disturbed(arm: Arm, *disturbances: Disturbance, duration: float = 1.5) -> np.ndarray:
    """Offsets [K, 3] in m from a point that a controller keeps."""
    arm.move_to(CENTRE)
    return run_episode(arm, Towards(), duration, disturbances=disturbances).position - CENTRE


def test_wind_pushes_it_off_for_good(arm: Arm) -> None:
    offset = disturbed(arm, Wind((0, 5, 0)), duration=3.0)
    assert 0.01 < offset[-1, 1] < 0.05
    assert np.linalg.norm(offset[-1] - offset[-20]) < 1e-3


def test_random_forces_have_their_deviation_and_no_rate_changes_them(arm: Arm) -> None:
    noise = ForceNoise(8.0, seed=3)
    times = np.arange(0.01, 40, 0.02)
    forces = np.array([noise.force_at(time) for time in times])
    assert forces.std() == pytest.approx(8.0, rel=0.05)
    assert abs(forces.mean()) < 0.5
    assert np.array_equal(noise.force_at(1.001), noise.force_at(1.019))
    arm.move_to(CENTRE)
    log = run_episode(arm, Towards(), 0.3, 250, [noise])
    middles = log.time[:-1] + 0.0005
    assert np.array_equal(log.force[:-1], [noise.force_at(time) for time in middles])


def test_sensor_noise_has_its_deviations(arm: Arm) -> None:
    controller = Towards(0.0)
    arm.move_to(CENTRE)
    orientation = arm.pose()[1]
    run_episode(arm, controller, 2.0, 250, [SensorNoise(0.002, 0.01, seed=1)])
    positions = np.array([position for _, position, _ in controller.seen])
    assert (positions - CENTRE).std() == pytest.approx(0.002, rel=0.1)
    cosines = np.abs([quaternion @ orientation for _, _, quaternion in controller.seen])
    angles = 2 * np.arccos(np.minimum(cosines, 1.0))
    assert np.sqrt(np.mean(angles**2)) == pytest.approx(0.01 * np.sqrt(3), rel=0.1)


def test_the_goal_moves_when_it_should(arm: Arm) -> None:
    offset = disturbed(arm, MovedGoal((0, 0.05, 0), 0.5), duration=4.0)
    assert np.abs(offset[:50]).max() < 1e-5
    assert np.linalg.norm(offset[-1] - [0, 0.05, 0]) < 1e-3


def test_a_held_arm_stays_and_moves_on(arm: Arm) -> None:
    arm.move_to(np.add(CENTRE, [0, 0.1, 0]))
    log = run_episode(arm, Towards(), 3.0, disturbances=[Hold(0.3, 1.0)])
    held = (log.time > 0.35) & (log.time < 1.29)
    assert np.ptp(log.position[held], axis=0).max() < 1e-4
    assert np.linalg.norm(log.position[30] - log.position[0]) > 0.03
    assert np.linalg.norm(log.position[-1] - CENTRE) < 0.005


def test_a_payload_weighs_what_it_weighs(arm: Arm) -> None:
    """Twice the mass, twice the sag; a reset takes it off."""
    sags = [disturbed(arm, Payload(mass), duration=2.0)[-1, 2] for mass in (0.2, 0.4)]
    assert -0.03 < sags[0] < -0.005
    assert sags[1] == pytest.approx(2 * sags[0], rel=0.1)
    assert np.abs(disturbed(arm, duration=0.5)).max() < 1e-5
    wind = disturbed(arm, Wind((0, 0, -0.2 * 9.81)), duration=2.0)
    assert wind[-1, 2] == pytest.approx(sags[0], rel=0.05)


def test_a_slowed_arm_gets_less_far(arm: Arm) -> None:
    ends = []
    for disturbances in ([], [SlowDown(0.25, 0.0, 1.0)]):
        arm.move_to(np.add(CENTRE, [0, 0.1, 0]))
        log = run_episode(arm, Towards(), 1.0, disturbances=disturbances)
        ends.append(log.position[-1, 1] - CENTRE[1])
    assert ends[0] == pytest.approx(0.1 * np.exp(-2), rel=0.1)
    assert ends[1] == pytest.approx(0.1 * np.exp(-0.5), rel=0.05)


def test_disturbances_add_up(arm: Arm) -> None:
    both = disturbed(arm, Wind((0, 4, 0)), Push(0.2, (0, 0, 20), 0.2))
    one, other = disturbed(arm, Wind((0, 4, 0))), disturbed(arm, Push(0.2, (0, 0, 20), 0.2))
    assert np.allclose(both, one + other, atol=3e-3)


@pytest.mark.parametrize(
    ("duration", "rate", "latency"),
    [(0, 100, 0), (1, 0, 0), (1, 5000, 0), (np.nan, 100, 0), (1, 100, -0.1), (1, 100, np.inf)],
)
def test_durations_rates_and_latencies_out_of_range_are_refused(
    arm: Arm, duration: float, rate: float, latency: float
) -> None:
    with pytest.raises(ParameterError, match="duration, rate or latency"):
        run_episode(arm, Towards(), duration, rate, latency=latency)
