"""Unrolling a block: its equilibrium, its depth, its gain, its refusals."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from elcd_policy.errors import ParameterError, ShapeError
from elcd_policy.perception import NAISBlock, NAISConvBlock
from elcd_policy.perception.block import Block

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")


def dense(activation: str = "tanh", **options: float) -> NAISBlock:
    torch.manual_seed(0)
    block = NAISBlock(3, 5, activation=activation, **options)  # type: ignore[arg-type]
    with torch.no_grad():
        block.free *= 3
    return block.double()


def convolution(activation: str = "relu", **options: float) -> NAISConvBlock:
    torch.manual_seed(0)
    return NAISConvBlock(2, 3, activation=activation, **options).double()  # type: ignore[arg-type]


def inputs(block: Block, count: int = 6) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    shape = (count, 3) if isinstance(block, NAISBlock) else (count, 2, 6, 4)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


BLOCKS = [
    pytest.param(make(activation), id=f"{make.__name__} {activation}")
    for make in (dense, convolution)
    for activation in ("tanh", "relu")
]


def test_a_tanh_block_comes_to_its_equilibrium() -> None:
    block = dense(depth=700, epsilon=0.1)
    u = inputs(block)
    solved = -torch.linalg.inv(block.state_weight()) @ (block.input(u).t())
    torch.testing.assert_close(block(u), solved.t(), atol=1e-9, rtol=0)
    torch.testing.assert_close(block.equilibrium(u), solved.t())


def test_one_step_is_the_equation() -> None:
    block = dense("relu", depth=2, step=0.5)
    u = inputs(block)
    first = 0.5 * torch.relu(block.input(u))
    second = first + 0.5 * torch.relu(first @ block.state_weight().t() + block.input(u))
    torch.testing.assert_close(block(u), second)


def test_a_convolution_is_pooled_and_shaped() -> None:
    block = convolution(pool=2)
    assert block(inputs(block)).shape == (6, 3, 3, 2)


@pytest.mark.parametrize("block", BLOCKS)
def test_gradients_are_right(block: Block) -> None:
    block.set_depth(3)
    u = inputs(block, 1)[..., :3].requires_grad_()
    assert torch.autograd.gradcheck(
        lambda u, *weights: torch.func.functional_call(
            block, dict(zip(dict(block.named_parameters()), weights, strict=True)), (u,)
        ),
        (u, *block.parameters()),
    )


@pytest.mark.parametrize("block", BLOCKS)
def test_each_sample_stops_by_itself(block: Block) -> None:
    block.set_depth(5000, 1e-4)
    u = inputs(block)
    u[0] *= 0.01
    together, taken = block.unroll(u)
    alone = [block.unroll(sample[None]) for sample in u]
    assert taken.tolist() == [int(steps) for _, steps in alone]
    torch.testing.assert_close(together, torch.cat([x for x, _ in alone]), atol=1e-12, rtol=0)
    assert len(set(taken.tolist())) > 1
    assert int(taken.max()) < 5000
    for sample, steps, x in zip(u, taken.tolist(), together, strict=True):
        block.set_depth(steps)  # a fixed depth of as many steps is the same
        torch.testing.assert_close(block(sample[None])[0], x, atol=1e-12, rtol=0)


def test_a_sample_of_no_use_does_not_keep_the_others() -> None:
    block = dense(depth=5000, threshold=1e-4)
    u = inputs(block)
    expected, steps = block.unroll(u[1:])
    u[0] = math.nan
    state, taken = block.unroll(u)
    assert bool(state[0].isnan().all())
    assert int(taken[0]) == 1
    torch.testing.assert_close(state[1:], expected)
    assert taken[1:].tolist() == steps.tolist()


def test_the_cap_is_the_depth() -> None:
    block = dense(depth=7, threshold=1e-9)
    assert block.unroll(inputs(block))[1].tolist() == [7] * 6


@pytest.mark.parametrize("threshold", [0.0, 1e-3])
@pytest.mark.parametrize("block", BLOCKS)
def test_a_scripted_block_is_the_same(block: Block, threshold: float, tmp_path: Path) -> None:
    block.set_depth(30, threshold)
    torch.jit.save(torch.jit.script(block), tmp_path / "block.pt")
    scripted = torch.jit.load(tmp_path / "block.pt")
    u = inputs(block)
    for ours, theirs in zip(block.unroll(u), scripted.unroll(u), strict=True):
        torch.testing.assert_close(theirs, ours)
    scripted.set_depth(3, 0.0)
    block.set_depth(3)
    torch.testing.assert_close(scripted(u), block(u))
    assert scripted.unroll(u[:0])[0].shape[0] == 0
    assert block(u[:0]).shape[0] == 0


@pytest.mark.parametrize(
    ("block", "shape", "expected"),
    [
        (dense(), (4, 2), r"got \[4, 2\], expected \[N, 3\]"),
        (dense(), (3,), r"got \[3\], expected \[N, 3\]"),
        (convolution(), (4, 3, 6, 6), r"got \[4, 3, 6, 6\], expected \[N, 2, H, W\]"),
        (convolution(), (2, 6, 6), r"got \[2, 6, 6\], expected \[N, 2, H, W\]"),
    ],
)
def test_another_shape_is_refused(block: Block, shape: tuple[int, ...], expected: str) -> None:
    wrong = torch.zeros(shape, dtype=torch.float64)
    with pytest.raises(ShapeError, match=expected):
        block(wrong)
    with pytest.raises(torch.jit.Error, match=expected):
        torch.jit.script(block)(wrong)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"activation": "gelu"}, "got 'gelu', expected tanh or relu"),
        ({"depth": 0}, "depth 0, threshold 0"),
        ({"threshold": -1.0}, "threshold -1.0"),
        ({"threshold": math.nan}, "threshold nan"),
        ({"step": 1.5}, "'step' is out of range: got 1.5"),
        ({"epsilon": 0.5}, "'epsilon' is out of range: got 0.5"),
    ],
)
def test_options_out_of_range_are_named(options: dict, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        NAISBlock(3, 5, **options)
    with pytest.raises(ParameterError, match=message):
        NAISConvBlock(3, 5, **options)


def test_a_convolutions_own_options_are_checked() -> None:
    with pytest.raises(ParameterError, match="an odd size, eta between epsilon"):
        NAISConvBlock(3, 5, kernel_size=4)
    with pytest.raises(ParameterError, match=r"got 3, 0\.01"):
        NAISConvBlock(3, 5, eta=0.01)
    for name in ("input_channels", "channels", "pool"):
        sizes = {"input_channels": 3, "channels": 5, name: 0}
        with pytest.raises(ParameterError, match=f"'{name}' is out of range: got 0"):
            NAISConvBlock(**sizes)
    with pytest.raises(ShapeError, match=r"got \[1, 3, 4, 3\], expected H and W of at least 4"):
        NAISConvBlock(3, 5, pool=4)(torch.zeros(1, 3, 4, 3))
