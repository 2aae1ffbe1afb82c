"""The conventions of torch.nn.RNN, streaming, irregular time, TorchScript, and refusals."""

from __future__ import annotations

import warnings

import pytest
import torch
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

import elcd_policy as elcd
from elcd_policy.errors import ParameterError, ShapeError
from elcd_policy.sequence import LipschitzRNN, packed_forward
from elcd_policy.sequence.integrators import INTEGRATORS


@pytest.fixture(autouse=True)
def _quiet_and_seeded():
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r".*torch\.jit.*")
        yield


def network(**options) -> LipschitzRNN:
    made = LipschitzRNN(3, 6, 2, **({"eps": 0.2} | options)).double()
    with torch.no_grad():
        for cell in made.cells:
            cell.free_A.normal_(0.0, 0.5)
            cell.free_W.normal_(0.0, 0.5)
    return made


def samples(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def test_shapes_and_defaults_are_those_of_torch() -> None:
    torch_rnn = torch.nn.RNN(3, 6, 2).double()
    ours = network()
    for x in (samples(7, 4, 3), samples(7, 3)):
        got, expected = ours(x), torch_rnn(x)
        assert [y.shape for y in got] == [y.shape for y in expected]
        torch.testing.assert_close(got[0][-1], got[1][-1])
        start = torch.zeros_like(expected[1])
        torch.testing.assert_close(ours(x, start), got)
    first = network(batch_first=True)
    first.load_state_dict(ours.state_dict())
    x, h = samples(7, 4, 3), samples(2, 4, 6)
    output, last = first(x.transpose(0, 1), h)
    torch.testing.assert_close((output.transpose(0, 1), last), ours(x, h))


def test_one_euler_step_is_the_equation() -> None:
    ours = LipschitzRNN(3, 6, eps=0.2).double()
    (cell,) = ours.cells
    a, w = cell.matrices()
    x, h = samples(1, 4, 3), samples(1, 4, 6)
    slope = h[0] @ a.t() + torch.tanh(h[0] @ w.t() + x[0] @ cell.U.t() + cell.b)
    torch.testing.assert_close(ours(x, h)[0][0], h[0] + 0.2 * slope, rtol=1e-6, atol=1e-6)


def test_it_has_as_many_parameters_as_published() -> None:
    count = sum(p.numel() for p in LipschitzRNN(1, 128).parameters()) + 10 * 128 + 10
    assert count == 2 * 128**2 + 128 + 128 + 10 * 128 + 10 == 34314


@pytest.mark.parametrize("integrator", INTEGRATORS)
@pytest.mark.parametrize("timed", [False, True])
def test_streaming_is_the_same_as_the_whole(integrator: str, timed: bool) -> None:
    ours = network(integrator=integrator, learn_eps=True)
    scripted = torch.jit.script(ours)
    frozen = torch.jit.freeze(torch.jit.script(ours.eval()), preserved_attrs=["step"])
    x, dt = samples(9, 4, 3), (0.5 + torch.rand(9, 4).double()) if timed else None
    output, last = ours(x, None, None, dt)
    torch.testing.assert_close(scripted(x, None, None, dt), (output, last))
    for stepped in (ours, scripted, frozen):
        h = None
        for t in range(9):
            y, h = stepped.step(x[t], h, None if dt is None else dt[t])
            torch.testing.assert_close(y, output[t])
        torch.testing.assert_close(h, last)
    y, h = ours.step(x[0, 1], None, None if dt is None else dt[0, 1])
    torch.testing.assert_close(y, output[0, 1])
    assert h.shape == (2, 6)


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("sorted_", [False, True])
def test_lengths_are_a_packed_sequence(batch_first: bool, sorted_: bool) -> None:
    ours = network(batch_first=batch_first)
    lengths = torch.tensor([7, 5, 5, 1] if sorted_ else [5, 1, 7, 5])
    x = samples(4, 7, 3) if batch_first else samples(7, 4, 3)
    torch_rnn = torch.nn.RNN(3, 6, 2, batch_first=batch_first).double()
    packed = pack_padded_sequence(x, lengths, batch_first, enforce_sorted=sorted_)
    output, last = packed_forward(ours, packed)
    like = torch_rnn(packed)[0]
    assert isinstance(output, PackedSequence)
    assert output.data.shape == like.data.shape
    for got, expected in zip(output[1:], like[1:], strict=True):
        assert got is expected or torch.equal(got, expected)
    padded, found = pad_packed_sequence(output, batch_first)
    assert found.tolist() == lengths.tolist()
    # What is padded may be anything.
    for row, length in enumerate(lengths.tolist()):
        if batch_first:
            x[row, length:] = torch.nan
        else:
            x[length:, row] = torch.nan
    direct, end = ours(x, None, lengths)
    torch.testing.assert_close((direct, end), (padded, last))
    torch.testing.assert_close(torch.jit.script(ours)(x, None, lengths), (direct, end))
    for row, length in enumerate(lengths.tolist()):
        alone = x[row, :length] if batch_first else x[:length, row]
        torch.testing.assert_close(ours(alone)[1], end[:, row])
    direct.sum().backward()
    assert all(p.grad.isfinite().all() for p in ours.parameters())


def test_a_sample_held_longer_is_a_longer_step() -> None:
    ours, slower = network(eps=0.1), network(eps=0.2)
    slower.load_state_dict(
        {**ours.state_dict(), **{f"cells.{i}.log_eps": slower.cells[i].log_eps for i in range(2)}}
    )
    x = samples(5, 4, 3)
    twice = torch.full((5,), 2.0)
    torch.testing.assert_close(ours(x, None, None, twice), slower(x))
    with pytest.raises(ShapeError, match="dt is out of range"):
        ours(x, None, None, 0 * twice)


def test_gradients_reach_every_parameter() -> None:
    ours = network(learn_eps=True, stable=True, integrator="rk2", gamma_A=0.1)
    x, h = samples(4, 2, 3), samples(2, 2, 6)
    names, values = zip(*ours.named_parameters(), strict=True)

    def function(*given: torch.Tensor) -> torch.Tensor:
        return torch.func.functional_call(ours, dict(zip(names, given, strict=True)), (x, h))[1]

    assert torch.autograd.gradcheck(function, values, atol=1e-5)
    eager = torch.autograd.grad(ours(x, h)[0].sum(), values)
    scripted = torch.autograd.grad(torch.jit.script(ours)(x, h)[0].sum(), values)
    torch.testing.assert_close(scripted, eager)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((samples(7, 4, 2),), r"x does not fit: got \[7, 4, 2\], expected \[T, B, 3\] or \[T, 3\]"),
        ((samples(3),), r"x does not fit: got \[3\]"),
        ((samples(0, 4, 3),), "the sequence is empty"),
        ((samples(7, 4, 3), samples(1, 4, 6)), r"h does not fit x: got \[1, 4, 6\], expected \[2,"),
        ((samples(7, 3), samples(2, 1, 6)), r"expected \[2, 6\]"),
        ((samples(7, 4, 3), None, torch.tensor([1, 2])), "lengths don't fit x"),
        ((samples(7, 4, 3), None, torch.tensor([1, 2, 3, 8])), "got 1 to 8, expected 1 to 7"),
        ((samples(7, 4, 3), None, torch.tensor([0, 2, 3, 7])), "got 0 to 7"),
        ((samples(7, 4, 3), None, torch.ones(4)), "not whole numbers"),
        ((samples(7, 4, 3), None, None, torch.ones(4)), r"dt does not fit x: got \[4\]"),
        ((samples(7, 4, 3), None, None, torch.full((7,), torch.nan)), "dt is out of range"),
    ],
)
def test_what_does_not_fit_is_told(arguments: tuple, message: str) -> None:
    ours = network()
    with pytest.raises(ShapeError, match=message):
        ours(*arguments)
    with pytest.raises(torch.jit.Error, match=message):
        torch.jit.script(ours)(*arguments)


