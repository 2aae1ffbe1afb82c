"""Cover boxes of starts by small cells, narrow where the flow stretches."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ...flows import TangentFlow
from .affine import Array, Form, concatenate
from .networks import encode

#: Half widths of a cell: at most this in data space (unit scale), and in latent space.
DATA_WIDTH, LATENT_WIDTH = 0.03, 0.4
#: A cell is halved, this often at the most, while the flow bends it by more than a share of its
#: latent width.
HALVINGS, BENT = 4, 0.5


def cover_boxes(
    flow: TangentFlow,
    centers: Array,
    half: float,
    data_width: float = DATA_WIDTH,
    latent_width: float = LATENT_WIDTH,
) -> Form:
    """Return cells that together hold the boxes ``centers +- half``, as forms with d sides.

    The sides of a cell are the right singular vectors of the flow's Jacobian at its box's centre,
    so that a cell is narrow in the direction that the flow stretches.

    Parameters
    ----------
    flow : weights in float64.
    centers : [n, d], unit scale around the goal.
    half : half the side of each box.
    data_width, latent_width : largest half width of a cell, in data and in latent space.
    """
    d = centers.shape[1]
    stretched = _jacobians(flow, centers)
    middles, sides = [], []
    for index, (center, jacobian) in enumerate(zip(centers, stretched, strict=True)):
        _, stretch, axes = np.linalg.svd(jacobian)
        width = np.minimum(data_width, latent_width / stretch)
        # The rotated grid must reach the corners of the box.
        reach = half * np.abs(axes).sum(axis=1)
        counts = np.maximum(1, np.ceil(reach / width)).astype(int)
        width = reach / counts
        ticks = [w * (2 * np.arange(n) + 1 - n) for w, n in zip(width, counts, strict=True)]
        grid = np.stack(np.meshgrid(*ticks, indexing="ij"), axis=-1).reshape(-1, d)
        cells = center + grid @ axes
        extent = np.abs(axes * width[:, None]).sum(axis=0)
        kept = (np.abs(cells - center) <= half + extent).all(axis=1)
        for earlier in centers[:index]:
            kept &= ~(np.abs(cells - earlier) + extent <= half).all(axis=1)
        middles.append(cells[kept])
        sides.append(np.broadcast_to(axes * width[:, None], (int(kept.sum()), d, d)))
    middle = np.concatenate(middles)
    cells = Form(middle, np.concatenate(sides), np.zeros_like(middle) + 1e-15, d)
    straight = []
    for _ in range(HALVINGS):
        bent = _measure_bend(flow, cells) > BENT * latent_width
        straight.append(cells.rows(~bent))
        cells = cells.rows(bent)
        cells = cells.halve(np.linalg.norm(cells.linear, axis=2).argmax(axis=1))
    return concatenate([*straight, cells])


def _measure_bend(flow: TangentFlow, cells: Form) -> Array:
    """Return by how much [N] the image of each cell may differ from a parallelotope."""
    image = encode(flow, cells)
    own = cells.linear.shape[1]
    fresh = np.linalg.norm(image.linear[:, :-own], axis=2).sum(axis=1)
    total: Array = fresh + np.linalg.norm(image.rest, axis=1)
    return total


def _jacobians(flow: TangentFlow, points: Array) -> Array:
    x = torch.tensor(points, requires_grad=True)
    z: Tensor = flow.encode(x)[0]
    rows = [
        torch.autograd.grad(z[:, index].sum(), x, retain_graph=True)[0]
        for index in range(z.shape[1])
    ]
    return torch.stack(rows, dim=1).numpy()
