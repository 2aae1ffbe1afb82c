"""The words of the page, with room for the figures."""

INTRODUCTION = """# Benchmarks

This page is written by `elcd benchmark render` from [the stored results](../benchmarks/results).
To make every figure of its tables anew:

```sh
pip install 'elcd_policy[lasa,onnx]'
git clone https://github.com/mrana6/euclideanizing_flows      # the peer, where you like
elcd benchmark lasa --eflow euclideanizing_flows              # protocols (a) and (b)
elcd benchmark lasa --protocols c --seeds 0 --fields elcd --eflow euclideanizing_flows
elcd benchmark lasa --protocols d --pendulum FOLDER
elcd benchmark lasa --protocols d --seeds 0 --fields none --eflow euclideanizing_flows
elcd benchmark lasa --protocols e --seeds 0 --fields elcd
elcd benchmark settings
elcd benchmark cost --eflow euclideanizing_flows
elcd benchmark tick
elcd benchmark render
```

FOLDER holds the pendulums' data, `n-2.npz` and `n-4.npz`. What has a result in
`benchmarks/results/lasa.jsonl` is not run again, unless the training code has changed since
(results of EFlow and of the baselines do not depend on it). One run writes to a file at a time; the
page is made from every `lasa*.jsonl`. `--shapes`, `--fields` and `--seeds` run a part, `--workers`
says on how many cores, `--scheduler tcp://...` runs on a Dask cluster, whose workers have one
thread each (`dask worker --nthreads 1`).

A line of the results is one training: protocol, shape, method, seed, settings, a hash of the
training code, the scores of each demonstration, convergence, CPU time, versions, machine. What
`elcd train lasa:Sshape --seed 0` writes is the policy of (b) for that shape and seed."""

VERDICTS = """A verdict needs all 26 shapes (30 for convergence and training time), three seeds and
one version of the training code; that about EFlow's training time is of *Training cost*. A bar
about every shape can be missed by one run, one about a mean only by a mean over all shapes; what is
neither met nor missed is open. Figures beside EFlow's are over shapes that both have."""

PROTOCOL = """## Protocol

The 30 shapes of the LASA handwriting data, 7 demonstrations each, in mm.

{protocols}

The 26 shapes of one pattern make up the summary of (a) and its targets. In the four `Multi_Models`
an unseen demonstration may start 40 mm away from anything shown; they stand in the table per shape.

- **Rollouts** start where the demonstration starts, know nothing else of it, and are compared with
  it on its own clock: 200 samples at equal times from its start to its end. The fields of this
  library are integrated in latent space (Runge-Kutta of fourth order, 150 steps per duration).
- **Scores**, in mm, each the mean over the scored demonstrations: *DTW*, dynamic time warping, the
  least sum of distances along a warping path (steps of one sample of either or both, all of weight
  one) divided by 200; *RMSE*, aligned in time; *Fréchet*, discrete; *end 1x* and *end 2x*, the
  distance from the demonstrated end after one and two durations; *Chamfer*, what the ELCD paper
  calls DTWD, a nearest-point distance that knows neither order nor speed (the paper's is in
  standard deviations per axis, this one in mm: its tables do not compare).
- **Convergence**: of a 16 x 16 grid over the workspace of all 7 demonstrations and 15 % beyond
  each side, the share within 2 mm of the goal after twice the median duration.
- **CPU s** is the process's CPU time in training, on one thread; the first job of each process pays
  for what torch loads then. It grows when others use the machine's cores too: compare what was run
  together.
- A shape's figure is the mean over the seeds; ranges are over the seeds. A seed sets a network's
  first weights and the starts and pushes that training draws.
- **Mean demonstration**: the shown ones averaged at equal shares of their durations, moved to the
  start (the offset fades linearly), played in their median duration: a replay by the clock, which
  neither converges nor comes back from a push. **Best shown demonstration**: the nearest one by
  DTW, in the scored one's duration, not moved: hindsight that no policy has.
- **EFlow**: Euclideanizing Flows (Rana et al. 2020), the authors' code and settings in a user's own
  checkout, prepared as theirs but with each demonstration's true clock, 400 epochs of all samples
  at once (their script's default is 5000); rolled out by 200 Euler steps per duration. Their
  preparation cuts the slow beginning and end, 6 % of a demonstration in the mean, so what it
  learns runs ahead of the clock: even the unseen demonstrations themselves, prepared so and
  replayed, score an RMSE of 4.45 mm over the 26 shapes (and 0.46 mm DTW)."""

