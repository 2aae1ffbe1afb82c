"""Detector of an object's place on a table, from one image of a camera that does not move."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import pixel_unshuffle

from .block import refuse
from .camera import Camera
from .convolution import NAISConvBlock
from .net import NAISNet

CELL = 3
"""Pixels a side of a cell: the net gives one number for each."""

WINDOW = 2
"""Cells around the best one, on each side, that have a say in the position."""

CHANNELS, DEPTH = 16, 5


class GoalDetector(nn.Module):
    """Scores every cell of an image; the position is the mean of the best ones.

    The net's numbers s, one for each cell, and that for "nothing", b, become probabilities by a
    softmax. The position is the mean of the cells around the best one, weighted by theirs, on
    the plane of the object's centre. The confidence is their sum: low if there is nothing, or if
    there are several.

    Parameters
    ----------
    net : from [N, 3 CELL^2, H / CELL, W / CELL] to s [N, 1, H / CELL, W / CELL].
    camera : that took the images; its width and height are multiples of `CELL`.
    plane : m, height of the object's centre above the base frame's origin.
    """

    cells: Tensor
    homography: Tensor

    def __init__(self, net: nn.Module, camera: Camera, plane: float) -> None:
        super().__init__()
        self.net = net
        self.nothing = nn.Parameter(torch.zeros(()))
        self.width, self.height, self.plane = camera.width, camera.height, float(plane)
        self.cell, self.window = CELL, WINDOW
        rows, columns = camera.height // CELL, camera.width // CELL
        v, u = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
        cells = torch.stack([u, v], dim=-1).reshape(-1, 2).float()
        self.register_buffer("cells", cells)  # [K, 2], column and row
        homography = torch.tensor(camera.onto_plane(plane), dtype=torch.float32)
        self.register_buffer("homography", homography)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Locate the object: position [N, 3] in m and confidence [N] in [0, 1].

        Parameters
        ----------
        image : [N, H, W, 3], red, green and blue of 0 to 255.

        Raises
        ------
        ShapeError
            If the images are of another size than the camera's.
        """
        scores = self.scores(image)
        chances = torch.softmax(scores, dim=1)[:, :-1]
        best = self.cells[chances.argmax(dim=1)]
        near = (self.cells[None] - best[:, None]).abs().amax(dim=2) <= self.window
        chances = chances * near
        confidence = chances.sum(dim=1)
        cell = chances @ self.cells / confidence.clamp(min=1e-12)[:, None]
        return self.on_plane(cell), confidence

    @torch.jit.export
    def scores(self, image: Tensor) -> Tensor:
        """Compute the scores [N, K + 1] of all cells, row by row, and of "nothing"."""
        if image.dim() != 4 or list(image.shape)[1:] != [self.height, self.width, 3]:
            refuse(image, f"[N, {self.height}, {self.width}, 3]")
        pixels = image.permute(0, 3, 1, 2).to(self.homography.dtype) / 255.0 - 0.5
        scores = self.net(pixel_unshuffle(pixels, self.cell)).flatten(1)
        return torch.cat([scores, self.nothing.expand(image.size(0), 1)], dim=1)

    @torch.jit.export
    def on_plane(self, cell: Tensor) -> Tensor:
        """Return positions [N, 3] in m of cells [N, 2], which need not be whole."""
        pixel = self.cell * (cell + 0.5)
        ray = torch.cat([pixel, torch.ones_like(pixel[:, :1])], dim=1) @ self.homography.t()
        ground = ray[:, :2] / ray[:, 2:]
        return torch.cat([ground, torch.full_like(ground[:, :1], self.plane)], dim=1)


def nais_net(channels: int = CHANNELS, depth: int = DEPTH) -> NAISNet:
    """Build the NAIS-Net of a `GoalDetector`: two convolutional blocks, a score for each cell."""
    blocks = [
        NAISConvBlock(3 * CELL**2, channels, depth=depth),
        NAISConvBlock(channels, channels, depth=depth),
    ]
    return NAISNet(blocks, nn.Conv2d(channels, 1, 1))


def plain_cnn(channels: int = CHANNELS) -> nn.Sequential:
    """Build a CNN with as many parameters and layers of as many channels, to compare with."""
    layers: list[nn.Module] = []
    for index in range(4):
        inputs = channels if index else 3 * CELL**2
        layers += [nn.Conv2d(inputs, channels, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(channels, 1, 1))


#: By name.
NETS: dict[str, Callable[..., nn.Module]] = {"nais": nais_net, "cnn": plain_cnn}
