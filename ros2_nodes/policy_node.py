"""The policy as a lifecycle node: the end effector's pose in, velocity commands out.

*configure* loads and checks the policy file; *activate* starts following, with nothing
published before a fresh state; *deactivate* ramps to zero, sends zeros, then is silent. When
states stop or turn bad it does the same, and says why in ``~/status`` and the log.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence

import numpy as np
from geometry_msgs.msg import PoseStamped, TwistStamped
from nav_msgs.msg import Path as PathMessage
from numpy.typing import NDArray
from rclpy.clock import Clock, ClockType
from rclpy.duration import Duration
from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from std_msgs.msg import Bool

from elcd_policy.errors import ParameterError
from elcd_policy.safety import State

from .follower import FAULT, HALTED, Follower
from .lifecycle import SUCCESS, told
from .messages import (
    COMMAND_QOS,
    LATCHED_QOS,
    STATE_QOS,
    fill_twist,
    path_message,
    position_of,
    quaternion_of,
    seconds,
)
from .node_settings import POLICY_NODE
from .parameters import Parameters
from .permission import Permission
from .policy_setup import follower_for, limits_from, load
from .prediction import prediction
from .reporting import Reporter
from .running import run_node

Array = NDArray[np.float64]

DISCOVERY = 0.5  # s from configuring to activating by itself: other publishers become known
PREDICTED = 50  # steps of ~/predicted_path, over the demonstrated duration
WARM_UP = 50  # calls of the policy before the first command counts
NAME = "policy_node"


class PolicyNode(LifecycleNode):
    """Serves one policy to one arm."""

    def __init__(self) -> None:
        super().__init__(NAME)
        self.exit_status: int | None = None
        self.parameters = Parameters(self, POLICY_NODE)
        self.parameters.on_change = self._on_parameters
        self._steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._reporter = Reporter(self, self._steady)
        self._permission = Permission(self, self._forget_state)
        self._follower: Follower | None = None
        self._active = False
        self._pose: PoseStamped | None = None
        self._prediction: Iterator[Array | None] | None = None
        self._forget_state()
        self._starter = None
        if self.parameters["autostart"]:
            self._starter = self.create_timer(0.0, self._autostart, clock=self._steady)

    @told
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load and check the policy, warm it up, set up topics and the tick."""
        p = self.parameters
        self._policy = load(p["policy_file"])
        self._follower = follower_for(self._policy, p)
        x = self._policy.get_goal()
        durations = []
        for _ in range(WARM_UP):
            begin = time.perf_counter()
            self._policy.velocity(x)
            durations.append(time.perf_counter() - begin)
        self._subscriptions_made = [
            self.create_subscription(
                PoseStamped,
                "ee_pose",
                self._on_pose,
                STATE_QOS,
                event_callbacks=SubscriptionEventCallbacks(
                    incompatible_qos=self._reporter.note_mismatch("ee_pose")
                ),
            ),
            self.create_subscription(PoseStamped, "~/goal", self._on_goal, COMMAND_QOS),
            self.create_subscription(Bool, "~/enable", self._permission.on_enable, COMMAND_QOS),
        ]
        # Plain publishers: a lifecycle one would drop the ramp to zero after a deactivation.
        self._command_out = self.create_publisher(
            TwistStamped,
            "cmd_vel",
            COMMAND_QOS,
            event_callbacks=PublisherEventCallbacks(
                incompatible_qos=self._reporter.note_mismatch("cmd_vel")
            ),
        )
        self._path_out = self.create_publisher(PathMessage, "~/predicted_path", LATCHED_QOS)
        self._command = TwistStamped()
        self._command.header.frame_id = p["base_frame"]
        self._permission.require_enable = p["enable_timeout"] if p["require_enable"] else None
        self._period = 1.0 / p["rate"]
        self._timers_made = [
            self.create_timer(self._period, self._tick, clock=self._steady),
            self.create_timer(1.0, self._check_rivals, clock=self._steady),
        ]
        if p["predicted_path_rate"]:
            self._timers_made.append(
                self.create_timer(1.0 / p["predicted_path_rate"], self._predict, clock=self._steady)
            )
        p.locked = True
        self._reporter.begin(p["policy_file"], self._policy.metadata, self._follower)
        self.get_logger().info(
            f"{p['policy_file']}: {self._policy.dimension}-D, goal "
            f"{np.round(self._follower.goal, 4).tolist()} m, velocity in "
            f"{1e6 * float(np.median(durations)):.0f} us"
        )
        return SUCCESS

    @told
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Start following from the next fresh state, unless another node drives the arm."""
        assert self._follower is not None
        rivals = self._rivals()
        if rivals:
            raise ParameterError(
                f"another publisher drives {self._command_out.topic_name}",
                got=", ".join(rivals),
                expected="nobody else",
                advice="stop it, or remap cmd_vel",
            )
        self._reporter.error("")
        self._forget_state()
        self._follower.restart()
        self._active = True
        return super().on_activate(state)

    @told
    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop following: the tick ramps to zero and goes silent, without blocking here."""
        self._active = False
        return super().on_deactivate(state)

    @told
    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Forget the policy; its file and all other parameters may change."""
        self._tear_down()
        return super().on_cleanup(state)

    @told
    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Send a last zero and end the process."""
        self._tear_down()
        self.exit_status = 0
        return super().on_shutdown(state)

    @told
    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """After an unexpected error: zero, and back to unconfigured."""
        self._tear_down()
        return super().on_error(state)

    def fail(self, problem: str) -> None:
        """Tell a problem in the log and on ``~/status``."""
        self.get_logger().error(problem)
        self._reporter.error(problem)

    def last_words(self) -> None:
        """Send the last zero command and wait until it is received."""
        self._tear_down()

    def _tear_down(self) -> None:
        self._active = False
        if self._follower is None:
            return
        if not self._follower.silent:
            self._send(np.zeros(6))
            self._command_out.wait_for_all_acked(Duration(seconds=0.2))
        for timer in self._timers_made:
            self.destroy_timer(timer)
        for subscription in self._subscriptions_made:
            self.destroy_subscription(subscription)
        self.destroy_publisher(self._command_out)
        self.destroy_publisher(self._path_out)
        self._follower = None
        self.parameters.locked = False
        self._reporter.end()

    def _autostart(self) -> None:
        assert self._starter is not None
        self.destroy_timer(self._starter)
        if self._follower is None:
            if self.trigger_configure() != SUCCESS:
                self.exit_status = 2
                return
            self._starter = self.create_timer(DISCOVERY, self._autostart, clock=self._steady)
        elif self.trigger_activate() != SUCCESS:
            self.exit_status = 2

    def _tick(self) -> None:
        if self._follower is None:
            return
        begin = time.perf_counter()
        halt = self._permission.halt or self._rival or self._deaf if self._active else "inactive"
        try:
            twist = self._follower.tick(self._state(begin), self._period, halt)
        except Exception as error:
            self.get_logger().error(
                f"unexpected {type(error).__name__} in the policy: {error}",
                throttle_duration_sec=1.0,
            )
            twist = self._follower.tick(None, self._period, f"{type(error).__name__}: {error}")
        if twist is not None:
            self._send(twist)
        self._go_on_predicting()
        self._reporter.tick(begin, time.perf_counter(), begin - self._received, halt)
        if self._reporter.changed and self._active:
            log, follower = self.get_logger(), self._follower
            if follower.phase in (FAULT, HALTED):
                log.warning(f"{follower.phase}: {follower.reason}")
            else:
                log.info(follower.phase)

    def _state(self, now: float) -> State | None:
        pose = self._pose
        if pose is None:
            return None
        stamp_age = self.get_clock().now().nanoseconds * 1e-9 - seconds(pose.header.stamp)
        return State(
            position_of(pose.pose),
            quaternion_of(pose.pose),
            pose.header.frame_id,
            now - self._received,
            stamp_age,
        )

    def _send(self, twist: Array) -> None:
        fill_twist(self._command, twist)
        self._command.header.stamp = self.get_clock().now().to_msg()
        self._command_out.publish(self._command)

    def _on_pose(self, message: PoseStamped) -> None:
        self._pose, self._received = message, time.perf_counter()

    def _on_goal(self, message: PoseStamped) -> None:
        follower = self._follower
        if follower is None:
            return
        fault = follower.set_goal(position_of(message.pose), message.header.frame_id)
        if fault:
            self.get_logger().warning(f"a goal is ignored: {fault}")
        else:
            self.get_logger().info(f"goal moved to {np.round(follower.goal, 4).tolist()} m")

    def _on_parameters(self) -> None:
        if self._follower is not None:
            p = self.parameters
            self._follower.limits = limits_from(
                p, self._follower.limits.lower, self._follower.limits.upper
            )
            self._follower.speed_scale = p["speed_scale"]
            self._follower.goal_tolerance = p["goal_tolerance"]

    def _rivals(self) -> list[str]:
        own = self.get_fully_qualified_name()
        names = [
            f"{info.node_namespace.rstrip('/')}/{info.node_name}"
            for info in self.get_publishers_info_by_topic(self._command_out.topic_name)
        ]
        if own in names:
            names.remove(own)
        return names

    @property
    def _deaf(self) -> str:
        # The ramp from rest has to begin when it is heard, or the arm would start with a jerk.
        topic = self._command_out.topic_name
        return "" if self._command_out.get_subscription_count() else f"nobody listens to {topic}"

    def _check_rivals(self) -> None:
        rivals = self._rivals() if self._active else []
        self._rival = f"another publisher drives cmd_vel: {', '.join(rivals)}" if rivals else ""

    def _predict(self) -> None:
        """Begin a new prediction, if anybody listens and none is under way."""
        follower, pose = self._follower, self._pose
        if follower and pose and self._active and self._path_out.get_subscription_count():
            x = follower.placement.to_policy(position_of(pose.pose))[: follower.dimension]
            duration = self._policy.metadata.duration
            if self._prediction is None:
                self._prediction = prediction(self._policy.velocity, x, duration, PREDICTED)

    def _go_on_predicting(self) -> None:
        path = next(self._prediction) if self._prediction else None
        if path is None or self._follower is None or self._pose is None:
            return
        self._prediction = None
        self._path_out.publish(
            path_message(
                self._follower.base_frame,
                self._pose.header.stamp,
                self._follower.placement.to_robot(path),
                quaternion_of(self._pose.pose),
            )
        )

    def _forget_state(self) -> None:
        self._pose = None
        self._prediction = None
        self._received = -np.inf
        self._rival = ""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the node until a signal or a failure ends it."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    return run_node(PolicyNode, NAME, argv)


if __name__ == "__main__":
    raise SystemExit(main())