@pytest.mark.parametrize("integrator", ["euler", "rk4"])
def test_under_autocast_it_keeps_its_precision(integrator: str) -> None:
    torch.manual_seed(0)
    ours = LipschitzRNN(3, 6, num_layers=2, integrator=integrator)
    x = torch.randn(7, 4, 3)
    output, h = ours(x)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        again, h_again = ours(x.bfloat16().float())
        low, _ = ours(x.bfloat16())
        low.square().sum().backward()
    assert again.dtype == low.dtype == torch.float32
    torch.testing.assert_close(low, again)
    torch.testing.assert_close((again, h_again), (output, h), atol=0.02, rtol=0.02)
    assert all(weights.grad is not None for weights in ours.parameters())


def test_a_packed_sequence_is_sent_to_its_wrapper() -> None:
    packed = pack_padded_sequence(samples(7, 2, 3), torch.tensor([7, 5]))
    with pytest.raises(ShapeError, match=r"got a PackedSequence.*packed_forward"):
        network()(packed)


def test_a_step_that_does_not_fit_is_told() -> None:
    ours = network()
    with pytest.raises(ShapeError, match=r"x does not fit: got \[4, 2\], expected \[B, 3\]"):
        ours.step(samples(4, 2))
    with pytest.raises(ShapeError, match=r"h does not fit x: got \[2, 5, 6\]"):
        ours.step(samples(4, 3), samples(2, 5, 6))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden_size": 0}, "'hidden_size' is out of range: got 0"),
        ({"beta_A": 1.5}, "'beta_A' is out of range: got 1.5, expected 0..1"),
        ({"gamma_W": -1.0}, "'gamma_W'"),
        ({"eps": 0.0}, "'eps'"),
        ({"stable": True, "gamma_A": 0.0}, "expected > 0 with stable=True"),
    ],
)
def test_settings_out_of_range_are_refused(options: dict, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        LipschitzRNN(**({"input_size": 1, "hidden_size": 2} | options))


def test_it_is_one_of_the_public_names() -> None:
    assert elcd.sequence.LipschitzRNN is LipschitzRNN
