"""Session of a configured policy: its ports, its task, and the control tick."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from rclpy.clock import Clock
from rclpy.lifecycle import LifecycleNode
from std_msgs.msg import Bool

from elcd_policy import LoadedPolicy
from elcd_policy.errors import ElcdError, ParameterError

from ..following.policy_setup import load
from ..following.preflight import NONE, REFUSE, PreflightError, preflight
from ..following.robot_motion import FOLLOWING, REACHED
from ..following.state_checks import RECOVERY, FaultLatch
from ..following.task import ABORTED, CANCELED, Task
from ..node.messages import COMMAND_QOS
from ..node.parameters import Parameters
from .admission import check_certificate, check_fit
from .goal_input import GoalInput
from .permission import Permission
from .ports import ports_for
from .reporting import INACTIVE, Reporter
from .views import Views

CLEARANCE = 0.5
"""s, at least, for which a preflight holds: later the arm may stand elsewhere."""

LONGEST_RAMP = 4.0
"""s, after which an arm that still moves is sent a zero: whoever waits for this process kills it
soon after, and then nothing is sent at all."""

WARM_UP = 50  # calls of the policy before the first command counts


class Session:
    """Leads an arm by one policy; from *configure* to *cleanup*.

    Parameters
    ----------
    node : subscribes and publishes.
    parameters : of the node.
    permission : may halt the motion.
    reporter : is told what happens.
    steady : the node's steady clock.

    Raises
    ------
    ElcdError
        If the policy is not let in, or does not fit the robot.
    """

    def __init__(
        self,
        node: LifecycleNode,
        parameters: Parameters,
        permission: Permission,
        reporter: Reporter,
        steady: Clock,
    ) -> None:
        self._node, self._p, self._log = node, parameters, node.get_logger()
        self._permission, self._reporter = permission, reporter
        p = parameters
        self.policy = load(p["policy_file"], p["trust_code"])
        self._doubt = check_certificate(self.policy, p["policy_file"], p["allow_uncertified"])
        self._misfit = check_fit(self.policy, p["policy_file"], p["allow_unfit"])
        latency = _warm_up(self.policy)
        self._ports = ports_for(node, self.policy, p, reporter.note_mismatch)
        self.follower = self._ports.follower
        self.task = Task(hold=p["hold_at_goal"], unit=self.follower.unit)
        self._latch = FaultLatch()
        self.retune()
        self.active = False
        self._rival = self._source_fault = ""
        self._cleared_until = -np.inf
        self._last_tick = -np.inf
        self._period = 1.0 / p["rate"]
        self._views = Views(
            node, self.policy, self._ports, p["base_frame"], p["predicted_path_rate"], steady
        )
        self._goals = GoalInput(
            node, p, self._ports, self.policy.metadata.duration, reporter.refuse
        )
        permission.require_enable = p["enable_timeout"] if p["require_enable"] else None
        self._subscriptions = [
            node.create_subscription(Bool, "~/enable", permission.on_enable, COMMAND_QOS),
        ]
        self._timers = [
            node.create_timer(self._period, self._tick, clock=steady),
            node.create_timer(1.0, self._check_rivals, clock=steady),
        ]
        self._report()
        self._log.info(
            f"{p['policy_file']}: {self.policy.dimension}-D, goal "
            f"{np.round(self.follower.goal, 4).tolist()} {self.follower.unit}, velocity in "
            f"{1e6 * latency:.0f} us"
        )

    @property
    def unready(self) -> str:
        """Reason why no motion can start from the present state; empty if one can."""
        state = self._ports.input.state(time.perf_counter())
        if state is None:
            return "no state yet"
        return self._fault_of(state) or self._latch.fault

    def activate(self) -> None:
        """Let the arm be moved, and start the first task if that is wanted.

        Without a state yet, the motion is checked against the limits when there is one.

        Raises
        ------
        ElcdError
            If another node moves the arm, or the motion would break a limit.
        """
        self._check_rivals()
        rivals = self._rivals()
        if rivals:
            raise ParameterError(
                f"another publisher drives {self._ports.output.topic}",
                got=", ".join(rivals),
                expected="nobody else",
                advice="stop it, or remap the command topic",
            )
        self._begin()
        self.active = True
        if self._p["run_on_activate"] and not self._permission.stopped:
            self.task.run(time.perf_counter())

    def run(self) -> int:
        """Start a task, which preempts a running one; return its number.

        Raises
        ------
        ElcdError
            If the node may not move the arm, or the motion would break a limit.
        """
        if not self.active or self._permission.stopped:
            raise ElcdError(
                "no task can start",
                got="a node that is not active" if not self.active else "a node that is stopped",
                advice="activate it" if not self.active else "call ~/reset",
            )
        self._begin()
        return self.task.run(time.perf_counter())

    def deactivate(self) -> None:
        """Move the arm no more: the tick ramps to zero and goes silent."""
        self.active = False
        self.task.end(ABORTED, "deactivated")

    def stop(self) -> None:
        """End the task; permission to move has been taken away."""
        self.task.end(ABORTED, "stopped by ~/stop")

    def reset(self) -> str:
        """Start again after a stop, if that is wanted; return why it did not, or nothing."""
        if self.task.moving or not (self.active and self._p["run_on_activate"]):
            return ""
        try:
            self.run()
        except ElcdError as error:
            return str(error)
        return ""

    def cancel(self) -> bool:
        """End what moves the arm; return whether anything did."""
        return self.task.end(CANCELED, "")

    def retune(self) -> None:
        """Take over the live parameters."""
        p = self._p
        self._ports.retune(p)
        self._latch.recovery = max(RECOVERY, 2.0 * p["state_timeout"])
        self.task.timeout = p["task_timeout"]
        self.task.stuck_time = 0.0 if p["dry_run"] else p["stuck_time"]

    def close(self) -> None:
        """Bring the arm to rest, then release all topics."""
        self._come_to_rest()
        for timer in self._timers:
            self._node.destroy_timer(timer)
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)
        self._goals.close()
        self._views.close()
        self._ports.input.close()
        self._ports.output.close()

    def _come_to_rest(self) -> None:
        """Ramp to zero and send zeros, as after a halt, before this returns."""
        begin = last = time.perf_counter()
        follower, output = self.follower, self._ports.output
        # The clock of a simulation stands still while no callback runs.
        simulated = self._node.get_parameter("use_sim_time").value
        while not follower.silent and last - begin < LONGEST_RAMP:
            command = follower.tick(None, min(last - self._last_tick, self._period), "ending")
            self._last_tick = last
            if command is not None:
                output.send(command, last - begin if simulated else 0.0)
            time.sleep(max(0.0, last + self._period - time.perf_counter()))
            last = time.perf_counter()
        if not follower.silent and not follower.at_rest:
            self._log.error(f"the arm was not at rest after a ramp of {LONGEST_RAMP:g} s")
            output.send(np.zeros(follower.size))
        if last > begin:
            output.wait_until_received()

    def _report(self) -> None:
        p, metadata = self._p, self.policy.metadata
        facts = {
            "policy_file": p["policy_file"],
            "units": metadata.units,
            "dimension": metadata.dimension,
            "guarantee": metadata.guarantee.get("kind", "none"),
            "contraction_rate_per_s": float(metadata.guarantee.get("rate", 0.0)),
            "certified": not self._doubt,
            "follows_demonstrations": not self._misfit,
            "dry_run": p["dry_run"],
        }
        notes = [f"not certified: {self._doubt}"] if self._doubt else []
        notes += [f"not followed: {self._misfit}"] if self._misfit else []
        notes += [f"dry run on {self._ports.output.topic}"] if p["dry_run"] else []
        self._reporter.begin(self.follower, self.task, self._period, facts, notes)

    def _begin(self) -> None:
        """Clear a motion; one that is under way, or just coming to rest, goes on."""
        if self.follower.silent:
            self.follower.restart()
            if not self.unready:
                self._clear()

    def _clear(self) -> None:
        """Check the motion from the present state against all limits."""
        if self._p["preflight"] != NONE:
            motion, state = self._ports.select_rehearsal(time.perf_counter())
            try:
                preflight(motion, state, self.policy.metadata.duration)
            except PreflightError as error:
                if self._p["preflight"] == REFUSE:
                    raise
                self._log.warning(str(error))
        self._ports.input.forget()  # it has become old meanwhile
        self._cleared_until = time.perf_counter() + max(CLEARANCE, 2.0 * self._p["state_timeout"])

    def _tick(self) -> None:
        begin = time.perf_counter()
        # A late tick is followed by an early one: the time between them bounds the change.
        elapsed = begin - self._last_tick
        dt, self._last_tick = min(elapsed, self._period), begin
        halt, follower = self._halt, self.follower
        if elapsed > max(self._p["receiver_timeout"], 2.0 * self._period) and not follower.silent:
            self._log.warning(
                f"no command was sent for {elapsed:.2f} s: the motion restarts from rest"
            )
            follower.restart()  # its receiver has stopped the arm
            self._cleared_until = -np.inf
        state: Any = self._ports.input.state(begin)
        try:
            fault = self._latch.update(begin, self._fault_of(state), follower.silent)
            uncleared = follower.silent and begin > self._cleared_until
            if uncleared and state is not None and not (halt or fault):
                self._clear()
                state = None
            command = follower.tick(fault or state, dt, halt)
        except PreflightError as error:
            self.task.end(ABORTED, str(error))
            command = follower.tick(state, dt, self.task.halt)
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
            self._log.error(f"unexpected error in the policy: {problem}", throttle_duration_sec=1.0)
            command = follower.tick(f"unexpected error in the policy: {problem}", dt, halt)
        if command is not None:
            self._ports.output.send(command)
        where = follower.progress(state) if follower.phase in (FOLLOWING, REACHED) else None
        self.task.note(begin, follower.phase, where, follower.wished * dt, follower.goal_tolerance)
        for part in (self._goals, self._views):
            try:
                part.go_on()
            except Exception as error:
                problem = f"{type(error).__name__}: {error}"
                name = type(part).__name__
                self._log.error(f"unexpected error in {name}: {problem}", throttle_duration_sec=1.0)
        self._reporter.tick(begin, time.perf_counter(), self._ports.input.age(begin), halt)

    @property
    def _halt(self) -> str:
        if not self.active:
            return INACTIVE
        output = self._ports.output
        # The ramp from rest has to begin when it is heard, or the arm would start with a jerk.
        deaf = "" if output.heard or self._p["dry_run"] else f"nobody listens to {output.topic}"
        awaited = "no goal yet" if self._p["wait_for_goal"] and not self._goals.heard else ""
        return self._permission.halt or self._rival or deaf or awaited or self.task.halt

    def _rivals(self) -> list[str]:
        return [] if self._p["dry_run"] else self._ports.output.rivals()

    def _fault_of(self, state: Any) -> str:
        """Return the fault of the present state, empty for none or before the first."""
        if state is None:
            return ""
        if isinstance(state, str):
            return state
        return self._source_fault or self.follower.state_fault(state)

    def _check_rivals(self) -> None:
        self._source_fault = self._ports.input.source_fault()
        rivals, topic = self._rivals() if self.active else [], self._ports.output.topic
        self._rival = f"another publisher drives {topic}: {', '.join(rivals)}" if rivals else ""


def _warm_up(policy: LoadedPolicy) -> float:
    """Call a policy until TorchScript has settled; s of a call, median."""
    x, durations = policy.get_goal(), []
    for _ in range(WARM_UP):
        begin = time.perf_counter()
        policy.velocity(x)
        durations.append(time.perf_counter() - begin)
    return float(np.median(durations))
