"""A task's life: started, preempted, canceled, and every outcome with its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from elcd_policy_ros2.following.follower import FAULT, FOLLOWING, HALTED, REACHED
from elcd_policy_ros2.following.task import ABORTED, CANCELED, IDLE, RUNNING, STUCK, SUCCEEDED, Task

HERE, TOLERANCE, DT = np.array([0.5, 0.0, 0.4]), 0.005, 0.01


def pass_time(
    task: Task, duration: float, speed: float, wished: float, phase: str = FOLLOWING
) -> None:
    """Ticks over a duration in s in which the arm moves and is told to, both in m/s."""
    begin = task.elapsed
    for tick in range(1, round(duration / DT) + 1):
        position = HERE + np.array([speed * tick * DT, 0.0, 0.0])
        task.note(begin + tick * DT, phase, position, wished * DT, TOLERANCE)


def test_nothing_moves_before_the_first_task_and_after_a_canceled_one() -> None:
    task = Task()
    assert (task.state, task.moving, task.halt) == (IDLE, False, "no task; call ~/run")
    assert task.run(0.0) == 1
    assert (task.state, task.moving, task.halt) == (RUNNING, True, "")
    assert task.end(CANCELED, "")
    assert (task.state, task.halt) == (CANCELED, "task 1 canceled; call ~/run")
    assert not task.end(CANCELED, "")


def test_a_new_task_preempts_a_running_one() -> None:
    task = Task(timeout=1.0)
    task.run(0.0)
    pass_time(task, 0.9, 0.1, 0.1)
    assert task.run(0.9) == 2
    task.note(1.5, FOLLOWING, HERE, 0.0, TOLERANCE)
    assert (task.state, task.number) == (RUNNING, 2)
    assert task.elapsed == pytest.approx(0.6)


@pytest.mark.parametrize("hold", [True, False])
def test_at_the_goal_it_succeeds_and_holds_on_or_lets_go(hold: bool) -> None:
    task = Task(hold=hold)
    task.run(0.0)
    task.note(0.5, REACHED, HERE, 0.0, TOLERANCE)
    assert (task.state, task.moving, task.elapsed) == (SUCCEEDED, hold, 0.5)
    task.note(0.9, FOLLOWING, HERE, 0.0, TOLERANCE)  # pushed away: that outcome stands
    assert (task.state, task.elapsed) == (SUCCEEDED, 0.5)
    assert task.end(CANCELED, "") is hold
    assert (task.state, task.halt) == (SUCCEEDED, "task 1 succeeded; call ~/run")


def test_it_is_aborted_after_its_timeout_pauses_included() -> None:
    task = Task(timeout=2.0)
    task.run(0.0)
    pass_time(task, 2.0, 0.0, 0.0, HALTED)
    assert task.state == RUNNING
    pass_time(task, 0.02, 0.1, 0.1)
    assert (task.state, task.reason) == (ABORTED, "not at the goal after 2 s")


def test_an_arm_that_is_told_to_move_and_does_not_is_stuck() -> None:
    task = Task(stuck_time=1.0)
    task.run(0.0)
    pass_time(task, 1.05, 0.0, 0.1)
    assert task.state == STUCK
    assert task.reason == "moved less than 0.005 m in 1.0 s, told to move 0.101 m"
    assert task.halt == f"task 1 stuck: {task.reason}; call ~/run"


@pytest.mark.parametrize(
    ("stuck_time", "speed", "wished", "phase"),
    [
        (1.0, 0.01, 0.1, FOLLOWING),  # ten times slower than told, but it moves
        (1.0, 0.0, 0.004, FOLLOWING),  # told to creep: 2 cm in all
        (1.0, 0.0, 0.1, HALTED),
        (1.0, 0.0, 0.1, FAULT),
        (0.0, 0.0, 0.1, FOLLOWING),
    ],
)
def test_an_arm_that_moves_creeps_or_is_halted_is_not_stuck(
    stuck_time: float, speed: float, wished: float, phase: str
) -> None:
    task = Task(stuck_time=stuck_time)
    task.run(0.0)
    pass_time(task, 5.0, speed, wished, phase)
    assert task.state == RUNNING
