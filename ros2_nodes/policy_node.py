"""The policy as a lifecycle node: the robot's state in, velocity commands out.

*configure* loads and checks the policy file; *activate* starts following, with nothing
published before a fresh state; *deactivate* ramps to zero, sends zeros, then is silent. When
states stop or turn bad it does the same, and says why in ``~/status`` and the log.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from geometry_msgs.msg import PoseStamped
from nav_msgs.msg import Path as PathMessage
from numpy.typing import NDArray
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from std_msgs.msg import Bool

from elcd_policy.errors import ParameterError

from .lifecycle import SUCCESS, told
from .messages import COMMAND_QOS, LATCHED_QOS, path_message, position_of
from .motion import FAULT, HALTED
from .node_settings import POLICY_NODE
from .parameters import Parameters
from .permission import Permission
from .policy_setup import load
from .ports import Ports, ports_for, retune
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
        self._ports: Ports | None = None
        self._active = False
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
        x = self._policy.get_goal()
        durations = []
        for _ in range(WARM_UP):
            begin = time.perf_counter()
            self._policy.velocity(x)
            durations.append(time.perf_counter() - begin)
        self._ports = ports_for(self, self._policy, p, self._reporter.note_mismatch)
        self._subscriptions_made = [
            self.create_subscription(PoseStamped, "~/goal", self._on_goal, COMMAND_QOS),
            self.create_subscription(Bool, "~/enable", self._permission.on_enable, COMMAND_QOS),
        ]
        self._path_out = self.create_publisher(PathMessage, "~/predicted_path", LATCHED_QOS)
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
        follower = self._ports.follower
        self._reporter.begin(p["policy_file"], self._policy.metadata, follower)
        self.get_logger().info(
            f"{p['policy_file']}: {self._policy.dimension}-D, goal "
            f"{np.round(follower.goal, 4).tolist()} {follower.unit}, velocity in "
            f"{1e6 * float(np.median(durations)):.0f} us"
        )
        return SUCCESS

    @told
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Start following from the next fresh state, unless another node drives the arm."""
        assert self._ports is not None
        rivals = self._ports.output.rivals()
        if rivals:
            raise ParameterError(
                f"another publisher drives {self._ports.output.topic}",
                got=", ".join(rivals),
                expected="nobody else",
                advice="stop it, or remap the command topic",
            )
        self._reporter.error("")
        self._forget_state()
        self._ports.follower.restart()
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
        if self._ports is None:
            return
        if not self._ports.follower.silent:
            self._ports.output.send(np.zeros(self._ports.follower.size))
            self._ports.output.wait_until_received()
        for timer in self._timers_made:
            self.destroy_timer(timer)
        for subscription in self._subscriptions_made:
            self.destroy_subscription(subscription)
        self.destroy_publisher(self._path_out)
        self._ports.input.close()
        self._ports.output.close()
        self._ports = None
        self.parameters.locked = False
        self._reporter.end()

    def _autostart(self) -> None:
        assert self._starter is not None
        self.destroy_timer(self._starter)
        if self._ports is None:
            if self.trigger_configure() != SUCCESS:
                self.exit_status = 2
                return
            self._starter = self.create_timer(DISCOVERY, self._autostart, clock=self._steady)
        elif self.trigger_activate() != SUCCESS:
            self.exit_status = 2

    def _tick(self) -> None:
        if self._ports is None:
            return
        ports, begin = self._ports, time.perf_counter()
        halt = self._permission.halt or self._rival or self._deaf if self._active else "inactive"
        try:
            command = ports.follower.tick(ports.input.state(begin), self._period, halt)
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
            self.get_logger().error(
                f"unexpected in the policy: {problem}", throttle_duration_sec=1.0
            )
            command = ports.follower.tick(None, self._period, problem)
        if command is not None:
            ports.output.send(command)
        self._go_on_predicting()
        self._reporter.tick(begin, time.perf_counter(), ports.input.age(begin), halt)
        if self._reporter.changed and self._active:
            log, follower = self.get_logger(), ports.follower
            if follower.phase in (FAULT, HALTED):
                log.warning(f"{follower.phase}: {follower.reason}")
            else:
                log.info(follower.phase)

    def _on_goal(self, message: PoseStamped) -> None:
        if self._ports is None:
            return
        follower = self._ports.follower
        fault = follower.set_goal(position_of(message.pose), message.header.frame_id)
        if fault:
            self.get_logger().warning(f"a goal is ignored: {fault}")
        else:
            self.get_logger().info(f"goal moved to {np.round(follower.goal, 4).tolist()} m")

    def _on_parameters(self) -> None:
        if self._ports is not None:
            retune(self._ports.follower, self.parameters)

    @property
    def _deaf(self) -> str:
        # The ramp from rest has to begin when it is heard, or the arm would start with a jerk.
        assert self._ports is not None
        output = self._ports.output
        return "" if output.heard else f"nobody listens to {output.topic}"

    def _check_rivals(self) -> None:
        rivals = self._ports.output.rivals() if self._ports and self._active else []
        topic = self._ports.output.topic if self._ports else ""
        self._rival = f"another publisher drives {topic}: {', '.join(rivals)}" if rivals else ""

    def _predict(self) -> None:
        """Begin a new prediction, if anybody listens and none is under way."""
        state = self._usable_state()
        if state is None or not self._active or not self._path_out.get_subscription_count():
            return
        if self._prediction is None:
            assert self._ports is not None
            x = self._ports.follower.policy_state(state)
            duration = self._policy.metadata.duration
            self._prediction = prediction(self._policy.velocity, x, duration, PREDICTED)

    def _go_on_predicting(self) -> None:
        path = next(self._prediction) if self._prediction else None
        if path is None:
            return
        self._prediction = None
        state = self._usable_state()
        if state is None:
            return
        assert self._ports is not None
        follower = self._ports.follower
        self._path_out.publish(
            path_message(
                self.parameters["base_frame"],
                self._ports.input.stamp,
                follower.positions(path),
                follower.pose(state)[1],
            )
        )

    def _usable_state(self) -> Any:
        state = self._ports.input.state(time.perf_counter()) if self._ports else None
        return None if isinstance(state, str) else state

    def _forget_state(self) -> None:
        if self._ports is not None:
            self._ports.input.forget()
        self._prediction = None
        self._rival = ""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the node until a signal or a failure ends it."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    return run_node(PolicyNode, NAME, argv)


if __name__ == "__main__":
    raise SystemExit(main())
