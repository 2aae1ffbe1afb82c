"""The simulated arm as a robot's driver would look: states out, velocity commands in."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from geometry_msgs.msg import PoseStamped, TwistStamped, WrenchStamped
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rosgraph_msgs.msg import Clock as ClockMessage
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray, String
from std_srvs.srv import Trigger

from elcd_policy.errors import ElcdError
from elcd_policy_sim import Arm, EpisodeLog, Push, load_robot, parse_pushes
from elcd_policy_sim.disturbances import default_pushes, total_force
from elcd_policy_sim.model_files import find_urdf

from .node.messages import (
    COMMAND_QOS,
    LATCHED_QOS,
    STATE_QOS,
    fill_pose,
    seconds,
    to_stamp,
    twist_of,
)
from .node.node_settings import SIM_NODE
from .node.parameters import Parameters
from .node.run_node import run_node
from .sight.sim_camera import SimCamera

LONGEST_STEP = 0.001  # s, of the physics
LARGEST_LAG = 0.1  # s of simulated time that are caught up; what is more is dropped
PUBLISH, FOLLOW = "publish", "follow"  # values of ``clock``
NAME = "sim_node"


class SimNode(Node):
    """Steps the physics in whole batches, one per published state.

    An episode begins with the first command: pushes and the duration count from there, and
    what happens is recorded. Without a command for ``cmd_timeout`` s of simulated time the
    arm holds, whoever died.

    One simulator of a graph makes the time and publishes ``/clock``. Others follow it: their
    physics keeps step with the clock, and all arms share one time.

    Raises
    ------
    ElcdError
        If a parameter is wrong or the engine is missing.
    """

    def __init__(self) -> None:
        super().__init__(NAME)
        self.exit_status: int | None = None
        self.parameters = p = Parameters(self, SIM_NODE)
        robot = load_robot(p["robot"])
        self._pushes = parse_pushes(p["pushes"])
        self._batch = int(np.ceil(1.0 / (p["rate"] * LONGEST_STEP) - 1e-9))
        self._arm = Arm(
            robot, gui=p["gui"], timestep=1.0 / (p["rate"] * self._batch), engine=p["engine"]
        )
        self._trial_push = default_pushes(1.0, robot)[0]
        self._clock_offset = 0.0
        self._joints = JointState(name=list(robot.arm_joints))
        self._pose = PoseStamped()
        self._pose.header.frame_id = self._joints.header.frame_id = p["base_frame"]
        self._camera = SimCamera(self, p, robot) if p["camera"] else None
        self._to_start()

        self._joints_out = self.create_publisher(JointState, "joint_states", COMMAND_QOS)
        self._pose_out = self.create_publisher(PoseStamped, "ee_pose", COMMAND_QOS)
        self._description_out = self.create_publisher(String, "robot_description", LATCHED_QOS)
        self._description_out.publish(
            String(data=find_urdf(robot.urdf).read_text(encoding="utf-8"))
        )
        self.create_subscription(TwistStamped, "cmd_vel", self._on_command, COMMAND_QOS)
        self.create_subscription(
            Float64MultiArray, "velocity_controller/commands", self._on_joint_command, COMMAND_QOS
        )
        self.create_subscription(WrenchStamped, "~/disturbance", self._on_disturbance, COMMAND_QOS)
        self.create_service(Trigger, "~/reset", self._on_reset)
        self.create_service(Trigger, "~/push", self._on_push)
        self._steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._begin = self._steady.now().nanoseconds * 1e-9
        self._batches = 0
        if p["clock"] == FOLLOW:
            self.create_subscription(ClockMessage, "/clock", self._on_clock, STATE_QOS)
        else:
            self._clock_out = self.create_publisher(ClockMessage, "/clock", COMMAND_QOS)
            self.create_timer(
                1.0 / (p["rate"] * p["real_time_factor"]), self._tick, clock=self._steady
            )
            self.create_timer(1.0, self._check_clock, clock=self._steady)
        self.get_logger().info(
            f"{robot.name} in {self._arm.engine} at {self._arm.pose()[0].round(3).tolist()} m, "
            f"{p['rate']:g} Hz, {self._batch} steps a state"
        )

    @property
    def _time(self) -> float:
        """Simulated time since the process began; a reset does not set it back."""
        return self._clock_offset + self._arm.time

    def shut_down(self) -> None:
        """Save the episode, close the physics."""
        path = self.parameters["log_file"]
        if path and len(self._log):
            try:
                self._log.save(path)
                self.get_logger().info(f"{len(self._log)} states saved to {path}")
            except ElcdError as error:
                self.get_logger().error(str(error))
                self.exit_status = 1
        self._arm.close()
        if self._camera is not None:
            self._camera.close()

    def _to_start(self) -> None:
        start = self.parameters["start"]
        self._clock_offset = self._time
        if start:
            self._arm.move_to(start, self.parameters["start_orientation"] or None)
        else:
            self._arm.reset()
        self._log = EpisodeLog(len(self._arm.robot.arm_joints))
        self._episode_begin: float | None = None
        self._command_time = -np.inf
        self._disturbance, self._disturbance_time = np.zeros(3), -np.inf
        self._extra_pushes: list[Push] = []

    def _tick(self) -> None:
        p = self.parameters
        elapsed = (self._steady.now().nanoseconds * 1e-9 - self._begin) * p["real_time_factor"]
        behind = elapsed * p["rate"] - self._batches
        if behind > LARGEST_LAG * p["rate"]:
            self._batches += int(behind) - 1
            behind = 1.0
        for _ in range(2 if behind >= 2 else 1):  # one more a tick catches up without a burst
            if self.exit_status is None:
                self._advance()

    def _on_clock(self, message: ClockMessage) -> None:
        """Keep step with the simulator that makes the time."""
        period = 1.0 / self.parameters["rate"]
        lag = seconds(message.clock) - self._time
        if not 0.0 <= lag <= LARGEST_LAG:  # the first message, a pause, or another clock
            self._clock_offset += lag - period
            lag = period
        for _ in range(int(lag / period + 1e-6)):
            if self.exit_status is None:
                self._advance()

    def _check_clock(self) -> None:
        others = self.count_publishers("/clock") - 1
        if others:
            self.get_logger().error(
                f"/clock has {others} other publisher(s): time jumps; set clock:=follow on all "
                "simulators but one",
                throttle_duration_sec=5.0,
            )

    def _advance(self) -> None:
        """Step one batch under the present command, and publish the state after it."""
        self._batches += 1
        arm, timeout = self._arm, self.parameters["cmd_timeout"]
        if self._time - self._command_time > timeout + 1e-9:
            arm.hold()
        force = np.zeros(3)
        if self._time - self._disturbance_time <= timeout:
            force = self._disturbance.copy()
        if self._episode_begin is not None:
            middle = self._time - self._episode_begin + arm.timestep / 2
            force += total_force([*self._pushes, *self._extra_pushes], middle)
        arm.apply_force(force)
        if self._episode_begin is not None:
            self._log.record(arm)
        arm.step(self._batch)
        self._publish()
        duration = self.parameters["duration"]
        begun = self._episode_begin
        if duration and begun is not None and self._time - begun >= duration - 1e-9:
            self._log.record(arm)
            self.exit_status = 0

    def _publish(self) -> None:
        stamp = to_stamp(self._time)
        if self.parameters["clock"] == PUBLISH:
            self._clock_out.publish(ClockMessage(clock=stamp))
        self._joints.header.stamp = self._pose.header.stamp = stamp
        self._joints.position = self._arm.joint_positions.tolist()
        self._joints.velocity = self._arm.joint_velocities.tolist()
        self._joints_out.publish(self._joints)
        fill_pose(self._pose.pose, *self._arm.pose())
        self._pose_out.publish(self._pose)
        if self._camera is not None:
            begun = self._episode_begin
            moving = -1.0 if begun is None else self._time - begun
            self._camera.advance(self._time, moving, self._arm.joint_positions)

    def _on_command(self, message: TwistStamped) -> None:
        frame, expected = message.header.frame_id, self.parameters["base_frame"]
        twist = twist_of(message)
        fault = ""
        if frame != expected:
            fault = f"a command in another frame is ignored: got '{frame}', expected '{expected}'"
        elif not np.isfinite(twist).all():
            fault = f"a command that is not finite is ignored: got {twist.tolist()}"
        elif self._time - seconds(message.header.stamp) > self.parameters["cmd_timeout"]:
            age = self._time - seconds(message.header.stamp)
            fault = f"a command {age:.3f} s old is ignored; are all nodes on /clock?"
        if fault:
            self.get_logger().warning(fault, throttle_duration_sec=1.0)
            return
        self._arm.command_twist(twist[:3], twist[3:])
        self._note_command()

    def _on_joint_command(self, message: Float64MultiArray) -> None:
        try:
            self._arm.command_joints(message.data)
        except ElcdError as error:
            self.get_logger().warning(f"a command is ignored: {error}", throttle_duration_sec=1.0)
            return
        self._note_command()

    def _note_command(self) -> None:
        self._command_time = self._time
        if self._episode_begin is None:
            self._episode_begin = self._time

    def _on_disturbance(self, message: WrenchStamped) -> None:
        force = message.wrench.force
        values = np.array((force.x, force.y, force.z))
        if np.isfinite(values).all():
            self._disturbance, self._disturbance_time = values, self._time

    def _on_reset(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._to_start()
        response.success, response.message = True, "the arm is at its start"
        return response

    def _on_push(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        if self._episode_begin is None:
            response.success, response.message = False, "no command yet: the motion has not started"
            return response
        push = self._trial_push
        now = self._time - self._episode_begin
        self._extra_pushes.append(Push(now, push.force, push.duration))
        response.success = True
        response.message = f"{np.round(push.force, 1).tolist()} N for {push.duration:g} s"
        return response


def main(argv: Sequence[str] | None = None) -> int:
    """Run the node until its episode or a signal ends it."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    return run_node(SimNode, NAME, argv)


if __name__ == "__main__":
    raise SystemExit(main())
