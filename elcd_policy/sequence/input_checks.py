"""Checks of what a recurrent layer is given, in words, also in TorchScript."""

from __future__ import annotations

from torch import Tensor


def input_fault(
    x: Tensor,
    h: Tensor | None,
    lengths: Tensor | None,
    dt: Tensor | None,
    size: tuple[int, int, int],
    batch_first: bool,
) -> tuple[str, str, str]:
    """Check a sequence; return problem, got, expected, the first empty if it fits.

    Parameters
    ----------
    x, h, lengths, dt : of `LipschitzRNN.forward`.
    size : number of inputs, of hidden units, of layers.
    """
    inputs, hidden, layers = size
    layout = "[B, T, " if batch_first else "[T, B, "
    if x.dim() not in (2, 3) or x.size(-1) != inputs:
        return "x does not fit", str(list(x.shape)), f"{layout}{inputs}] or [T, {inputs}]"
    batched = x.dim() == 3
    axis = 1 if batched and batch_first else 0
    count = x.size(axis)
    if count == 0:
        return "the sequence is empty", str(list(x.shape)), f"T >= 1 in {layout}{inputs}]"
    start = [layers, x.size(1 - axis), hidden] if batched else [layers, hidden]
    if h is not None and list(h.shape) != start:
        return "h does not fit x", str(list(h.shape)), str(start)
    if lengths is not None:
        if not batched or list(lengths.shape) != start[1:2]:
            return "lengths don't fit x", str(list(lengths.shape)), "one for each of a batch, [B]"
        if lengths.is_floating_point() or lengths.is_complex():
            return "lengths are not whole numbers", "floating point", "torch.int64"
        if lengths.numel() > 0 and (int(lengths.min()) < 1 or int(lengths.max()) > count):
            span = f"{int(lengths.min())} to {int(lengths.max())}"
            return "lengths are out of range", span, f"1 to {count}"
    if dt is not None:
        if list(dt.shape) != [count] and list(dt.shape) != list(x.shape[:-1]):
            return "dt does not fit x", str(list(dt.shape)), f"[{count}] or {list(x.shape[:-1])}"
        if not bool(((dt > 0) & (dt < float("inf"))).all()):
            return "dt is out of range", str(float(dt.min())), "positive finite times"
    return "", "", ""


def step_fault(
    x: Tensor, h: Tensor | None, dt: Tensor | None, size: tuple[int, int, int]
) -> tuple[str, str, str]:
    """Check as `input_fault` does one sample of `LipschitzRNN.step`."""
    inputs, hidden, layers = size
    if x.dim() not in (1, 2) or x.size(-1) != inputs:
        return "x does not fit", str(list(x.shape)), f"[B, {inputs}] or [{inputs}]"
    state = [layers, x.size(0), hidden] if x.dim() == 2 else [layers, hidden]
    if h is not None and list(h.shape) != state:
        return "h does not fit x", str(list(h.shape)), str(state)
    if dt is not None:
        if dt.dim() > 0 and list(dt.shape) != list(x.shape[:-1]):
            return "dt does not fit x", str(list(dt.shape)), f"[] or {list(x.shape[:-1])}"
        if not bool(((dt > 0) & (dt < float("inf"))).all()):
            return "dt is out of range", str(float(dt.min())), "positive finite times"
    return "", "", ""
