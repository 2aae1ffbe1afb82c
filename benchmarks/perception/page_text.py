"""The words of docs/perception.md; its figures come from the stored results."""

INTRODUCTION = """
# Seeing the goal

`goal_node` looks at a camera's images and keeps the policy's goal on what it finds there; the
arm follows its demonstrated motion to it, wherever it stands, and follows when it is moved. Run
it with

```
elcd demo --scene pick_by_sight
```

which trains the motion of `data/pick_and_place_arc` and brings up `policy_node`, `goal_node` and
the simulated Panda with its camera; the detector's weights come with the package. In a ROS 2
workspace the same graph is `ros2 launch elcd_policy pick_by_sight.launch.py`. The table's light,
colours and clutter are drawn by `--seed`; `--box X,Y` and `--box-moves T:X,Y` put the box
elsewhere.

![The arm reaches the box, and follows when it is moved](images/sight.gif)

![The way of the arm, and its distance from the place above the box](images/sight.png)

The goal is 0.1 m above the box's centre: nothing is grasped. What the policy guarantees holds
while the goal stays: moving it moves the field, and where the arm then stands the field may be
fast, so the speed limit acts (it keeps convergence, see [guarantees.md](guarantees.md)). Nothing
is claimed about the arm while the goal keeps moving, and the detector's error is measured, not
proved. The images are rendered; no real camera has been tried.
"""

MODULES = """
## NAIS-Net

`elcd_policy.perception` has the blocks of Ciccone et al., "NAIS-Net: Stable Deep Networks from
Non-Autonomous Differential Equations" (NeurIPS 2018, arXiv 1804.07209): `x(k+1) = x(k) + h
sigma(A x(k) + B u + C)`, the input u in every step. The weights that are stored are free;
`forward` makes A of them, so that it is stable whatever training does.

```python
import torch
from torch import nn
from elcd_policy.perception import NAISBlock, NAISConvBlock, NAISNet

net = NAISNet([NAISConvBlock(3, 16, pool=4), NAISBlock(16 * 8 * 8, 32)], nn.Linear(32, 10))
net.certificate().lipschitz_bound  # of images [N, 3, 32, 32] to scores, in the infinity norm
net.set_depth(256, threshold=1e-4)  # each sample stops when it is at rest
scores, steps = net.unroll(torch.rand(8, 3, 32, 32))
```

- `NAISBlock`: the eigenvalues of A are real and in [-(1 - eps), -eps]. A tanh block has one
  equilibrium `-A^-1 (B u + C)` for each input. With P = -A, `|dx|_P <= 2 |A^-1 B du|_P` at any
  depth, for tanh and ReLU; or the depth times the gain of a step, if that is less.
- `NAISConvBlock`: the rows of `|I + D A|` sum to at most `1 - eps D`, for any slopes D in [0,
  1], zero padding included. The gain is at most `|B|` times the lesser of depth and 1 / eps, in
  the infinity norm.

The bounds hold for a fixed depth, and are loose: a product over blocks. With a threshold they
hold between samples that take equally many steps.
"""

GOAL = """
## Error of the goal

A red box of 50 mm on the table, among up to seven things of other colours, under varied light,
on varied tables, the arm somewhere above, often just over the box. A NAIS-Net of two
convolutional blocks scores 32 x 32 cells of the 96 x 96 image; the position is the mean of the
best one and its neighbours. Both nets were trained on {trained} rendered scenes ({epochs}
epochs; `elcd detector`, `--net cnn`), and measured on {scenes} other ones, in {seen} of which
the box can be seen (in {hidden} the arm or a thing hides most of it), and on {empty} tables
without one. Distances are those of confident detections (at least 0.5), in the robot's base
frame.

```
elcd detector --net cnn -o results/cnn.pt
elcd benchmark perception goal --detectors results/cnn.pt
```

![Held-out scenes: circles for the truth, crosses for what was found](images/perception_scenes.png)
"""

DIGITS = """
## Generalisation

NAIS-Nets of two convolutional blocks, unrolled {depth} times, against a ResNet with batch
normalisation of as many parameters, on scikit-learn's 8 x 8 digits: {shown} shown, {unseen}
unseen, {epochs} epochs, seeds {seeds}; mean over the seeds, and from the lowest to the highest.

```
elcd benchmark perception digits
```
"""

SHORTFALLS = """
## What falls short

- The NAIS-Net finds the box to {nais_mm} mm (median), the CNN of equal size to {cnn_mm} mm:
  stability costs more than twice the training time and buys no accuracy. Under noise medians and
  95 % are alike, but a confident detection can be far off: the farthest with 1 % salt and pepper
  by {nais_far} mm with the NAIS-Net and {cnn_far} mm with the CNN. On empty tables the NAIS-Net
  sees a box in {nais_imagined}, the CNN in {cnn_imagined}.
- The published claim is a much smaller generalisation gap than a ResNet's (CIFAR). On these few
  small digits it is not seen: {net}
  has a gap of {gap}, {test} of the unseen ones right;
  the ResNet {resnet_gap}, {resnet_test}.
  The ResNet has batch normalisation, the NAIS-Nets have none. Fashion-MNIST (Debian's
  `dataset-fashion-mnist`) has not been run.
- Depth by input is there, but here it hardly differs from one input to the next, and tells
  nothing of whether a digit is named right.
- The certified Lipschitz bound is about a thousand times the largest Jacobian that is found.
- What the construction does buy is seen when the depth changes: a NAIS-Net goes on working at
  ten times its depth; the ResNet's blocks, applied ten times, blow up.
- One seed of each detector; one arm, one place of the camera, one kind of object, no real images.
"""