DIMENSIONS = """## More dimensions

Protocol (d). Scores in the problem's own units, on the unseen demonstrations but for *DTW shown*;
converged: mean / smallest over the seeds.

- **Stacked LASA** shapes (mm): demonstration i of each, coordinates side by side, on the mean of
  their clocks.
- **pendulum-2** and **pendulum-4**: swings of a damped pendulum of 2 and 4 links from a random
  state until rest, of the ELCD authors' data (the first seven of ten, 1000 samples 0.1 s apart;
  angles in rad beside their rates in rad/s). A swing goes to and fro some 40 times; training
  resamples a demonstration to 100 points and the scores to 200, too few to see each.
- **Rosenbrock-8**: descents along the gradient of Rosenbrock's function in 8 dimensions to its
  minimum, from random starts in [-1, 1]^8, made by this project (`problems.py`).
- Converged is within 2 mm, or where units are not mm within 4 % of the longest side of the
  workspace, from 256 random starts in it and 15 % beyond each side.
- EFlow's preparation is made for LASA's units and speeds: it can take part in the stacked shapes
  only; the results hold one seed of four of them.

{table}"""

TICKS = """## Control tick

One call on [1, d] on one thread, in turns with a plain d-64-64-d tanh network on the same runtime:
TorchScript after `optimize_for_inference` (a `.pt` file), ONNX Runtime (an `.onnx` file, its goal
an input), C (the header that `elcd export` writes, compiled by `cc -O3` and called from Python; a
batch is one position after the other). CPU time of the calling thread in
the fastest of {rounds} rounds of 20 calls: what else a machine does only adds to it. The weights
do not matter to the time, so the policy ({method}, default size) is hardly trained. Throughput is
that of batches of 10,000 positions. {machine}.

{table}"""

DISPATCH = """### Where a tick's time goes

The operations of one tick, {dimension}-D, by the runtime's own profiler: how often each is
started, and its share of the time. In TorchScript, layer by layer is how the policy is trained;
fused is what a policy file runs (`elcd_policy/formats/fused.py`), the same function.

{torchscript}

In ONNX Runtime, of a run's time. *Between operations* is what the runtime does besides, its
profiler included.

{onnx}

Nearly all of ONNX Runtime's operations cost a microsecond or less to start, whatever they
compute, and a plain network has three. Tried: inverse Jacobians of all couplings prepared at once
(11 operations fewer, no time saved), exp in place of pow (slower), narrower couplings (3 % for
half the width), other memory settings of the session (slower), AOTInductor (2.6 x its own plain
network, but slower than ONNX Runtime, as its call from Python takes most of the time). C starts
no operations: of its time most is `tanhf`, some 420 of them a tick, beside 128 of the plain
network."""

PUSHES = """## Back to the path

How soon a pushed state follows the motion again, in protocol (a). The corridor is what the 7
demonstrations leave free around their mean path (equal shares of their durations): its half-width,
the distance from that path within which 90 % of their samples lie, is {narrowest:.1f} to
{widest:.1f} mm in these shapes, {mean:.1f} in the mean. At 20, 40 and 60 % of the duration the
state is pushed aside by three half-widths, to either side of the policy's own path from the mean
start. It is back when its distance from that path is within one half-width for good; the way is
what it has travelled until then. *Not back*: not within twice the duration. Where a path comes near
itself, a push may land on another branch of it: those that land within two half-widths of the mean
path, {left_out} of {planned}, are left out for every method. A push that faded evenly over the
rest of the motion would be back after two thirds of that rest: about 40 % of the duration here.

{table}"""

VARIANTS = """### What the settings do to it

The same, and the accuracy on unseen demonstrations, with one setting of `TrainingSettings` changed
at a time, as by `elcd train ... --settings return_rate=16` ({shapes}). The defaults
were chosen by such figures, on the unseen demonstrations 4-6 of all 26 shapes, never by EFlow's;
protocol (e) scores demonstrations that no choice has looked at.

{table}

![Return of pushed states and accuracy for each setting]({picture})"""

COST = """## Training cost

CPU seconds of one training ({method}, {defaults} defaults of `elcd train`) on one thread, against
the dimension (LASA shapes stacked, 7 demonstrations of 1000 samples each) and against the number
of samples shown (the 2-D one with 100 to 100,000 samples a demonstration; training resamples each
to {samples:g} points). {machine}.

{table}

![Training cost over dimension and number of samples]({picture})"""

BESIDE = """Beside EFlow's 400 epochs: trained by turns in one process, on demonstrations 0-3. (The
bar of 15 CPU seconds was set where those take 56 to 62 s; on an Intel Xeon at 2.5 GHz
the three shapes' means were 12.8 and 73.8 s, a ratio of 0.17.)

{table}"""
