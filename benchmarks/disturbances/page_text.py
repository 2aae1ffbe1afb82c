"""The words of docs/disturbance_rejection.md; its figures come from stored results."""

INTRODUCTION = """# Disturbance rejection

This page is written by `elcd disturbances` from [the stored
results](../benchmarks/results/disturbance); nothing in it is typed by hand. To make every figure
anew:

```sh
pip install 'elcd_policy[sim,lasa]'
elcd train lasa:Sshape -o sshape.pt
elcd train lasa:Sshape --field monotone -o sshape_monotone.pt
{commands}
elcd disturbances
```

Each `elcd simulate` is given `--output benchmarks/results/disturbance/NAME.json`. The same seed
gives the same numbers, on any number of `--workers`. The policies of the stored results are of an
earlier training, with a `rate` of 1; the commands make those of today, of 4."""

PROTOCOL = """## Protocol

An episode starts at rest where a demonstration began, chosen at random, in a physics client of
its own (PyBullet, 1 kHz). The arm is driven by torques: gravity compensation, inertia feedforward
and a damping gain on the error of the joint velocities, clipped to the robot's torque limits. The
commanded twist is that of the policy, asked at the control rate for the TCP's measured position,
without a speed or acceleration limiter. A *random push* is a constant force of 15 to 45 N for 0.2
s, in a random direction of space, that begins between 10 and 70 % of the demonstrated duration.
An episode lasts twice the demonstrated duration. A seed and the episode's number determine start
and push, nothing else does: all methods meet the same ones.

How far a push moves an arm is a matter of the damping in its robot file, about `J D^-1 J^T` times
the impulse: 5 to 10 cm here for 6 N s. A stiffer arm would yield less and show less of the
policy.

- **Corridor**: all points within the half-width of any demonstration. The half-width is the
  demonstrations' own spread: the 95 % quantile of the distances of their points from the nearest
  *other* demonstration.
- **Peak deviation**: the largest distance from the nearest demonstration from the begin of the
  first disturbance on.
- **Time back**: from the end of the last disturbance until the TCP has come into the corridor and
  stays there for half a second. It may leave it later, where the undisturbed motion does too.
- **End error**: the last distance from the goal.
- **Recovered**: back, and in the end within 5 mm of the goal (2 degrees, if orientations
  are demonstrated).

Three numbers with slashes are the median, the 95 % quantile and the largest over the episodes;
times back are those of episodes that came back. Joint velocity and torque are the largest of all,
and as shares of each joint's own limit. They are measured: commands stay within the limits, a push
may take a joint a little beyond."""

CHECKS = """## Contraction, measured

Distances in the certified metric, `|phi(x1) - phi(x2)|` or that to the goal, divided by what is
certified of them ([guarantees](guarantees.md)); a ratio of at most 1 is within. c is the
certified rate.

- **(i) kinematic**: rollouts of the field itself, in float64, from the demonstrated starts and
  from where arms were when their push ended, against `exp(-c t) d(0)`. They must stay within, up
  to the integrator's error, which is measured by halving its step: `elcd simulate` exits with 1
  if one does not.
- **(ii)** the torque-driven arm, in each stretch without a push, against `exp(-c t) d(0) + (w /
  c) (1 - exp(-c t))` with w the largest `|J_phi (v - f(x))|` in that stretch: v is the TCP's
  measured velocity, f the field. For pairs of episodes both errors add up. w is large just after
  a push, while the arm still moves with it, so this envelope is wide.

Pairs are compared for the monotone field only: the ELCD field's certificate bounds distances to
the goal, not those of pairs. The largest ratio is usually that of the first sample, where nothing
has decayed yet; how much faster than certified it goes shows in the ratio at the end, a median."""

COMPARED = """## Compared with other ways to move

All methods in the very same episodes. `--compare` needs the extra `compare`, whose
`movement_primitives` is built with a C compiler.

- *ElcdField*, *MonotoneField*: this project, default training.
- *behaviour cloning*: a network from position to velocity with as many parameters and as many
  optimiser steps and samples, no guarantee.
- *timed replay*: the aligned mean demonstration as a function of time, velocity fed forward, gain
  4 1/s on the distance.
- *DMP*: `movement_primitives`, 30 weights a dimension, followed by the same tracker.

**Where others are better.** After a push, what follows a clock drifts off a little less and is
back sooner, and it ends nearer to the goal in the same time: the fields approach it
exponentially.

**Where the fields are.** Held and let go, they go on where they are. What follows a clock cuts
the corner to where it should be by now: several times as far off the demonstrations, with
nearly twice the joint torque. Cloning stops beside the goal, pushed or not, which is why none of
its episodes counts as recovered; longer training may bring it nearer, nothing makes it end
there."""

SWEEP = """## Control rate and latency: {method} on the {robot}

{episodes} pushed episodes for each control rate and each latency (from the measurement to the
command that reaches the arm), the same in all cells. Share recovered, median end error."""

DISTURBANCES = """## Other disturbances, robots and places

`elcd simulate FILE --disturb "NAME key=value ..."` (repeated: all act together; or a YAML file
with a list of them) does to every episode:

| name | keys | what it does |
|---|---|---|
| `push` | time, force, duration | a constant force on the TCP |
| `random_push` | weakest, strongest, duration, earliest, latest | a push drawn for each episode |
| `wind` | force | a constant force all the time |
| `force_noise` | deviation, seed | a normally distributed force, drawn anew every 20 ms |
| `sensor_noise` | position, rotation, seed | errors of each measured pose |
| `sensor_delay` | delay | the controller sees old poses |
| `moved_goal` | offset, time | the goal jumps |
| `hold` | time, duration | the TCP is held fast, then let go |
| `payload` | mass, time | a mass at the TCP that the arm's control does not know of |
| `slow_down` | factor, time, duration | all commands scaled, as by a speed override |

Times in s, forces in N, lengths in m, base frame. `--latency` delays commands, `--rate` and
`--physics-rate` set the clocks.

`--robot` is `panda` (Franka Panda), `iiwa` (KUKA LBR iiwa 14 R820), `planar` (two links in the
writing plane), `point` (a free-floating ball of 1 kg), or your own YAML file with a URDF beside
it; `sim/robots/panda.yaml` shows the keys. Limits are the manufacturers': the files name the
sources.

A 2-D motion is drawn on the plane that its policy file stores, else on the robot's writing plane;
`--origin`, `--scale` and `--plane` put it elsewhere."""
